import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { recordReaders } from './readers.ts'
import { stateTypes } from './schema.ts'

describe('records of a state file', () => {
  it('are each read by somebody, under the name of their type', () => {
    const names = [...recordReaders].map(([type, { name }]) => [name, type])
    expect(Object.fromEntries(names)).toEqual(stateTypes)
  })

  it('are each in the guide', async () => {
    const guide = await readFile(new URL('../../../../docs/kernel.md', import.meta.url), 'utf8')
    for (const name of Object.keys(stateTypes)) expect(guide, name).toContain(`\`${name}\``)
  })
})
