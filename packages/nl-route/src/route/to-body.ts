import { clearScope } from '../net/scope.ts'
import { type Nexthop, pathsOf, type WeightedNexthop } from '../rib/nexthop.ts'
import type { RibRoute } from '../rib/types.ts'
import { RTF, RTN, RTPROT } from './constants.ts'
import type { Leg, RouteAttrs, RouteBody } from './schema.ts'

/** A route as RTM_NEWROUTE shows it (FreeBSD rt.c, dump_rt). */
export function toRouteBody(route: RibRoute): RouteBody {
  const { family, prefixlen, fib, target } = route
  const [first] = pathsOf(target, route.weight) as [WeightedNexthop]
  const { nexthop } = first
  const attrs: RouteAttrs = {
    table: fib,
    dst: clearScope(route.dst),
    nhid: nexthop.nhid === 0 ? undefined : nexthop.nhid,
    knhid: target.index,
    rtflags: shownFlags(route, nexthop),
    ...(target.kind === 'group' ? multipath(route, target.members) : singlePath(nexthop, route.weight)),
    expires: target.kind === 'group' ? firstEnd(target.members) : expires(nexthop),
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

function singlePath(nexthop: Nexthop, weight: number): RouteAttrs {
  return {
    ...gatewayOf(nexthop),
    metrics: metricsOf(nexthop),
    oif: nexthop.ifindex,
    weight: weight === 1 ? undefined : weight,
  }
}

/** The first leg's flags and MTU stand for all; a leg that differs says so. */
function multipath(route: RibRoute, members: readonly WeightedNexthop[]): RouteAttrs {
  const first = members[0]?.nexthop
  return {
    metrics: first === undefined ? undefined : metricsOf(first),
    multipath: members.map(member => legOf(route, member, first)),
  }
}

function legOf(route: RibRoute, { nexthop, weight }: WeightedNexthop, first: Nexthop | undefined): Leg {
  return {
    header: { flags: 0, hops: Math.min(weight, 255), ifindex: nexthop.ifindex },
    attrs: {
      ...gatewayOf(nexthop),
      rtflags: nexthop.flags === first?.flags ? undefined : shownFlags(route, nexthop),
      metrics: nexthop.mtu === first?.mtu ? undefined : metricsOf(nexthop),
    },
  }
}

function gatewayOf({ gateway, family }: Nexthop): Pick<RouteAttrs, 'gateway' | 'via'> {
  if (gateway === undefined) return {}
  const shown = clearScope(gateway)
  return (gateway.size === 4) === (family === 2) ? { gateway: shown } : { via: shown }
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
