import { IFF_LOOPBACK, IFF_MULTICAST, IFF_UP, type Ifnet, type InetAddr, type InetAddrSpec } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import { type Ctx, IpAddress, type RtnlHeld } from '@nltool/nl-core/model'
import { inetAddresses } from './address-routes.ts'
import type { RouteNet } from './net.ts'

/**
 * Adds an address, or replaces the one of the same value. The first address of a family brings the interface up, and
 * the first IPv6 one gives it a link-local address too (in6_ifattach). What it implies for routes follows by itself.
 * @throws NetlinkError EINVAL, EDESTADDRREQ, ENXIO, or what a validator or the driver answers; nothing has changed then
 */
export function addAddress(net: RouteNet, ctx: Ctx, rtnl: RtnlHeld, ifp: Ifnet, spec: InetAddrSpec): InetAddr {
  const { config } = net.net
  const { family } = spec.address
  const isFirst = !inetAddresses(ifp).some(address => address.family === family)
  const added = config.addAddress(ctx, rtnl, ifp, spec)
  if (!isFirst) return added
  if ((ifp.flags & IFF_UP) === 0) config.up(ctx, rtnl, ifp)
  const automatic = family === 'inet6' && !spec.address.isLinkLocal ? linkLocalOf(ifp) : undefined
  if (automatic !== undefined) addAutomatic(net, ctx, rtnl, ifp, automatic)
  return added
}

/** Nobody asked for this one: if it is refused, what was asked for has been done all the same. */
function addAutomatic(net: RouteNet, ctx: Ctx, rtnl: RtnlHeld, ifp: Ifnet, address: IpAddress): void {
  try {
    net.net.config.addAddress(ctx, rtnl, ifp, { address, prefixlen: 64 })
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error
  }
}

/** fe80:: with the interface identifier of RFC 4291 appendix A; fe80::1 on a loopback interface. */
function linkLocalOf(ifp: Ifnet): IpAddress | undefined {
  if ((ifp.flags & IFF_LOOPBACK) !== 0) return IpAddress.parse('fe80::1')
  if ((ifp.flags & IFF_MULTICAST) === 0 || ifp.lladdr.length !== 6) return undefined
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = ifp.lladdr
  return IpAddress.fromBytes(Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f))
}
