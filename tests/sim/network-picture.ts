import { type Address, IFF, type Link, type Route, type RouteClient } from '@nltool/nl-route'

/** What a network stack shows. */
export interface Shown {
  readonly links: Iterable<Link>
  readonly addresses: Iterable<Address>
  readonly routes: Iterable<Route>
}

/** What the kernel shows to a client now. */
export async function dumpAll({ link, addr, route }: RouteClient): Promise<Shown> {
  return { links: await link.list(), addresses: await addr.list(), routes: await route.list({ table: 'all' }) }
}

export const addressKey = ({ ifindex, address, prefixlen, peer }: Address): string =>
  `${ifindex} ${address}/${prefixlen} ${peer ?? ''}`

const linkLocal = ({ dst }: Route): boolean => dst.startsWith('fe80:')

/** The route of a link-local address leads to lo0 whatever its link: only the number of the nexthop tells which. */
export const linkLocalHost = (route: Route): boolean => linkLocal(route) && route.prefixlen === 128

export function routeKey(route: Route): string {
  const { table, dst, ifindex, knhid } = route
  if (linkLocalHost(route)) return `${table} ${dst} by ${knhid}`
  return linkLocal(route) ? `${table} ${dst} on ${ifindex}` : `${table} ${dst}`
}

/**
 * A link as far as events tell of it: of the flags IFF_UP, no counters, and nothing that an interface gets only after its
 * arrival was announced: its groups, its description, and a VLAN its parent.
 */
function linkLine({ ifindex, ifname, flags, type, mtu, operstate, address, kind }: Link): string {
  return `link ${JSON.stringify({ ifindex, ifname, up: flags & IFF.IFF_UP, type, mtu, operstate, address, kind })}`
}

/** What events must have told of, in lines that compare well. */
export function picture({ links, addresses, routes }: Shown): string[] {
  return [
    ...Array.from(links, linkLine),
    ...Array.from(addresses, address => `address ${addressKey(address)}`), // lifetimes run down silently
    ...Array.from(routes, route => `route ${JSON.stringify(route)}`),
  ].sort()
}

/** Everything, in the order of the dumps. */
export function wholePicture({ links, addresses, routes }: Shown): string[] {
  return [...links, ...addresses, ...routes].map(item => JSON.stringify(item))
}
