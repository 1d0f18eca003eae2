import { describe, expect, it } from 'vitest'
import { createGroupAllocator, createIdAllocator, groupInAbi } from './numbers.ts'

describe('family ids', () => {
  it('go upwards from 19, and an id that was given back is not used before 1023 was', () => {
    const ids = createIdAllocator('cyclic')
    expect([ids.take('a'), ids.take('b')]).toEqual([19, 20])
    ids.give(19)
    expect(ids.take('c')).toBe(21)
    for (let id = 22; id <= 1023; id++) expect(ids.take(`f${id}`)).toBe(id)
    expect(ids.take('again')).toBe(19)
    expect(() => ids.take('one too many')).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  })

  it('are pinned for three names, and kept for them', () => {
    const ids = createIdAllocator('cyclic')
    expect([ids.take('nlctrl'), ids.take('pmcraid'), ids.take('VFS_DQUOT'), ids.take('a')]).toEqual([16, 18, 17, 19])
  })

  it('are the lowest free one from 17 where FreeBSD gives them out', () => {
    const ids = createIdAllocator('first-free')
    expect([ids.take('a'), ids.take('b')]).toEqual([17, 18])
    ids.give(17)
    expect(ids.take('c')).toBe(17)
  })
})

describe('group numbers', () => {
  it('begin at 49 in the shared numbering, contiguous for a family', () => {
    const groups = createGroupAllocator('shared')
    expect(groups.take('a', 1)).toEqual([49])
    expect(groups.take('b', 3)).toEqual([50, 51, 52])
    groups.give([49])
    expect(groups.take('c', 2)).toEqual([53, 54])
    expect(groups.take('d', 1)).toEqual([49])
  })

  it('fill Linux’s bitmap around the reserved bits', () => {
    const groups = createGroupAllocator('linux')
    expect(groups.take('a', 13)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    expect(groups.take('psample', 2)).toEqual([19, 20])
    expect(groups.take('team', 1)).toEqual([15])
    expect(groups.take('NET_DM', 1)).toEqual([1])
    groups.give([1])
    expect(groups.take('b', 1)).toEqual([21])
  })

  it('let the bitmap grow by 64', () => {
    const groups = createGroupAllocator('shared')
    expect(groups.limit()).toBe(64)
    groups.take('many', 16)
    expect(groups.limit()).toBe(128)
  })

  it('are slots where FreeBSD gives them out', () => {
    const groups = createGroupAllocator('bsd')
    groups.take('a', 2)
    groups.give([49])
    expect(groups.take('b', 2)).toEqual([49, 51])
  })

  it('are the same in both ABIs, but for notify', () => {
    for (const group of [1, 15, 16, 48, 49, 127]) {
      expect(groupInAbi(group, 'freebsd')).toBe(group)
      expect(groupInAbi(groupInAbi(group, 'linux'), 'linux')).toBe(group)
    }
    expect(groupInAbi(48, 'linux')).toBe(16)
  })
})
