import { IFF_POINTOPOINT, type IfView, type InetAddr } from '@nltool/ifnet'
import type { Clock, IpAddress } from '@nltool/nl-core/model'
import { AF_INET, AF_INET6, RT_SCOPE } from '../route/constants.ts'
import { IN6_IFF, INFINITE_LIFETIME } from './constants.ts'
import { flags6Of, ifaFlagsOf } from './flags.ts'
import type { AddrAttrs, AddrBody } from './schema.ts'

/** An address as RTM_NEWADDR shows it (FreeBSD iface.c, dump_iface_addr). Lifetimes count from now. */
export function toAddrBody(ifp: IfView, own: InetAddr, clock: Clock): AddrBody {
  const { address, prefixlen } = own
  const family = own.family === 'inet' ? AF_INET : AF_INET6
  const scope = scopeOf(address)
  return {
    header: { family, prefixlen, flags: 0, scope, ifindex: ifp.index },
    attrs: own.family === 'inet' ? attrs4(ifp, own) : attrs6(ifp, own, clock),
  }
}

function attrs4(ifp: IfView, { address, destination, broadcast }: InetAddr): AddrAttrs {
  const peer = (ifp.flags & IFF_POINTOPOINT) === 0 ? undefined : destination
  return {
    address: peer ?? address,
    local: address,
    broadcast,
    label: ifp.name,
    flags: 0,
    cacheinfo: undefined, // Linux's; every key is there so that copies of it have one hidden class
    freebsd: {},
  }
}

function attrs6(ifp: IfView, own: InetAddr, clock: Clock): AddrAttrs {
  const { address, destination } = own
  const isOver = own.preferredUntil !== undefined && own.preferredUntil <= clock.uptime()
  const flags6 = flags6Of(own) | (isOver ? IN6_IFF.IN6_IFF_DEPRECATED : 0)
  return {
    address: destination ?? address,
    local: destination === undefined ? undefined : address,
    label: ifp.name,
    flags: ifaFlagsOf(flags6),
    cacheinfo: {
      prefered: remaining(own.preferredUntil, clock),
      valid: remaining(own.validUntil, clock),
      cstamp: hundredths(own.createdAt),
      tstamp: hundredths(own.updatedAt),
    },
    freebsd: { flags: flags6 },
  }
}

function remaining(until: number | undefined, clock: Clock): number {
  return until === undefined ? INFINITE_LIFETIME : Math.max(0, Math.ceil((until - clock.uptime()) / 1000))
}

/** Uptime in 1/100 s; readers take 0 for "unknown". */
function hundredths(uptimeMs: number): number {
  return Math.max(1, Math.floor(uptimeMs / 10)) >>> 0
}

function scopeOf(address: IpAddress): number {
  if (address.isLoopback) return RT_SCOPE.RT_SCOPE_HOST
  return address.isLinkLocal ? RT_SCOPE.RT_SCOPE_LINK : RT_SCOPE.RT_SCOPE_UNIVERSE
}
