import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import { type Dump, type Handlers, handler, type Request } from '@nltool/nl-core/kernel'
import type { Ctx, IpAddress, RtnlHeld } from '@nltool/nl-core/model'
import { routeAbiRules } from '../abi-rules.ts'
import type { routeTypes } from '../messages.ts'
import { dumpedFamily } from '../net/family.ts'
import type { RouteNet } from '../net/net.ts'
import { clearScope, embedScope } from '../net/scope.ts'
import { uptimeOf } from '../net/sweep.ts'
import type { Nexthop } from '../rib/nexthop.ts'
import type { PutMode, RibRoute } from '../rib/types.ts'
import { AF_INET, AF_INET6, AF_UNSPEC, RT_TABLE, RTF, RTM_F, RTN, RTPROT } from './constants.ts'
import { isReject, keyOf, pathsOf } from './request.ts'
import { type RouteBody, routeBody } from './schema.ts'
import { protocolOf, toRouteBody } from './to-body.ts'

/** RTM_*ROUTE: one row per message type. */
export const routeHandlers = (net: RouteNet) =>
  ({
    RTM_NEWROUTE: handler({
      body: routeBody,
      priv: 'net-route',
      lock: 'rtnl',
      do: (req, ctx, rtnl) => newRoute(net, req, ctx, rtnl),
    }),
    RTM_DELROUTE: handler({
      body: routeBody,
      priv: 'net-route',
      lock: 'rtnl',
      do: (req, ctx, rtnl) => delRoute(net, req, ctx, rtnl),
    }),
    RTM_GETROUTE: handler({
      body: routeBody,
      jail: true,
      shortHeader: true,
      do: req => getRoute(net, req),
      dump: req => dumpRoutes(net, req),
    }),
  }) satisfies Handlers<typeof routeTypes>

function newRoute(net: RouteNet, { flags, body, abi }: Request<RouteBody>, ctx: Ctx, rtnl: RtnlHeld): void {
  const { header, attrs } = body
  const { dst } = attrs
  if (dst === undefined) throw new NetlinkError('EINVAL', 'RTA_DST is not set')
  const key = keyOf(net, body, dst, attrs.table ?? header.table)
  const rules = routeAbiRules[abi]
  if (rules.refusedTypes.includes(header.type)) {
    throw new NetlinkError('EOPNOTSUPP', `routes of type ${header.type} are made by addresses only`)
  }
  const relative = rules.expires === 'relative' && attrs.expires !== undefined
  const expires = relative ? Math.floor(net.clock.now() / 1000) + (attrs.expires ?? 0) : attrs.expires
  using section = net.epoch.enter(ctx)
  const paths = pathsOf(
    { net, section, dst, fib: key.fib },
    expires === attrs.expires ? body : { header, attrs: { ...attrs, expires } },
  )
  net.rib.put(ctx, rtnl, key, paths, modeOf(flags))
  if (expires !== undefined && expires !== 0) net.expiry.arm(uptimeOf(net, expires))
}

function modeOf(flags: number): PutMode {
  return {
    create: (flags & NLM_F_CREATE) !== 0,
    exclusive: (flags & NLM_F_EXCL) !== 0,
    replace: (flags & NLM_F_REPLACE) !== 0,
    append: (flags & NLM_F_APPEND) !== 0,
  }
}

function delRoute(net: RouteNet, { body, abi }: Request<RouteBody>, ctx: Ctx, rtnl: RtnlHeld): void {
  const { header, attrs } = body
  if (attrs.dst === undefined) throw new NetlinkError('ESRCH', 'RTA_DST is not set')
  const key = keyOf(net, body, attrs.dst, attrs.table ?? RT_TABLE.RT_TABLE_MAIN)
  const gateways = gatewaysOf(body)
  const scoped = !key.dst.equals(clearScope(key.dst)) // RTA_OIF has told one link's prefix from another's
  const ownOnly = routeAbiRules[abi].deletesOwnOnly
  const match = (nexthop: Nexthop): boolean =>
    (gateways.length === 0 || gateways.some(gateway => leadsThrough(nexthop, gateway))) &&
    (attrs.oif === undefined || isOver(nexthop, attrs.oif) || (scoped && isReject(nexthop.type))) &&
    (!ownOnly || isOwn(nexthop, header))
  net.rib.delete(ctx, rtnl, key, { match, pinned: ((attrs.rtflags ?? 0) & RTF.RTF_PINNED) !== 0 })
}

