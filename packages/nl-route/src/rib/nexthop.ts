import { NetlinkError } from '@nltool/nl-core/errno'
import type { IpAddress } from '@nltool/nl-core/model'
import { dealSlots } from './slots.ts'

/** What a kernel nexthop is made of: two routes with equal parts share one (FreeBSD nhop.c). */
export interface NexthopSpec {
  /** Address family of the routes that use it, FreeBSD's number. */
  readonly family: number
  /** Absent: the destination is on the link. Its family may be the other one (RFC 5549). */
  readonly gateway?: IpAddress | undefined
  /** Egress interface. */
  readonly ifindex: number
  /** Interface that the source address belongs to; differs for routes to an own address over lo0. */
  readonly aifindex: number
  /** Source address for packets of this host. */
  readonly source?: IpAddress | undefined
  /** RTF_* that belong to the nexthop: all but UP, HOST and DONE. */
  readonly flags: number
  /** Bytes; 0: the interface's. */
  readonly mtu: number
  /** RTPROT_* of a routing daemon; 0: told by the flags. */
  readonly origin: number
  /** Seconds since 1970 at which the path ends; 0: never. */
  readonly expires: number
  /** RTN_* that was asked for. */
  readonly type: number
  /** Metric that a Linux program gave the route: a label, FreeBSD has one route for a prefix. 0: none. */
  readonly priority: number
  /** Id of the user nexthop that this was cloned from; 0: none. */
  readonly nhid: number
}

/** One way out: immutable, counted, numbered from 1. */
export interface Nexthop extends NexthopSpec {
  readonly kind: 'nexthop'
  /** Kernel index (NL_RTA_KNH_ID): the smallest that was free. */
  readonly index: number
}

/** A nexthop and its share in a group. */
export interface WeightedNexthop {
  readonly nexthop: Nexthop
  readonly weight: number
}

/** Several ways out (FreeBSD nhgrp.c): immutable, counted, numbered from 1 on their own. */
export interface NexthopGroup {
  readonly kind: 'group'
  readonly index: number
  /** By weight, then by nexthop index. */
  readonly members: readonly WeightedNexthop[]
  /** Place in `members` for each slot: a flow takes `slots[flowid % slots.length]`. */
  readonly slots: Uint8Array
}

/** Where a route leads. */
export type NexthopOrGroup = Nexthop | NexthopGroup

/** The nexthop that a flow takes. */
export function selectNexthop(target: NexthopOrGroup, flowid: number): Nexthop {
  if (target.kind === 'nexthop') return target
  const place = target.slots[flowid % target.slots.length] ?? 0
  return (target.members[place] as WeightedNexthop).nexthop
}

/** The paths of a route: one for a nexthop, with the weight of the route. */
export function pathsOf(target: NexthopOrGroup, weight: number): readonly WeightedNexthop[] {
  return target.kind === 'group' ? target.members : [{ nexthop: target, weight }]
}

/** Nexthops and groups of one network stack, deduplicated and counted. */
export interface NexthopStore {
  /** The nexthop with these parts, with one more reference. */
  intern(spec: NexthopSpec): Nexthop
  /** The group with these members (two or more), with one more reference; takes one on each member when it is new. */
  internGroup(members: readonly WeightedNexthop[]): NexthopGroup
  acquire(target: NexthopOrGroup): void
  /** Drops a reference; the last one takes the object away and frees its index. */
  release(target: NexthopOrGroup): void
  /** By the number that {@link numberOf} gave. */
  byNumber(number: number): NexthopOrGroup
  /** As `byNumber`, or `undefined` for a number that is nobody's. */
  find(number: number): NexthopOrGroup | undefined
  /** All nexthops, and all groups, ascending by index. */
  list(): Nexthop[]
  listGroups(): NexthopGroup[]
  /**
   * Makes a nexthop with an index of its own choice, for a state file that is loaded; one reference is the caller's.
   * @throws NetlinkError EINVAL if the index, or a nexthop with these parts, is there
   */
  adopt(index: number, spec: NexthopSpec): Nexthop
  /** The same for a group of nexthops, given by index. @throws NetlinkError EINVAL also for a member that is not there */
  adoptGroup(index: number, members: readonly { readonly nexthop: number; readonly weight: number }[]): NexthopGroup
  /** Earliest end of a nexthop in use, seconds since 1970; 0 if none ends. */
  nextExpiry(): number
  readonly nexthopCount: number
  readonly groupCount: number
}

/** A positive number for a nexthop, a negative one for a group: what the prefix table stores. */
export function numberOf(target: NexthopOrGroup): number {
  return target.kind === 'nexthop' ? target.index : -target.index
}

