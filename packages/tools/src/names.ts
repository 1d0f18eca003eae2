import type { Link } from '@nltool/nl-route'

/** Names of interfaces by index. */
export type LinkNames = ReadonlyMap<number, string>

/** The names of all interfaces of a list. */
export function linkNames(links: readonly Link[]): LinkNames {
  return new Map(links.map(({ ifindex, ifname }) => [ifindex, ifname]))
}

/** Link-local addresses (fe80::/10) mean something on one interface only: `fe80::2%em0`. */
export function scoped(address: string, ifname: string | undefined): string {
  return ifname !== undefined && /^fe[89ab]/i.test(address) ? `${address}%${ifname}` : address
}