/** The gateways that a deletion names: one, or those of its legs; only paths through them go. */
function gatewaysOf({ attrs }: RouteBody): readonly IpAddress[] {
  const gateway = attrs.gateway ?? attrs.via
  if (gateway !== undefined) return [gateway]
  return (attrs.multipath ?? []).flatMap(leg => leg.attrs.gateway ?? leg.attrs.via ?? [])
}

function leadsThrough(nexthop: Nexthop, gateway: IpAddress): boolean {
  return nexthop.gateway?.equals(embedScope(gateway, nexthop.ifindex)) === true
}

function isOver({ ifindex, aifindex }: Nexthop, oif: number): boolean {
  return ifindex === oif || aifindex === oif
}

/** A protocol or type of 0 stands for any. BOOT and STATIC are both an administrator's. */
function isOwn(nexthop: Nexthop, { protocol, type }: RouteBody['header']): boolean {
  const wanted = protocol === RTPROT.RTPROT_BOOT ? RTPROT.RTPROT_STATIC : protocol
  return (
    (wanted === RTPROT.RTPROT_UNSPEC || wanted === protocolOf(nexthop)) &&
    (type === RTN.RTN_UNSPEC || type === nexthop.type)
  )
}

function getRoute(net: RouteNet, { body }: Request<RouteBody>): RouteBody {
  const { header, attrs } = body
  if (attrs.dst === undefined) throw new NetlinkError('EINVAL', 'No RTA_DST supplied')
  const key = keyOf(net, body, attrs.dst, attrs.table ?? RT_TABLE.RT_TABLE_MAIN)
  const exact = (header.flags & RTM_F.RTM_F_PREFIX) !== 0
  const found = exact ? net.rib.get(key) : net.rib.match(key.fib, scopedTarget(attrs.dst, attrs.oif))
  if (found === undefined) throw new NetlinkError('ESRCH')
  return toRouteBody(found)
}

function scopedTarget(dst: IpAddress, oif: number | undefined): IpAddress {
  return embedScope(dst, oif ?? 0)
}

function dumpRoutes(net: RouteNet, { body, abi }: Request<RouteBody>): Dump<RouteBody> {
  const { header, attrs } = body
  const fibs = fibsOf(net, attrs.table, routeAbiRules[abi].dumpWithoutTable)
  const asked = dumpedFamily(header.family)
  const families = [AF_INET, AF_INET6].filter(family => asked === AF_UNSPEC || asked === family)
  const wanted = (route: RibRoute): boolean => attrs.oif === undefined || leadsOver(route, attrs.oif)
  return {
    bodies: bodiesOf(net, fibs, families, wanted),
    // Generations only grow, so their sum changes whenever one does.
    generation: () =>
      fibs.reduce((sum, fib) => families.reduce((part, family) => part + net.rib.generation(fib, family), sum), 0),
    filtered: attrs.oif !== undefined || (attrs.table !== undefined && attrs.table !== RT_TABLE.RT_TABLE_UNSPEC),
  }
}

/** @throws NetlinkError EINVAL `invalid fib` */
function fibsOf(net: RouteNet, table: number | undefined, absent: 'main' | 'all'): readonly number[] {
  const all = table === RT_TABLE.RT_TABLE_UNSPEC || (table === undefined && absent === 'all')
  if (all) return Array.from({ length: net.rib.fibs }, (_, fib) => fib)
  const fib = table ?? RT_TABLE.RT_TABLE_MAIN
  if (fib >= net.rib.fibs) throw new NetlinkError('EINVAL', 'invalid fib', { attr: 'RTA_TABLE' })
  return [fib]
}

function leadsOver({ target }: RibRoute, oif: number): boolean {
  return target.kind === 'nexthop'
    ? target.ifindex === oif
    : target.members.some(({ nexthop }) => nexthop.ifindex === oif)
}

/** By fib, family and prefix. The world may change between two pulls: the walk shows nothing twice. */
function* bodiesOf(
  net: RouteNet,
  fibs: readonly number[],
  families: readonly number[],
  wanted: (route: RibRoute) => boolean,
): Iterable<RouteBody> {
  for (const fib of fibs) {
    for (const family of families) {
      for (const route of net.rib.walk(fib, family)) if (wanted(route)) yield toRouteBody(route)
    }
  }
}
