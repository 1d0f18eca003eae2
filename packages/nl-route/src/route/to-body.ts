import type { IpAddress } from '@nltool/nl-core/model'
import { clearScope } from '../net/scope.ts'
import type { Nexthop, WeightedNexthop } from '../rib/nexthop.ts'
import type { RibRoute } from '../rib/types.ts'
import { AF_INET, RTF, RTN, RTPROT } from './constants.ts'
import type { Leg, RouteAttrs, RouteBody } from './schema.ts'

/**
 * A route as RTM_NEWROUTE shows it (FreeBSD rt.c, dump_rt). Every key is there in every route, so that all bodies have
 * one shape: dumps spend most of their time where it is read.
 */
export function toRouteBody(route: RibRoute): RouteBody {
  const { family, prefixlen, fib, target, weight } = route
  const members = target.kind === 'group' ? target.members : undefined
  const nexthop = target.kind === 'group' ? (target.members[0] as WeightedNexthop).nexthop : target
  const shown = members === undefined ? shownGateway(nexthop) : undefined
  const foreign = shown !== undefined && (shown.size === 4) !== (family === AF_INET)
  const attrs: RouteAttrs = {
    table: fib,
    dst: clearScope(route.dst),
    gateway: foreign ? undefined : shown,
    via: foreign ? shown : undefined,
    nhid: nexthop.nhid === 0 ? undefined : nexthop.nhid,
    knhid: target.index,
    rtflags: shownFlags(route, nexthop),
    metrics: metricsOf(nexthop),
    // The first leg's flags and MTU stand for all; a leg that differs says so.
    multipath: members?.map(member => legOf(route, member, nexthop)),
    expires: members === undefined ? expires(nexthop) : firstEnd(members),
    oif: members === undefined ? nexthop.ifindex : undefined,
    weight: members === undefined && weight !== 1 ? weight : undefined,
    priority: undefined, // Linux's: V8 gives a copy that adds a key a hidden class of its own, each time
  }
  return {
    header: {
      family,
      dstLen: prefixlen,
      srcLen: 0,
      tos: 0,
      table: fib < 255 ? fib : 0,
      protocol: protocolOf(nexthop),
      scope: 0,
      type: typeOf(nexthop),
      flags: 0,
    },
    attrs,
    linux: { type: nexthop.type, priority: nexthop.priority },
  }
}

function legOf(route: RibRoute, { nexthop, weight }: WeightedNexthop, first: Nexthop): Leg {
  const shown = shownGateway(nexthop)
  const foreign = shown !== undefined && (shown.size === 4) !== (route.family === AF_INET)
  return {
    header: { flags: 0, hops: Math.min(weight, 255), ifindex: nexthop.ifindex },
    attrs: {
      gateway: foreign ? undefined : shown,
      via: foreign ? shown : undefined,
      rtflags: nexthop.flags === first.flags ? undefined : shownFlags(route, nexthop),
      metrics: nexthop.mtu === first.mtu ? undefined : metricsOf(nexthop),
    },
  }
}

function shownGateway({ gateway }: Nexthop): IpAddress | undefined {
  return gateway === undefined ? undefined : clearScope(gateway)
}

function metricsOf({ mtu }: Nexthop): RouteAttrs['metrics'] {
  return mtu === 0 ? undefined : { mtu }
}

function expires(nexthop: Nexthop): number | undefined {
  return nexthop.expires === 0 ? undefined : nexthop.expires
}

/** When the first of several paths ends. */
function firstEnd(members: readonly WeightedNexthop[]): number | undefined {
  const ends = members.flatMap(({ nexthop }) => (nexthop.expires === 0 ? [] : [nexthop.expires]))
  return ends.length === 0 ? undefined : Math.min(...ends)
}

function shownFlags(route: RibRoute, nexthop: Nexthop): number {
  const host = route.prefixlen === route.dst.bits ? RTF.RTF_HOST : 0
  return (nexthop.flags | RTF.RTF_UP | host) >>> 0
}

/** RTPROT_* of a path. FreeBSD keeps no protocol of its own or an administrator's route: the flags tell it. */
export function protocolOf({ origin, flags }: Nexthop): number {
  if (origin > RTPROT.RTPROT_STATIC) return origin
  if ((flags & RTF.RTF_PROTO1) !== 0) return RTPROT.RTPROT_ZEBRA
  return (flags & RTF.RTF_STATIC) !== 0 ? RTPROT.RTPROT_STATIC : RTPROT.RTPROT_KERNEL
}

function typeOf({ flags }: Nexthop): number {
  if ((flags & RTF.RTF_BLACKHOLE) !== 0) return RTN.RTN_BLACKHOLE
  return (flags & RTF.RTF_REJECT) !== 0 ? RTN.RTN_PROHIBIT : RTN.RTN_UNICAST
}
