import type { Command, Connection, WaitOptions } from '@nltool/nl-core'
import { about, SocketError } from '@nltool/nl-core/errno'
import type { IpAddress } from '@nltool/nl-core/model'
import { RT_TABLE, RTF, RTM_F, RTN, RTPROT, routeKinds } from '../route/constants.ts'
import type { Leg, RouteAttrs, RouteBody, Rtmsg } from '../route/schema.ts'
import type { Links } from './link.ts'
import { familyNumber, toRoute } from './objects.ts'
import { operations } from './operations.ts'
import { addressOf, destinationOf, numberIn, type PrefixText, refuse, textIn, type ZonedAddress } from './text.ts'
import type {
  FamilyName,
  PathSpec,
  Route,
  RouteAdd,
  RouteDelete,
  RouteFilter,
  RouteGet,
  RouteTableClient,
} from './types.ts'

const emptyHeader: Rtmsg = {
  family: 0,
  dstLen: 0,
  srcLen: 0,
  tos: 0,
  table: 0,
  protocol: 0,
  scope: 0,
  type: 0,
  flags: 0,
}

/** What a destination looks like, for refusals. */
const dstLike = '203.0.113.0/24 or default'

/** The client for routes. */
export function createRoutes(connection: Connection, links: Links): RouteTableClient {
  const { abi } = connection

  async function put(command: Command<RouteBody>, route: RouteAdd, options?: WaitOptions): Promise<void> {
    textIn(route, 'dst', dstLike)
    if (abi === 'linux' && route.expires !== undefined) {
      throw new SocketError('EOPNOTSUPP', 'expires is a time of FreeBSD: a Linux-ABI socket takes no route with an end')
    }
    await connection.request(command, await requestOf(abi === 'linux' ? weightInLeg(route) : route), options)
  }

  async function requestOf(route: RouteAdd): Promise<RouteBody> {
    checkPaths(route)
    const gateway = gatewayOf(route)
    const first = route.nexthops?.[0]?.gateway
    const hint = gateway ?? (first === undefined ? undefined : addressOf(first, 'gateway'))
    const dst = destinationOf(route.dst, familyOf(route, hint))
    const paths =
      route.nexthops === undefined ? undefined : await Promise.all(route.nexthops.map(path => legOf(path, dst)))
    const oif = await links.resolveOn(route, gateway?.zone ?? dst.zone)
    const protocol = route.protocol ?? RTPROT.RTPROT_STATIC
    const type = typeOf(route.type)
    return {
      header: { ...headerOf(dst), protocol, type },
      attrs: {
        table: tableOf(route.table),
        dst: dst.address,
        ...gatewayAttrs(gateway?.address, dst),
        nhid: route.nhid,
        rtflags: route.rtflags ?? (protocol === RTPROT.RTPROT_STATIC ? RTF.RTF_STATIC : undefined),
        metrics: route.mtu === undefined ? undefined : { mtu: numberIn(route.mtu, 1, 0xffffffff, 'mtu') },
        multipath: paths,
        expires: route.expires,
        oif: oif === 0 ? undefined : oif,
        weight: route.weight === undefined ? undefined : weightOf(route.weight),
        priority: route.priority,
      },
    }
  }

  async function legOf(path: PathSpec, dst: PrefixText): Promise<Leg> {
    const gateway = gatewayOf(path)
    const ifindex = await links.resolveOn(path, gateway?.zone)
    return {
      header: { flags: 0, hops: weightOf(path.weight ?? 1), ifindex },
      attrs: gatewayAttrs(gateway?.address, dst),
    }
  }

  async function deletion(route: RouteDelete): Promise<RouteBody> {
    textIn(route, 'dst', dstLike)
    const gateway = gatewayOf(route)
    const dst = destinationOf(route.dst, familyOf(route, gateway))
    const oif = await links.resolveOn(route, gateway?.zone ?? dst.zone)
    return {
      header: headerOf(dst),
      attrs: {
        table: tableOf(route.table),
        dst: dst.address,
        ...gatewayAttrs(gateway?.address, dst),
        rtflags: route.pinned === true ? RTF.RTF_PINNED : undefined,
        oif: oif === 0 ? undefined : oif,
        // Keys that the Linux hooks set: a copy that adds one has a hidden class of its own, each time (V8).
        multipath: undefined,
        expires: undefined,
        priority: undefined,
      },
    }
  }

  async function get(route: string | RouteGet, options?: WaitOptions): Promise<Route> {
    const asked: RouteGet = typeof route === 'string' ? { dst: route } : route
    const text = textIn(asked, 'dst', dstLike)
    const { family, table, exact } = asked
    const dst = destinationOf(text, family)
    const header = { ...headerOf(dst), flags: exact === true ? RTM_F.RTM_F_PREFIX : 0 }
    const oif = dst.zone === undefined ? undefined : await links.resolve(dst.zone, options)
    const request = { header, attrs: { table: tableOf(table), dst: dst.address, oif } }
    const found = toRoute(await about(connection.requestReply(operations.getRoute, request, options), text))
    if (found !== undefined) return found
    throw new SocketError('EAFNOSUPPORT', `the kernel's answer for ${text} is of an unknown family`)
  }

  function dump(filter: RouteFilter = {}, options?: WaitOptions) {
    const table = filter.table === 'all' ? RT_TABLE.RT_TABLE_UNSPEC : tableOf(filter.table)
    const header = { ...emptyHeader, family: familyNumber(filter.family) }
    const wanted = (route: Route): boolean =>
      (filter.family === undefined || route.family === filter.family) &&
      (filter.table === 'all' || route.table === table)
    return connection.dump(operations.getRoute, { header, attrs: { table } }, options).map(found => {
      const route = toRoute(found)
      return route !== undefined && wanted(route) ? route : undefined
    })
  }

  return {
    add: (route, options) => put(operations.addRoute, route, options),
    replace: (route, options) => put(operations.replaceRoute, route, options),
    change: (route, options) => put(operations.changeRoute, route, options),
    append: (route, options) => put(operations.appendRoute, route, options),
    async delete(route, options) {
      const request = await deletion(route)
      await about(connection.request(operations.delRoute, request, options), route.dst)
    },
    get,
    dump,
    list: async (filter, options) => dump(filter, options).collect({ signal: options?.signal }),
  }
}

