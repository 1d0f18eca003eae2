import { NetlinkError } from '@nltool/nl-core/errno'
import { type Ctx, IpAddress, type RtnlHeld } from '@nltool/nl-core/model'
import { IFF_BROADCAST, IFF_MULTICAST, IFF_POINTOPOINT } from '../constants.ts'
import { emit } from '../events.ts'
import { callDriver } from '../life/driver.ts'
import { netOf } from '../net-state.ts'
import type { IfRecord } from '../record.ts'
import type { InetAddr, InetAddrSpec, LinkAddr } from '../types.ts'
import { joinMulticast, leaveMulticast, membershipIn } from './multicast.ts'
import { runValidators } from './validator.ts'

/** The link-level address of an interface as it is now. */
export function linkAddrOf(record: IfRecord): LinkAddr {
  return { family: 'link', index: record.index, name: record.name, type: record.type, lladdr: record.lladdr }
}

/** Rewrites the AF_LINK entry after a change of name or link-layer address; readers keep the version they have. */
export function renewLinkAddr(record: IfRecord): void {
  record.addresses = record.addresses.map(entry => (entry.family === 'link' ? linkAddrOf(record) : entry))
}

/** An address of an interface, by value. */
export function addressOf(record: IfRecord, address: IpAddress): InetAddr | undefined {
  for (const entry of record.addresses) {
    if (entry.family !== 'link' && entry.address.equals(address)) return entry
  }
  return undefined
}

const inetCount = (record: IfRecord): number => record.addresses.filter(({ family }) => family === 'inet').length

/**
 * Adds an address, or replaces the one with the same value. Everything that can refuse is asked before anything
 * changes: arguments, validators, the driver. Then the old entry goes, the new one comes, and each is announced.
 */
export function addAddress(ctx: Ctx, rtnl: RtnlHeld, record: IfRecord, spec: InetAddrSpec): InetAddr {
  const net = netOf(record)
  checkSpec(record, spec)
  const old = addressOf(record, spec.address)
  const added = completed(record, spec, old)
  runValidators(ctx, net, record, added, old)
  const refused = callDriver(ctx, record, { request: 'SIOCSIFADDR', address: added })
  if (refused !== undefined && refused !== 'EOPNOTSUPP') {
    throw new NetlinkError(refused, `${record.name} refuses address ${spec.address}`)
  }
  if (old !== undefined && sameNetwork(old, added)) {
    record.addresses = record.addresses.map(entry => (entry === old ? added : entry))
    emit(ctx, net, record, 'address', { action: 'change', address: added })
    return added
  }
  if (old !== undefined) remove(ctx, rtnl, record, old)
  record.addresses = [...record.addresses, added]
  emit(ctx, net, record, 'address', { action: 'add', address: added })
  if (added.family === 'inet' && inetCount(record) === 1 && (record.flags & IFF_MULTICAST) !== 0) {
    joinMulticast(ctx, rtnl, record, allHosts)
  }
  return added
}

/** 224.0.0.1, which every IPv4 host on a multicast interface is in. */
const allHosts = IpAddress.parse('224.0.0.1')

function checkSpec(record: IfRecord, { address, prefixlen, broadcast, destination }: InetAddrSpec): void {
  if (!Number.isInteger(prefixlen) || prefixlen < 0 || prefixlen > address.bits) {
    throw new NetlinkError('EINVAL', `prefix length ${prefixlen} of ${address} is not 0 to ${address.bits}`)
  }
  for (const other of [broadcast, destination]) {
    if (other === undefined || other.family === address.family) continue
    throw new NetlinkError('EINVAL', `${other} is not of the family of ${address}`)
  }
  if ((record.flags & IFF_POINTOPOINT) !== 0 && address.family === 'inet' && destination === undefined) {
    throw new NetlinkError('EDESTADDRREQ', `${record.name} is point-to-point: give the address of the other end`)
  }
}

function completed(record: IfRecord, spec: InetAddrSpec, old: InetAddr | undefined): InetAddr {
  const now = record.world.clock.uptime()
  return {
    family: spec.address.family,
    address: spec.address,
    prefixlen: spec.prefixlen,
    broadcast: spec.broadcast ?? usualBroadcast(record, spec),
    destination: spec.destination,
    flags: spec.flags ?? old?.flags ?? 0,
    preferredUntil: spec.preferredUntil,
    validUntil: spec.validUntil,
    createdAt: old?.createdAt ?? now,
    updatedAt: now,
    extra: spec.extra,
  }
}

/** FreeBSD in_aifaddr_ioctl: all host bits set, so an address itself for a /32; 255.255.255.255 for both of a /31. */
function usualBroadcast(record: IfRecord, { address, prefixlen }: InetAddrSpec): IpAddress | undefined {
  if (address.family !== 'inet' || (record.flags & IFF_BROADCAST) === 0) return undefined
  const mask = IpAddress.netmask('inet', prefixlen === 31 ? 0 : prefixlen)
  return new IpAddress(4, address.w0 | ~mask.w0, 0, 0, 0)
}

const equalOrAbsent = (a: IpAddress | undefined, b: IpAddress | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b)

function sameNetwork(a: InetAddr, b: InetAddr): boolean {
  return a.prefixlen === b.prefixlen && equalOrAbsent(a.destination, b.destination)
}

/** Removes an address. @throws NetlinkError EADDRNOTAVAIL if the interface does not have it. */
export function removeAddress(ctx: Ctx, rtnl: RtnlHeld, record: IfRecord, address: IpAddress): InetAddr {
  const entry = addressOf(record, address)
  if (entry === undefined) throw new NetlinkError('EADDRNOTAVAIL', `${record.name} does not have ${address}`)
  remove(ctx, rtnl, record, entry)
  return entry
}

function remove(ctx: Ctx, rtnl: RtnlHeld, record: IfRecord, entry: InetAddr): void {
  record.addresses = record.addresses.filter(other => other !== entry)
  emit(ctx, netOf(record), record, 'address', { action: 'delete', address: entry })
  if (entry.family === 'inet' && inetCount(record) === 0 && membershipIn(record, allHosts) !== undefined) {
    leaveMulticast(ctx, rtnl, record, allHosts)
  }
}

/** Removes all internet addresses, one by one, each with its events. */
export function purgeAddresses(ctx: Ctx, rtnl: RtnlHeld, record: IfRecord): void {
  for (const entry of record.addresses) {
    if (entry.family !== 'link') remove(ctx, rtnl, record, entry)
  }
}

/** Replaces flags, lifetimes or extra of an address without an event: bookkeeping of its family. */
export function amendAddress(record: IfRecord, address: IpAddress, change: AddressAmendment): InetAddr {
  const old = addressOf(record, address)
  if (old === undefined) throw new NetlinkError('EADDRNOTAVAIL', `${record.name} does not have ${address}`)
  const amended: InetAddr = { ...old, ...change }
  record.addresses = record.addresses.map(entry => (entry === old ? amended : entry))
  return amended
}

/** What {@link amendAddress} may change. */
export type AddressAmendment = Partial<Pick<InetAddr, 'flags' | 'preferredUntil' | 'validUntil' | 'extra'>>