/** Makes an empty store. */
export function createNexthopStore(): NexthopStore {
  const nexthops = createTable<Nexthop>()
  const groups = createTable<NexthopGroup>()
  let last: Nexthop | undefined // routes come in runs with the same nexthop: saves the key's text

  function release(target: NexthopOrGroup): void {
    if (target.kind === 'nexthop') {
      if (nexthops.release(target.index) && last === target) last = undefined
    } else if (groups.release(target.index)) {
      for (const member of target.members) release(member.nexthop)
    }
  }

  return {
    intern(spec) {
      if (last !== undefined && sameParts(last, spec)) {
        nexthops.acquire(last.index)
        return last
      }
      const found = nexthops.intern(nexthopKey(spec), index => ({ kind: 'nexthop', index, ...parts(spec) })).value
      last = found
      return found
    },
    internGroup(unsorted) {
      const members = sorted(unsorted)
      const made = groups.intern(groupKey(members), index => groupOf(index, members))
      if (made.fresh) for (const { nexthop } of members) nexthops.acquire(nexthop.index)
      return made.value
    },
    acquire: target => (target.kind === 'nexthop' ? nexthops : groups).acquire(target.index),
    release,
    byNumber: number => (number > 0 ? nexthops.get(number) : groups.get(-number)),
    find: number => (number > 0 ? nexthops.find(number) : groups.find(-number)),
    list: () => nexthops.values().toSorted((left, right) => left.index - right.index),
    listGroups: () => groups.values().toSorted((left, right) => left.index - right.index),
    adopt: (index, spec) => nexthops.adopt(index, nexthopKey(spec), { kind: 'nexthop', index, ...parts(spec) }),
    adoptGroup(index, unsorted) {
      const members = sorted(unsorted.map(({ nexthop, weight }) => ({ nexthop: nexthops.present(nexthop), weight })))
      const group = groups.adopt(index, groupKey(members), groupOf(index, members))
      for (const { nexthop } of members) nexthops.acquire(nexthop.index)
      return group
    },
    nextExpiry() {
      const ends = nexthops.values().flatMap(({ expires }) => (expires === 0 ? [] : [expires]))
      return ends.length === 0 ? 0 : Math.min(...ends)
    },
    get nexthopCount() {
      return nexthops.size()
    },
    get groupCount() {
      return groups.size()
    },
  }
}

function sorted(members: readonly WeightedNexthop[]): readonly WeightedNexthop[] {
  return members.toSorted((left, right) => left.weight - right.weight || left.nexthop.index - right.nexthop.index)
}

function groupKey(members: readonly WeightedNexthop[]): string {
  return members.map(({ nexthop, weight }) => `${nexthop.index}*${weight}`).join(' ')
}

function groupOf(index: number, members: readonly WeightedNexthop[]): NexthopGroup {
  return { kind: 'group', index, members, slots: dealSlots(members.map(member => member.weight)) }
}

/** A counted object: `index` points at nothing else while anybody holds a reference. */
interface CountedRow<T> {
  readonly key: string
  readonly value: T
  refs: number
}

/** More nexthops than any kernel has; what a file claims above it is damage. */
const indexMax = 0xffffff

/** Counted objects by key, numbered with the smallest free number from 1. */
function createTable<T extends { readonly index: number }>() {
  const byKey = new Map<string, T>()
  const rows: (CountedRow<T> | undefined)[] = [undefined]
  let lowestFree = 1

  const row = (index: number): CountedRow<T> => rows[index] as CountedRow<T>

  function add(key: string, value: T): T {
    rows[value.index] = { key, value, refs: 1 }
    byKey.set(key, value)
    while (rows[lowestFree] !== undefined) lowestFree++
    return value
  }

  return {
    size: () => byKey.size,
    values: (): T[] => [...byKey.values()],
    get: (index: number): T => row(index).value,
    intern(key: string, make: (index: number) => T): { readonly value: T; readonly fresh: boolean } {
      const present = byKey.get(key)
      if (present === undefined) return { value: add(key, make(lowestFree)), fresh: true }
      row(present.index).refs++
      return { value: present, fresh: false }
    },
    acquire(index: number): void {
      row(index).refs++
    },
    /** As `get`, for an index that comes from outside. */
    find: (index: number): T | undefined => rows[index]?.value,
    present(index: number): T {
      const found = rows[index]
      if (found === undefined) throw new NetlinkError('EINVAL', `there is no nexthop ${index}`)
      return found.value
    },
    adopt(index: number, key: string, value: T): T {
      if (!Number.isInteger(index) || index < 1 || index > indexMax)
        throw new NetlinkError('EINVAL', `nexthop index ${index}`)
      if (rows[index] !== undefined || byKey.has(key))
        throw new NetlinkError('EINVAL', `nexthop ${index} is there twice`)
      return add(key, value)
    },
    /** Whether that was the last reference. */
    release(index: number): boolean {
      const counted = row(index)
      if (--counted.refs > 0) return false
      byKey.delete(counted.key)
      rows[index] = undefined
      if (index < lowestFree) lowestFree = index
      return true
    },
  }
}

function parts(spec: NexthopSpec): NexthopSpec {
  const { family, gateway, ifindex, aifindex, source, flags, mtu, origin, expires, type, priority, nhid } = spec
  return { family, gateway, ifindex, aifindex, source, flags, mtu, origin, expires, type, priority, nhid }
}

function numbers(spec: NexthopSpec): readonly number[] {
  const { family, ifindex, aifindex, flags, mtu, origin, expires, type, priority, nhid } = spec
  return [family, ifindex, aifindex, flags, mtu, origin, expires, type, priority, nhid]
}

function nexthopKey(spec: NexthopSpec): string {
  return `${numbers(spec).join(' ')} ${spec.gateway ?? ''} ${spec.source ?? ''}`
}

function sameParts(left: NexthopSpec, right: NexthopSpec): boolean {
  return (
    left.ifindex === right.ifindex &&
    left.flags === right.flags &&
    left.family === right.family &&
    left.aifindex === right.aifindex &&
    left.mtu === right.mtu &&
    left.origin === right.origin &&
    left.expires === right.expires &&
    left.type === right.type &&
    left.priority === right.priority &&
    left.nhid === right.nhid &&
    sameAddress(left.gateway, right.gateway) &&
    sameAddress(left.source, right.source)
  )
}

function sameAddress(left: IpAddress | undefined, right: IpAddress | undefined): boolean {
  return left === right || (left !== undefined && right !== undefined && left.equals(right))
}
