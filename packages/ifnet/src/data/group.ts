import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx } from '@nltool/nl-core/model'
import { IFNAMSIZ } from '../constants.ts'
import { emit } from '../events.ts'
import { utf8Length } from '../name.ts'
import type { NetState } from '../net-state.ts'
import type { IfRecord } from '../record.ts'

/** @throws NetlinkError EINVAL for a name that is empty, longer than 15 bytes or ends in a digit. */
export function checkGroupName(group: string): void {
  if (group === '' || utf8Length(group) >= IFNAMSIZ) {
    throw new NetlinkError('EINVAL', `a group name has 1 to ${IFNAMSIZ - 1} bytes`)
  }
  if (/\d$/.test(group)) throw new NetlinkError('EINVAL', `group name ${group} ends in a digit, as interface names do`)
}

/** Adds an interface to a group, which comes to be with its first member. @throws NetlinkError EEXIST for a member. */
export function joinGroup(ctx: Ctx, net: NetState, record: IfRecord, group: string): void {
  if (record.groups.includes(group)) throw new NetlinkError('EEXIST', `${record.name} is in group ${group}`)
  const members = net.groups.get(group)
  record.groups = [...record.groups, group]
  if (members === undefined) {
    net.groups.set(group, new Set([record]))
    emit(ctx, net, record, 'group', { action: 'attach', group })
  } else {
    members.add(record)
  }
  emit(ctx, net, record, 'group', { action: 'change', group })
}

/** Takes an interface out of a group, which goes with its last member. @throws NetlinkError ENOENT if it is not in it. */
export function leaveGroup(ctx: Ctx, net: NetState, record: IfRecord, group: string): void {
  const members = net.groups.get(group)
  if (members === undefined || !members.delete(record)) {
    throw new NetlinkError('ENOENT', `${record.name} is not in group ${group}`)
  }
  record.groups = record.groups.filter(name => name !== group)
  if (members.size === 0) net.groups.delete(group)
  emit(ctx, net, record, 'group', { action: 'change', group })
  if (members.size === 0) emit(ctx, net, record, 'group', { action: 'detach', group })
}

export function leaveAllGroups(ctx: Ctx, net: NetState, record: IfRecord): void {
  for (const group of record.groups) leaveGroup(ctx, net, record, group)
}
