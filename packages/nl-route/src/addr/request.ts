import { IFF_BROADCAST, IFF_POINTOPOINT, type Ifnet, type InetAddr, type InetAddrSpec } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { IpAddress } from '@nltool/nl-core/model'
import { inetAddresses } from '../net/address-routes.ts'
import type { RouteNet } from '../net/net.ts'
import { AF_INET } from '../route/constants.ts'
import { INFINITE_LIFETIME } from './constants.ts'
import { flags6From, keepFlags6 } from './flags.ts'
import type { AddrBody } from './schema.ts'

/** The address that RTM_NEWADDR asks for. @throws NetlinkError EINVAL, ENXIO for an unknown CARP vhid */
export function specOf(net: RouteNet, ifp: Ifnet, body: AddrBody): InetAddrSpec {
  const { header, attrs } = body
  const bits = header.family === AF_INET ? 32 : 128
  if (header.prefixlen > bits) throw new NetlinkError('EINVAL', 'invalid ifa_prefixlen')
  if (attrs.freebsd?.vhid !== undefined) {
    throw new NetlinkError('ENXIO', `${ifp.name} has no CARP vhid ${attrs.freebsd.vhid}`, {
      attr: ['IFA_FREEBSD', 'IFAF_VHID'],
    })
  }
  return bits === 32 ? spec4(ifp, body) : spec6(net, ifp, body)
}

/** A valid lifetime of 0 ends an address that is not there: nothing happens. */
export function nothingToDo(ifp: Ifnet, { address }: InetAddrSpec, { attrs }: AddrBody): boolean {
  return address.size === 16 && attrs.cacheinfo?.valid === 0 && ownOf(ifp, address) === undefined
}

/** The address that RTM_DELADDR names: IFA_LOCAL, IFA_ADDRESS or both. @throws NetlinkError EINVAL, EADDRNOTAVAIL */
export function deletedAddress(ifp: Ifnet, { attrs }: AddrBody): IpAddress {
  const named = ownIn(attrs)
  if (ownOf(ifp, named) === undefined) throw new NetlinkError('EADDRNOTAVAIL')
  return named
}

/** The interface's own address in a request. @throws NetlinkError EINVAL */
function ownIn({ local, address }: AddrBody['attrs']): IpAddress {
  const own = local ?? address
  if (own === undefined) throw new NetlinkError('EINVAL', 'neither IFA_LOCAL nor IFA_ADDRESS is set')
  return own
}

function ownOf(ifp: Ifnet, address: IpAddress): InetAddr | undefined {
  return inetAddresses(ifp).find(own => own.address.equals(address))
}

function isPointToPoint(ifp: Ifnet): boolean {
  return (ifp.flags & IFF_POINTOPOINT) !== 0
}

function spec4(ifp: Ifnet, { header, attrs }: AddrBody): InetAddrSpec {
  const { prefixlen } = header
  if (isPointToPoint(ifp)) {
    const { local, address: peer } = attrs
    if (local === undefined || peer === undefined) throw new NetlinkError('EINVAL', 'Empty IFA_LOCAL/IFA_ADDRESS')
    checkUnicast(local)
    return { address: local, prefixlen, destination: peer }
  }
  const address = ownIn(attrs)
  checkUnicast(address)
  return { address, prefixlen, broadcast: (ifp.flags & IFF_BROADCAST) !== 0 ? attrs.broadcast : undefined }
}

function checkUnicast(address: IpAddress): void {
  if (address.isUnspecified || address.isMulticast) {
    throw new NetlinkError('EINVAL', `${address} cannot be the address of an interface`)
  }
}

function spec6(net: RouteNet, ifp: Ifnet, { header, attrs }: AddrBody): InetAddrSpec {
  const own = ownIn(attrs)
  checkUnicast(own)
  const { prefixlen } = header
  const peer = attrs.local !== undefined && attrs.address?.equals(attrs.local) === false ? attrs.address : undefined
  if (peer !== undefined && (!isPointToPoint(ifp) || prefixlen !== 128)) {
    throw new NetlinkError('EINVAL', 'an IPv6 peer needs a point-to-point interface and prefix length 128')
  }
  const present = ownOf(ifp, own)
  if (present !== undefined && present.prefixlen !== prefixlen) {
    throw new NetlinkError('EINVAL', `${ifp.name} has ${own} with prefix length ${present.prefixlen}`)
  }
  const flags6 = (attrs.freebsd?.flags ?? 0) | flags6From(attrs.flags ?? 0)
  return { address: own, prefixlen, destination: peer, flags: keepFlags6(flags6), ...lifetimes(net, attrs.cacheinfo) }
}

/** @throws NetlinkError EINVAL if the address would be preferred longer than it is valid */
function lifetimes(
  net: RouteNet,
  cacheinfo: AddrBody['attrs']['cacheinfo'],
): Pick<InetAddrSpec, 'preferredUntil' | 'validUntil'> {
  if (cacheinfo === undefined) return {}
  const { prefered, valid } = cacheinfo
  if (prefered > valid)
    throw new NetlinkError('EINVAL', 'the preferred lifetime is longer than the valid one', { attr: 'IFA_CACHEINFO' })
  const until = (seconds: number): number | undefined =>
    seconds === INFINITE_LIFETIME ? undefined : net.clock.uptime() + seconds * 1000
  return { preferredUntil: until(prefered), validUntil: until(valid) }
}
