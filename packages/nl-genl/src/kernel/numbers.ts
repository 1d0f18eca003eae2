import { NetlinkError } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import {
  GENL_ID_CTRL,
  GENL_ID_PMCRAID,
  GENL_ID_VFS_DQUOT,
  GENL_MAX_ID,
  GENL_NOTIFY_GROUP_FREEBSD,
  GENL_NOTIFY_GROUP_LINUX,
  GENL_START_ALLOC,
} from '../constants.ts'

/**
 * How family ids are given out. `cyclic`, as Linux: upwards from 19, an id is not used again before 1023 was reached.
 * `first-free`, as FreeBSD: the lowest free one from 17, so that an id is used again at once.
 */
export type IdPolicy = 'cyclic' | 'first-free'

/**
 * How groups are numbered. `shared`: first fit from 49, contiguous for a family, the same for programs of both systems.
 * `linux`: Linux's bitmap. `bsd`: one by one from 49, as FreeBSD's table of slots.
 */
export type GroupPolicy = 'shared' | 'linux' | 'bsd'

/** Ids that belong to one family by name, whether it is there or not (Linux genetlink.c). */
const pinnedIds: Readonly<Record<string, number>> = {
  nlctrl: GENL_ID_CTRL,
  VFS_DQUOT: GENL_ID_VFS_DQUOT,
  pmcraid: GENL_ID_PMCRAID,
}

/** Groups that belong to one family by name; FreeBSD has no such thing. */
const pinnedGroups: Readonly<Record<string, number>> = { NET_DM: 1, VFS_DQUOT: 17, pmcraid: 18 }

/** Gives out family ids. */
export interface IdAllocator {
  /** @throws NetlinkError ENOSPC when all ids are in use */
  take(name: string): number
  give(id: number): void
}

/** An allocator of family ids, all free. */
export function createIdAllocator(policy: IdPolicy): IdAllocator {
  const used = new Set<number>()
  const first = policy === 'cyclic' ? GENL_START_ALLOC : GENL_ID_VFS_DQUOT
  const count = GENL_MAX_ID - first + 1
  let next = first

  function search(): number {
    const from = policy === 'cyclic' ? next - first : 0
    for (let step = 0; step < count; step++) {
      const id = first + ((from + step) % count)
      if (!used.has(id)) return id
    }
    throw new NetlinkError('ENOSPC', 'all family ids are in use')
  }

  return {
    take(name) {
      const pinned = Object.hasOwn(pinnedIds, name) ? pinnedIds[name] : undefined
      const id = pinned !== undefined && !used.has(pinned) ? pinned : search()
      used.add(id)
      if (id !== pinned) next = id === GENL_MAX_ID ? first : id + 1
      return id
    },
    give(id) {
      used.delete(id)
    },
  }
}

/** Gives out group numbers. */
export interface GroupAllocator {
  /** The numbers of a family's groups, in order. */
  take(family: string, count: number): readonly number[]
  give(groups: readonly number[]): void
  /** How many groups a Linux program may join: the size of the bitmap, which grows by 64. */
  limit(): number
}

/** Bits of Linux's bitmap that nobody gets by searching, and the number of `notify` here. */
const linuxReserved = [0, 1, GENL_NOTIFY_GROUP_LINUX, GENL_ID_VFS_DQUOT, GENL_ID_PMCRAID, GENL_NOTIFY_GROUP_FREEBSD]

/** An allocator of group numbers. The model's number of `notify` is FreeBSD's and never given out. */
export function createGroupAllocator(policy: GroupPolicy): GroupAllocator {
  const start = policy === 'linux' ? 1 : GENL_NOTIFY_GROUP_FREEBSD + 1
  const used = new Set<number>(policy === 'linux' ? linuxReserved : [])
  let limit = 64

  /** First fit of so many numbers in a row. */
  function run(count: number): readonly number[] {
    let first = start
    for (let length = 0; length < count; ) {
      if (used.has(first + length)) {
        first += length + 1
        length = 0
      } else length++
    }
    return Array.from({ length: count }, (_, at) => first + at)
  }

  function slots(count: number): readonly number[] {
    const groups: number[] = []
    for (let group = start; groups.length < count; group++) if (!used.has(group)) groups.push(group)
    return groups
  }

  function search(family: string, count: number): readonly number[] {
    if (policy === 'bsd') return slots(count)
    const pinned = Object.hasOwn(pinnedGroups, family) ? pinnedGroups[family] : undefined
    return pinned !== undefined && count === 1 ? [pinned] : run(count)
  }

  return {
    limit: () => limit,
    take(family, count) {
      const groups = search(family, count)
      for (const group of groups) {
        used.add(group)
        while (limit <= group) limit += 64 // bit n is group n
      }
      return groups
    },
    give(groups) {
      for (const group of groups) if (policy !== 'linux' || !linuxReserved.includes(group)) used.delete(group)
    },
  }
}

/**
 * The number by which a group goes in an ABI. Programs of each system know `notify` by their own number without asking
 * (`genl ctrl monitor` binds to group 16), so the two numbers change places. The function is its own inverse.
 */
export function groupInAbi(group: number, abi: Abi): number {
  if (abi === 'freebsd') return group
  if (group === GENL_NOTIFY_GROUP_FREEBSD) return GENL_NOTIFY_GROUP_LINUX
  return group === GENL_NOTIFY_GROUP_LINUX ? GENL_NOTIFY_GROUP_FREEBSD : group
}
