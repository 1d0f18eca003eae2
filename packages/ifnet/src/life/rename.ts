import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx } from '@nltool/nl-core/model'
import { IFF_RENAMING } from '../constants.ts'
import { renewLinkAddr } from '../data/address.ts'
import { emit } from '../events.ts'
import { checkName } from '../name.ts'
import type { NetState } from '../net-state.ts'
import type { IfRecord } from '../record.ts'

/**
 * `if_rename`, in one step from the check of the name to the last event, so that of two renames to one name the second
 * finds it taken. Listeners hear a departure under the old name and an arrival under the new one, both with reason
 * `rename` and IFF_RENAMING set: whoever keeps state of the interface keeps it.
 */
export function rename(ctx: Ctx, net: NetState, record: IfRecord, name: string): void {
  checkName(name)
  if (name === record.name) return
  if (nameTaken(net, name)) throw new NetlinkError('EEXIST', `an interface ${name} exists`)
  record.flags |= IFF_RENAMING
  emit(ctx, net, record, 'departure', { reason: 'rename' })
  net.names.delete(record.name)
  record.name = name
  net.names.set(name, record)
  net.generation += 1
  renewLinkAddr(record)
  emit(ctx, net, record, 'arrival', { reason: 'rename' })
  record.flags &= ~IFF_RENAMING
}

/** An interface has the name, or is on its way to this network stack with it. */
export function nameTaken(net: NetState, name: string): boolean {
  return net.names.has(name) || net.reserved.has(name)
}
