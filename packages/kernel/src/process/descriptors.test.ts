import { describe, expect, it } from 'vitest'
import { createDescriptors } from './descriptors.ts'

const plain = { cloexec: false }

describe('descriptor table', () => {
  it('gives the lowest free number, from 3', () => {
    const table = createDescriptors<string>({ max: 16 })
    expect([table.open(() => 'a', plain), table.open(() => 'b', plain), table.open(() => 'c', plain)]).toEqual([
      3, 4, 5,
    ])
    table.close(4)
    table.close(3)
    expect([table.open(() => 'd', plain), table.open(() => 'e', plain), table.open(() => 'f', plain)]).toEqual([
      3, 4, 6,
    ])
    expect(table.list()).toEqual([3, 4, 5, 6])
  })

  it('closes what it refers to with the last descriptor only', () => {
    const table = createDescriptors<string>({ max: 16 })
    const fd = table.open(() => 'a', plain)
    const copy = table.duplicate(fd)
    expect(table.close(fd)).toBeUndefined()
    expect(table.get(copy).file.object).toBe('a')
    expect(table.close(copy)).toBe('a')
  })

  it('shares what is open between copies and keeps FD_CLOEXEC apart', () => {
    const table = createDescriptors<string>({ max: 16 })
    const fd = table.open(() => 'a', { cloexec: true })
    const copy = table.duplicate(fd)
    expect(table.get(copy).file).toBe(table.get(fd).file)
    expect(table.get(copy).cloexec).toBe(false)
  })

  it('answers EBADF for a number that is not open, EMFILE when all are, EINVAL for one out of range', () => {
    const table = createDescriptors<string>({ max: 5 })
    for (const fd of [-1, 0, 3, 5, Number.NaN]) {
      expect(() => table.get(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }))
      expect(() => table.close(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }))
    }
    const fd = table.open(() => 'a', plain)
    table.open(() => 'b', plain)
    expect(() => table.open(() => 'c', plain)).toThrow(expect.objectContaining({ code: 'EMFILE' }))
    expect(() => table.duplicate(fd)).toThrow(expect.objectContaining({ code: 'EMFILE' }))
    expect(() => table.duplicate(fd, { lowest: 5 })).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    expect(table.list()).toEqual([3, 4])
  })

  it('starts its search at the lowest number that is asked for', () => {
    const table = createDescriptors<string>({ max: 16 })
    const fd = table.open(() => 'a', plain)
    expect(table.duplicate(fd, { lowest: 10, cloexec: true })).toBe(10)
    expect(table.get(10).cloexec).toBe(true)
    expect(table.open(() => 'b', plain)).toBe(4)
  })
})
