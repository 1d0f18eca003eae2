import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, IpAddress, RtnlHeld } from '@nltool/nl-core/model'
import { IFF_MULTICAST } from '../constants.ts'
import { emit } from '../events.ts'
import { callDriver } from '../life/driver.ts'
import type { NetState } from '../net-state.ts'
import { netOf } from '../net-state.ts'
import type { IfRecord } from '../record.ts'
import type { IfMulti } from '../types.ts'

/** A group: an internet address, or the bytes of a link-layer group address. */
export type MulticastGroup = IpAddress | Uint8Array

function sameGroup(a: MulticastGroup, b: MulticastGroup): boolean {
  if (a instanceof Uint8Array)
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
  return !(b instanceof Uint8Array) && a.equals(b)
}

/** The membership of an interface in a group, or `undefined`. */
export function membershipIn(record: IfRecord, group: MulticastGroup): IfMulti | undefined {
  return record.multicast.find(membership => sameGroup(membership.group, group))
}

/** Joins a group, or counts one more user of a membership (`if_addmulti`). */
export function joinMulticast(ctx: Ctx, _rtnl: RtnlHeld, record: IfRecord, group: MulticastGroup): void {
  const present = membershipIn(record, group)
  if (present !== undefined) {
    replace(record, present, { group: present.group, count: present.count + 1 })
    return
  }
  const membership: IfMulti = { group, count: 1 }
  record.multicast = [membership, ...record.multicast]
  emit(ctx, netOf(record), record, 'multicast', { action: 'join', membership })
  callDriver(ctx, record, { request: 'SIOCADDMULTI' }) // the driver rereads the list; FreeBSD ignores its error too
}

/** Gives a membership up; the last user leaves the group (`if_delmulti`). @throws NetlinkError ENOENT. */
export function leaveMulticast(ctx: Ctx, _rtnl: RtnlHeld, record: IfRecord, group: MulticastGroup): void {
  const present = membershipIn(record, group)
  if (present === undefined) throw new NetlinkError('ENOENT', `${record.name} is not in that multicast group`)
  if (present.count > 1) {
    replace(record, present, { group: present.group, count: present.count - 1 })
    return
  }
  record.multicast = record.multicast.filter(membership => membership !== present)
  emit(ctx, netOf(record), record, 'multicast', { action: 'leave', membership: { ...present, count: 0 } })
  callDriver(ctx, record, { request: 'SIOCDELMULTI' })
}

/** What a user asks for by SIOCADDMULTI: link-layer groups, each once. */
export function checkUserGroup(record: IfRecord, group: MulticastGroup): void {
  if ((record.flags & IFF_MULTICAST) === 0) throw new NetlinkError('EOPNOTSUPP', `${record.name} has no multicast`)
  if (!(group instanceof Uint8Array)) throw new NetlinkError('EINVAL', 'users add link-layer groups')
}

function replace(record: IfRecord, old: IfMulti, membership: IfMulti): void {
  record.multicast = record.multicast.map(other => (other === old ? membership : other))
}

/** The interface goes: every group is left, whoever uses it. */
export function purgeMulticast(ctx: Ctx, net: NetState, record: IfRecord): void {
  const { multicast } = record
  record.multicast = []
  for (const membership of multicast) {
    emit(ctx, net, record, 'multicast', { action: 'leave', membership: { ...membership, count: 0 } })
  }
}
