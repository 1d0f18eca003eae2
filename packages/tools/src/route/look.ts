import { NltoolError } from '@nltool/nl-core/errno'
import type { Link, Route, RouteClient } from '@nltool/nl-route'
import { Failure } from '../failure.ts'
import type { Family } from '../inet.ts'
import { isLinkLocal } from '../names.ts'
import { type RowContext, rowsOf } from '../netstat/rows.ts'
import { formatTables, type TableStyle } from '../netstat/table.ts'
import { detailOf, reasonOf, refusal } from '../sentence.ts'
import type { Shown } from '../shown.ts'
import { checkInterface } from './change.ts'
import { fibsOf } from './fibs.ts'
import { flushLine, formatGet } from './text.ts'
import type { RouteCommand } from './types.ts'

/** A route with the name of its interface: JSON of `route get`, `route show` and `netstat -r`. */
export interface RouteShown extends Route {
  readonly ifname: string | null
}

/** `route get`: where packets to an address go; with a mask, the entry of exactly that prefix. */
export async function getRoute(route: RouteClient, command: RouteCommand): Promise<Shown<RouteShown>> {
  const { destination, fibs, options } = command
  const [table = 0] = await fibsOf(route, fibs)
  const address = destination?.address ?? '' // with its zone: a link-local one leads elsewhere on every link
  await checkInterface(route, address.split('%')[1])
  const dst = destination?.exact ? `${address}/${destination.prefixlen}` : address
  const request = { dst, family: destination?.family, table, exact: destination?.exact }
  const found = await route.route.get(request).catch(error => {
    if (error instanceof NltoolError && error.code === 'ESRCH') throw notFound(destination?.typed, error)
    throw refusal(`get ${destination?.kind} ${destination?.typed}`, error)
  })
  const links = await linksByIndex(route)
  const link = linkOf(found, links)
  const text = formatGet(found, {
    typed: destination?.typed ?? '',
    ifname: link?.ifname,
    linkMtu: link?.mtu,
    nowSeconds: Date.now() / 1000,
    numeric: options.numeric,
  })
  return { text, json: { ...found, ifname: link?.ifname ?? null } }
}

function notFound(typed: string | undefined, error: NltoolError): Failure {
  return new Failure(`route has not been found: ${typed}: ${reasonOf(error)}`, {
    detail: detailOf(error),
    cause: error,
  })
}

/** `netstat -r` and `route show`: one table of the families asked for. */
export async function listRoutes(route: RouteClient, style: TableStyle, family?: Family): Promise<Shown<RouteShown[]>> {
  const links = await linksByIndex(route)
  const routes = (await route.route.list({ family, table: style.fib })).sort(inetFirst)
  const context: RowContext = { links, nowSeconds: Date.now() / 1000 }
  return {
    text: formatTables(
      routes.flatMap(each => rowsOf(each, context)),
      style,
    ),
    json: routes.map(each => ({ ...each, ifname: linkOf(each, links)?.ifname ?? null })),
  }
}

/** `route show`: the table that the command names. */
export async function listTable(route: RouteClient, { fibs, family }: RouteCommand): Promise<Shown<RouteShown[]>> {
  const [fib = 0] = await fibsOf(route, fibs)
  return listRoutes(route, { numeric: true, wide: false, fib }, family)
}

function inetFirst(a: Route, b: Route): number {
  return a.family === b.family ? 0 : a.family === 'inet' ? -1 : 1
}

/** `route flush`: deletes every route that has a gateway. */
export async function flushRoutes(route: RouteClient, { fibs, family }: RouteCommand): Promise<Shown<RouteShown[]>> {
  const links = await linksByIndex(route)
  const flushed: RouteShown[] = []
  const lines: string[] = []
  for (const table of await fibsOf(route, fibs)) {
    const routes = await route.route.list({ family, table })
    for (const each of routes.filter(hasGateway)) {
      await route.route.delete({ dst: each.dst, family: each.family, table, ...linkOfPrefix(each) })
      const rows = rowsOf(each, { links, nowSeconds: 0 })
      lines.push(...rows.map(row => flushLine(each, row.gateway)))
      flushed.push({ ...each, ifname: linkOf(each, links)?.ifname ?? null })
    }
  }
  return { text: lines.join('\n'), json: flushed }
}

/** A link-local prefix is told by its link from the same one elsewhere; every path of it leads over that link. */
function linkOfPrefix({ dst, ifindex, nexthops }: Route): { readonly ifindex?: number | undefined } {
  return isLinkLocal(dst) ? { ifindex: ifindex ?? nexthops?.[0]?.ifindex } : {}
}

function hasGateway({ gateway, nexthops }: Route): boolean {
  return gateway !== undefined || (nexthops?.some(path => path.gateway !== undefined) ?? false)
}

async function linksByIndex(route: RouteClient): Promise<Map<number, Link>> {
  return new Map((await route.link.list()).map(link => [link.ifindex, link]))
}

function linkOf({ ifindex, nexthops }: Route, links: ReadonlyMap<number, Link>): Link | undefined {
  const index = ifindex ?? nexthops?.[0]?.ifindex
  return index === undefined ? undefined : links.get(index)
}
