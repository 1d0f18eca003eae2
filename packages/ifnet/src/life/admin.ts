import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx } from '@nltool/nl-core/model'
import { IFF_ALLMULTI, IFF_CANTCHANGE, IFF_PPROMISC, IFF_PROMISC, IFF_UP } from '../constants.ts'
import { InvariantError } from '../errors.ts'
import { emit } from '../events.ts'
import type { NetState } from '../net-state.ts'
import type { IfRecord } from '../record.ts'
import { callDriver } from './driver.ts'

/** `if_down`: listeners hear of it before the flag falls, users after. */
export function announceDown(ctx: Ctx, net: NetState, record: IfRecord): void {
  emit(ctx, net, record, 'event', { what: 'down' })
  record.flags &= ~IFF_UP
  record.lastChange = record.world.clock.uptime()
  emit(ctx, net, record, 'message', { change: IFF_UP })
}

/** `if_up`: users hear of it first, then the parts of the stack. */
function announceUp(ctx: Ctx, net: NetState, record: IfRecord): void {
  record.flags |= IFF_UP
  record.lastChange = record.world.clock.uptime()
  emit(ctx, net, record, 'message', { change: IFF_UP })
  emit(ctx, net, record, 'event', { what: 'up' })
}

/** SIOCSIFFLAGS. Bits that users cannot change keep their values. The driver is told; its refusal changes nothing. */
export function setFlags(ctx: Ctx, net: NetState, record: IfRecord, requested: number): void {
  const wanted = (requested & ~IFF_CANTCHANGE) | (record.flags & IFF_CANTCHANGE)
  const goesUp = (record.flags & IFF_UP) === 0 && (wanted & IFF_UP) !== 0
  const goesDown = (record.flags & IFF_UP) !== 0 && (wanted & IFF_UP) === 0
  if (goesDown) announceDown(ctx, net, record)
  record.flags = permanentPromisc(record, goesUp ? wanted & ~IFF_UP : wanted)
  callDriver(ctx, record, { request: 'SIOCSIFFLAGS', flags: goesUp ? record.flags | IFF_UP : record.flags })
  if (goesUp) announceUp(ctx, net, record)
  record.lastChange = record.world.clock.uptime()
}

/** A change of IFF_PPROMISC takes IFF_PROMISC with it, unless somebody else has asked for that. */
function permanentPromisc(record: IfRecord, flags: number): number {
  if (((record.flags ^ flags) & IFF_PPROMISC) === 0) return flags
  if ((flags & IFF_PPROMISC) !== 0) return flags | IFF_PROMISC
  return record.promisc === 0 ? flags & ~IFF_PROMISC : flags
}

/** The counted flags: name of the counter, and the bit that makes the flag permanent. */
const countedFlags = {
  promisc: { flag: IFF_PROMISC, permanent: IFF_PPROMISC },
  allmulti: { flag: IFF_ALLMULTI, permanent: 0 },
} as const

/** One of the counted flags. */
export type CountedFlag = keyof typeof countedFlags

/**
 * Counts a user of a flag in or out (`if_setflag`): the first one sets it, the last one clears it. If the driver
 * refuses, nothing has changed. @throws NetlinkError with the driver's errno. @throws InvariantError below zero.
 */
export function countFlag(ctx: Ctx, net: NetState, record: IfRecord, which: CountedFlag, on: boolean): void {
  const { flag, permanent } = countedFlags[which]
  const before = record[which]
  const after = before + (on ? 1 : -1)
  if (after < 0) throw new InvariantError(`${which} of ${record.name} is switched off more often than on`)
  record[which] = after
  if ((record.flags & permanent) !== 0 || (before > 0 && after > 0)) return
  const flags = record.flags
  record.flags = on ? flags | flag : flags & ~flag
  const refused = callDriver(ctx, record, { request: 'SIOCSIFFLAGS', flags: record.flags })
  if (refused !== undefined) {
    record[which] = before
    record.flags = flags
    throw new NetlinkError(refused, `${record.name} refuses ${which} mode`)
  }
  emit(ctx, net, record, 'message', { change: flag })
}
