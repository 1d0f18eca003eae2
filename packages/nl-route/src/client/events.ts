import type { Change, Connection, Message } from '@nltool/nl-core'
import { addrBody } from '../addr/schema.ts'
import { type RouteGroup, routeGroups } from '../groups.ts'
import { linkBody } from '../link/schema.ts'
import { addrTypes, linkTypes, routeTypes } from '../messages.ts'
import { AF_INET, RTF } from '../route/constants.ts'
import { routeBody } from '../route/schema.ts'
import { familyNumber, toAddress, toLink, toRoute } from './objects.ts'
import { refuse } from './text.ts'
import type { Address, Link, Route, RouteClient, RouteEvent, RouteFilter } from './types.ts'

/** The event that a notification tells of; `undefined` for an object that the client has no type for. */
export function toEvent(message: Message): RouteEvent | undefined {
  switch (message.type) {
    case linkTypes.RTM_NEWLINK:
    case linkTypes.RTM_DELLINK: {
      const body = message.decode(linkBody)
      const event = message.type === linkTypes.RTM_NEWLINK ? 'link-set' : 'link-delete'
      return { event, link: toLink(body), change: body.header.change }
    }
    case addrTypes.RTM_NEWADDR:
    case addrTypes.RTM_DELADDR: {
      const address = toAddress(message.decode(addrBody))
      const event = message.type === addrTypes.RTM_NEWADDR ? 'addr-set' : 'addr-delete'
      return address && { event, address }
    }
    case routeTypes.RTM_NEWROUTE:
    case routeTypes.RTM_DELROUTE: {
      const route = toRoute(message.decode(routeBody))
      const event = message.type === routeTypes.RTM_NEWROUTE ? 'route-set' : 'route-delete'
      return route && { event, route }
    }
    default:
      return undefined
  }
}

function linkChange(message: Message): Change<Link> | undefined {
  const event = toEvent(message)
  if (event === undefined || !('link' in event)) return undefined
  return { event: event.event === 'link-set' ? 'set' : 'delete', item: event.link }
}

function addressChange(message: Message): Change<Address> | undefined {
  const event = toEvent(message)
  if (event === undefined || !('address' in event)) return undefined
  return { event: event.event === 'addr-set' ? 'set' : 'delete', item: event.address }
}

function routeChange(message: Message, { table = 0 }: RouteFilter): Change<Route> | undefined {
  const event = toEvent(message)
  if (event === undefined || !('route' in event)) return undefined
  if (table !== 'all' && event.route.table !== table) return undefined
  return { event: event.event === 'route-set' ? 'set' : 'delete', item: event.route }
}

/**
 * A link-local prefix is another one on every link. The routes of addresses lead to lo0 whatever their link; an address
 * may be on several (fe80::1 on every loopback, a VLAN's that of its parent), and then the nexthops tell them apart.
 */
function routeKey({ table, dst, prefixlen, ifindex, nexthops, rtflags = 0, knhid }: Route): string {
  if (!/^fe[89ab][\da-f]:/.test(dst)) return `${table} ${dst}`
  const key = `${table} ${dst} on ${ifindex ?? nexthops?.[0]?.ifindex}`
  return prefixlen === 128 && (rtflags & RTF.RTF_PINNED) !== 0 ? `${key} by ${knhid}` : key
}

/** The number of a group. */
export function groupOf(name: RouteGroup): number {
  if (Object.hasOwn(routeGroups, name)) return routeGroups[name]
  return refuse(`group '${name}' is none of ${Object.keys(routeGroups).join(', ')}`)
}

function familyGroups(kind: 'addr' | 'route', family: RouteFilter['family']): number[] {
  const inet = routeGroups[`ipv4-${kind}`]
  const inet6 = routeGroups[`ipv6-${kind}`]
  const wanted = familyNumber(family)
  if (wanted === 0) return [inet, inet6]
  return wanted === AF_INET ? [inet] : [inet6]
}

/** The live copies of a client. */
export function createWatches(
  connection: Connection,
  { link, addr, route }: Pick<RouteClient, 'link' | 'addr' | 'route'>,
): Pick<RouteClient, 'watchLinks' | 'watchAddresses' | 'watchRoutes'> {
  return {
    watchLinks: options =>
      connection.watch({
        groups: [routeGroups.link],
        dump: () => link.dump(),
        decode: linkChange,
        key: item => item.ifindex,
        signal: options?.signal,
      }),
    watchAddresses: (filter = {}, options) =>
      connection.watch({
        groups: familyGroups('addr', filter.family),
        dump: () => addr.dump(filter),
        decode: addressChange,
        key: item => `${item.ifindex} ${item.address}/${item.prefixlen}`,
        signal: options?.signal,
      }),
    watchRoutes: (filter = {}, options) =>
      connection.watch({
        groups: familyGroups('route', filter.family),
        dump: () => route.dump(filter),
        decode: message => routeChange(message, filter),
        key: routeKey,
        signal: options?.signal,
      }),
  }
}
