import { IFF_POINTOPOINT, type Ifnet, type InetAddr, type Section } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { IpAddress } from '@nltool/nl-core/model'
import { RTF } from '../route/constants.ts'
import { inetAddresses } from './address-routes.ts'
import type { RouteNet } from './net.ts'

/** How a destination is reached: the interface, and the source address that packets of this host get. */
export interface Egress {
  readonly ifp: Ifnet
  readonly source: InetAddr
}

/** An interface by the number in an attribute. @throws NetlinkError ENOENT */
export function interfaceOf(
  net: RouteNet,
  section: Section,
  ifindex: number,
  attr: { name: string; type: number },
): Ifnet {
  const ifp = net.interfaces.byIndexAttached(section, ifindex)
  if (ifp !== undefined) return ifp
  throw new NetlinkError('ENOENT', `nla type ${attr.type}: ifindex ${ifindex} invalid`, { attr: attr.name })
}

/**
 * The way to a destination over a given interface: it is taken as it is, up or down, with no test of the gateway.
 * @throws NetlinkError EINVAL if the interface has no address that could be the source
 */
export function egressOver(ifp: Ifnet, dst: IpAddress, gateway: IpAddress | undefined): Egress {
  const source = sourceFor(ifp, dst, gateway)
  if (source !== undefined) return { ifp, source }
  const system = dst.size === 4 ? 'IPv4' : 'IPv6'
  throw new NetlinkError('EINVAL', `${ifp.name} has no ${system} address to send from`)
}

/**
 * The way to a gateway of which no interface is given: that of an address whose other end it is, or whose network holds
 * it (ifa_ifwithroute). @throws NetlinkError EINVAL if there is none
 */
export function egressTo(net: RouteNet, section: Section, gateway: IpAddress, fib: number): Egress {
  const egress = alongPinned(net, section, gateway, fib) ?? amongAll(net, section, gateway)
  if (egress !== undefined) return egress
  throw new NetlinkError('EINVAL', `gateway ${gateway} is in the network of no interface address`)
}

/** The route that an address made for its network leads to the interface without a look at all the others. */
function alongPinned(net: RouteNet, section: Section, gateway: IpAddress, fib: number): Egress | undefined {
  const target = net.rib.match(fib, gateway)?.target
  if (target?.kind !== 'nexthop' || (target.flags & RTF.RTF_PINNED) === 0) return undefined
  const ifp = net.interfaces.byIndexAttached(section, target.aifindex)
  if (ifp === undefined) return undefined
  for (const source of ifp.addresses) {
    if (source.family !== 'link' && target.source?.equals(source.address) === true) return { ifp, source }
  }
  return undefined
}

/** Where no such route is: the interface is down, or another route hides it. */
function amongAll(net: RouteNet, section: Section, gateway: IpAddress): Egress | undefined {
  const here = net.interfaces.list(section).flatMap(ifp => inetAddresses(ifp).map(source => ({ ifp, source })))
  const peer = here.find(({ ifp, source }) => isPeer(ifp, source, gateway))
  if (peer !== undefined) return peer
  const [nearest] = here
    .filter(({ ifp, source }) => !isPointToPoint(ifp, source) && source.address.covers(gateway, source.prefixlen))
    .sort((left, right) => right.source.prefixlen - left.source.prefixlen)
  return nearest
}

function isPointToPoint(ifp: Ifnet, source: InetAddr): boolean {
  return (ifp.flags & IFF_POINTOPOINT) !== 0 && source.destination !== undefined
}

function isPeer(ifp: Ifnet, source: InetAddr, gateway: IpAddress): boolean {
  return isPointToPoint(ifp, source) && source.destination?.equals(gateway) === true
}

/** The best address of an interface for a destination (ifaof_ifpforaddr): the nearest one, else the first. */
function sourceFor(ifp: Ifnet, dst: IpAddress, gateway: IpAddress | undefined): InetAddr | undefined {
  const own = inetAddresses(ifp).filter(({ address }) => address.size === dst.size)
  const target = gateway?.size === dst.size ? gateway : dst
  const [nearest] = own
    .filter(source => isPeer(ifp, source, target) || source.address.covers(target, source.prefixlen))
    .sort((left, right) => right.prefixlen - left.prefixlen)
  // An IPv6 packet is better sent from an address of the same scope.
  const sameScope = own.find(({ address }) => address.isLinkLocal === target.isLinkLocal)
  // A gateway of the other family does with any address (RFC 5549).
  return (
    nearest ??
    sameScope ??
    own[0] ??
    (gateway !== undefined && gateway.size !== dst.size ? inetAddresses(ifp)[0] : undefined)
  )
}
