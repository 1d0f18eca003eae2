import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isGone, parseOwner, thisOwner } from './owner.ts'

describe('isGone', () => {
  const self = thisOwner()

  it('is false for a process that runs', () => {
    expect(isGone(thisOwner(), self)).toBe(false)
  })

  it('is true for a process that has ended', async () => {
    const child = spawn(process.execPath, ['-e', '0'])
    const { pid = 0 } = child
    await new Promise(resolve => child.once('close', resolve))
    expect(isGone({ ...self, pid }, self)).toBe(true)
  })

  it('is true for a pid that another process has by now', () => {
    expect(isGone({ ...self, start: '1' }, self)).toBe(process.platform === 'linux')
  })

  it('is false for what cannot be judged: another host', () => {
    expect(isGone({ ...self, pid: 2 ** 22 + 1, host: 'elsewhere' }, self)).toBe(false)
  })
})

describe('parseOwner', () => {
  it('gives back who was written', () => {
    const owner = thisOwner()
    expect(parseOwner(JSON.stringify(owner))).toEqual(owner)
  })

  it.each([
    '',
    '{}',
    'null',
    '[]',
    '{"token":"../../x","pid":1,"start":"","host":""}',
    '{"token":"a","pid":"1","start":"","host":""}',
  ])('gives nothing for %s', text => expect(parseOwner(text)).toBeUndefined())
})
