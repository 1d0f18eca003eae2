import type { Ctx } from '@nltool/nl-core/model'
import { joinGroup } from '../data/group.ts'
import type { NetState } from '../net-state.ts'
import type { IfRecord } from '../record.ts'

/** Puts a cloned interface into the group that has its cloner's name; detach and move take it out of all groups. */
export function joinCloneGroups(ctx: Ctx, net: NetState, record: IfRecord): void {
  const group = record.clone?.state.cloner.name
  if (group !== undefined && !record.groups.includes(group)) joinGroup(ctx, net, record, group)
}
