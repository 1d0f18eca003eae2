import type { Link, Path, Route } from '@nltool/nl-route'
import { RTF } from '@nltool/nl-route'
import { bitNames } from '../flag-names.ts'
import { addressBits } from '../inet.ts'
import { scoped } from '../names.ts'
import { routeFlagLetters } from '../route/flags.ts'
import type { RouteRow } from './table.ts'

/** What a row needs beside its route. */
export interface RowContext {
  readonly links: ReadonlyMap<number, Link>
  /** Seconds since 1970, for what is left of a route's life. */
  readonly nowSeconds: number
}

/** The rows of a route: one for each path. */
export function rowsOf(route: Route, { links, nowSeconds }: RowContext): RouteRow[] {
  const paths = route.nexthops ?? [pathOf(route)]
  return paths.map(path => {
    const link = path.ifindex === undefined ? undefined : links.get(path.ifindex)
    const flags = path.rtflags ?? route.rtflags ?? flagsOf(route, path)
    return {
      family: route.family,
      destination: destinationOf(route, link?.ifname),
      gateway: path.gateway === undefined ? `link#${path.ifindex ?? 0}` : scoped(path.gateway, link?.ifname),
      flags: bitNames(flags, routeFlagLetters).join(''),
      netif: link?.ifname ?? '---',
      nhop: route.nexthops === undefined ? (route.knhid ?? 0) : 0,
      mtu: path.mtu ?? route.mtu ?? link?.mtu,
      expire: route.expires === undefined ? 0 : Math.max(Math.round(route.expires - nowSeconds), 0),
    }
  })
}

function pathOf({ gateway, ifindex, weight, rtflags, mtu }: Route): Path {
  return { gateway, ifindex, weight, rtflags, mtu }
}

/** `default`, `10.9.0.0/16`, or the bare address of a host. */
export function destinationOf({ dst, prefixlen, family }: Route, ifname: string | undefined): string {
  if (prefixlen === 0) return 'default'
  const address = scoped(dst.split('/')[0] ?? dst, ifname)
  return prefixlen === addressBits[family] ? address : `${address}/${prefixlen}`
}

/** RTF_* that a route must have, for a kernel that does not show them (Linux). */
function flagsOf(route: Route, path: Path): number {
  let flags: number = RTF.RTF_UP
  if (path.gateway !== undefined) flags |= RTF.RTF_GATEWAY
  if (route.prefixlen === addressBits[route.family]) flags |= RTF.RTF_HOST
  if (route.type === 'blackhole') flags |= RTF.RTF_BLACKHOLE
  if (route.type === 'prohibit' || route.type === 'unreachable') flags |= RTF.RTF_REJECT
  return flags
}
