import type { Errno } from '@nltool/nl-core/errno'
import type { VnetId } from '@nltool/nl-core/model'
import {
  IFCOUNTER_IBYTES,
  IFCOUNTER_IPACKETS,
  IFCOUNTER_IQDROPS,
  IFCOUNTER_NOPROTO,
  IFCOUNTER_OBYTES,
  IFCOUNTER_OERRORS,
  IFCOUNTER_OPACKETS,
  IFCOUNTERS,
  IFF_UP,
} from '../constants.ts'
import type { IfRecord } from '../record.ts'
import type { DriverMethods, Ifnet } from '../types.ts'

/** Adds to a counter; counters wrap modulo 2^64. */
export function count(record: IfRecord, counter: number, by: number | bigint): void {
  record.counters ??= new BigUint64Array(IFCOUNTERS)
  const value = record.counters[counter]
  if (value === undefined) throw new RangeError(`there is no interface counter ${counter}`)
  record.counters[counter] = value + BigInt(by)
}

/** Attached in the network stack that asks, since before the section was opened: nothing crosses over with a move. */
function mayUse(record: IfRecord, vnet: VnetId, entered: number): boolean {
  return record.attached && record.vnet === vnet && entered >= record.movedAt
}

/**
 * Output, from the look-up down to the driver in one section. The driver is still called for sections that were open
 * when the interface was taken off its list, which detach waits for; after that its methods are dead (if_dead.c).
 */
export function send(
  record: IfRecord,
  ifp: Ifnet,
  packet: Uint8Array,
  vnet: VnetId,
  entered: number,
): Errno | undefined {
  const leaving = record.announced && record.vnet === vnet && entered < record.unlinkedAt
  const callable = leaving || mayUse(record, vnet, entered)
  const transmit = record.methods?.transmit
  if (!callable || transmit === undefined) return 'ENXIO'
  if ((record.flags & IFF_UP) === 0) return 'ENETDOWN'
  const refused = handOver(record, ifp, packet, transmit)
  if (refused === undefined) {
    count(record, IFCOUNTER_OPACKETS, 1)
    count(record, IFCOUNTER_OBYTES, packet.length)
  } else {
    count(record, IFCOUNTER_OERRORS, 1)
  }
  return refused
}

/** A driver that throws has not sent the packet. */
function handOver(
  record: IfRecord,
  ifp: Ifnet,
  packet: Uint8Array,
  transmit: NonNullable<DriverMethods['transmit']>,
): Errno | undefined {
  try {
    return transmit(ifp, packet)
  } catch (error) {
    record.world.report(`the driver of ${record.name} failed to send a packet`, error)
    return 'EIO'
  }
}

/** Input, from the driver to the top of the network stack in one section: delivered, or dropped and counted once. */
export function receive(record: IfRecord, ifp: Ifnet, packet: Uint8Array, vnet: VnetId, entered: number): boolean {
  if (!mayUse(record, vnet, entered)) {
    count(record, IFCOUNTER_IQDROPS, 1)
    return false
  }
  count(record, IFCOUNTER_IPACKETS, 1)
  count(record, IFCOUNTER_IBYTES, packet.length)
  const hook = record.world.nets.get(record.vnet)?.input
  if (hook?.(ifp, packet) === true) return true
  count(record, IFCOUNTER_NOPROTO, 1)
  return false
}