/** One way to say where a route leads, and not two. */
function checkPaths(route: RouteAdd): void {
  const named = [route.gateway, route.ifname, route.ifindex].some(value => value !== undefined)
  const single = named || route.dst.includes('%')
  if (named && route.nexthops !== undefined) refuse('a route has either nexthops or one gateway and interface')
  const needsPath = (route.type ?? 'unicast') === 'unicast' && route.nhid === undefined
  if (needsPath && !single && route.nexthops === undefined) {
    refuse(`say where ${route.dst} leads: gateway, ifname, nexthops, or type 'blackhole'`)
  }
}

/** Linux has no weight for a single path, but one for the only leg of several. */
function weightInLeg(route: RouteAdd): RouteAdd {
  const { gateway, ifname, ifindex, weight, ...rest } = route
  if (weight === undefined || weight === 1 || route.nexthops !== undefined) return route
  return { ...rest, nexthops: [{ gateway, ifname, ifindex, weight }] }
}

function gatewayOf({ gateway }: PathSpec): ZonedAddress | undefined {
  return gateway === undefined ? undefined : addressOf(gateway, 'gateway')
}

/** `default` without a family is that of the gateway. */
function familyOf(
  route: { readonly dst: string; readonly family?: FamilyName | undefined },
  gateway: ZonedAddress | undefined,
): FamilyName | undefined {
  return route.family ?? (route.dst === 'default' ? gateway?.address.family : undefined)
}

/** RTA_GATEWAY, or RTA_VIA for a gateway of the other family (RFC 5549). */
function gatewayAttrs(gateway: IpAddress | undefined, dst: PrefixText): Pick<RouteAttrs, 'gateway' | 'via'> {
  if (gateway === undefined) return {}
  if (gateway.size === dst.address.size) return { gateway }
  if (dst.address.size === 4) return { via: gateway }
  return refuse(`an IPv6 destination cannot have the IPv4 gateway ${gateway}`)
}

function headerOf({ address, prefixlen }: PrefixText): Rtmsg {
  return { ...emptyHeader, family: familyNumber(address.family), dstLen: prefixlen }
}

function typeOf(type: RouteAdd['type']): number {
  if (type === undefined) return RTN.RTN_UNICAST
  const number = routeKinds.indexOf(type)
  return number < 0 ? refuse(`type '${type}' is none of ${routeKinds.join(', ')}`) : number
}

function tableOf(table: number | undefined): number {
  return table === undefined ? RT_TABLE.RT_TABLE_MAIN : numberIn(table, 0, 0xfffffffe, 'table')
}

function weightOf(weight: number): number {
  return numberIn(weight, 1, 255, 'weight')
}
