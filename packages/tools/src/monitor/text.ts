import type { Address, Link, Operstate, Path, Route, RouteEvent } from '@nltool/nl-route'
import { type LinkNames, scoped } from '../names.ts'
import { destinationOf } from '../netstat/rows.ts'

/** What a line says beside its event. */
export interface MonitorContext {
  /** Milliseconds since 1970. */
  readonly nowMs: number
  readonly names: LinkNames
  /** MTUs of interfaces by index, for routes that have none of their own. */
  readonly mtus: ReadonlyMap<number, number>
}

/** An event as `route monitor` of FreeBSD 14 prints it: each item is followed by a space, except the table of a route. */
export function formatEvent(event: RouteEvent, context: MonitorContext): string {
  const action = event.event.endsWith('-delete') ? 'delete' : 'add/repl'
  const head = `${clock(context.nowMs)} ${action} `
  if ('link' in event) return `${head}iface ${linkItems(event.link)}`
  if ('address' in event) return `${head}addr ${addressItems(event.address, context)}`
  return routeLines(`${head}route `, event.route, context)
}

/** Local time, `20:19:41.333`. */
function clock(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** RFC 2863 states in route(8)'s words. */
const stateNames: Readonly<Record<Operstate, string>> = {
  unknown: 'UNKNOWN',
  notpresent: 'NOTPRESENT',
  down: 'DOWN',
  lowerlayerdown: 'LLDOWN',
  testing: 'TESTING',
  dormant: 'DORMANT',
  up: 'UP',
}

function linkItems({ ifindex, ifname, up, operstate, mtu }: Link): string {
  return `iface#${ifindex} ${ifname} admin ${up ? 'UP' : 'DOWN'} oper ${stateNames[operstate]} mtu ${mtu} `
}

function addressItems({ address, prefixlen, peer, ifindex }: Address, { names }: MonitorContext): string {
  const ifname = names.get(ifindex)
  const to = peer === undefined ? '' : `-> ${scoped(peer, ifname)} `
  return `${scoped(address, ifname)}/${prefixlen} ${to}iface ${nameOf(ifindex, names)} `
}

const rejections: Readonly<Record<string, string>> = {
  blackhole: 'blackhole',
  unreachable: 'unreach(reject)',
  prohibit: 'prohibit(reject)',
}

function routeLines(head: string, route: Route, context: MonitorContext): string {
  const start = `${head}${prefixOf(route, context)} `
  const table = `table ${route.family}.${route.table}`
  const rejected = rejections[route.type]
  if (rejected !== undefined) return `${start}${rejected} ${table}`
  const { gateway, ifindex, weight, rtflags, mtu } = route
  const [first, ...others] = (route.nexthops ?? [{ gateway, ifindex, weight, rtflags, mtu }]).map(path =>
    pathItems(path, route, context),
  )
  // Further paths stand under the first one.
  return [`${start}${first}${table}`, ...others.map(items => `${' '.repeat(start.length)}${items}`)].join('\n')
}

function prefixOf(route: Route, { names }: MonitorContext): string {
  const destination = destinationOf(route, route.ifindex === undefined ? undefined : names.get(route.ifindex))
  return destination.includes('/') || destination === 'default' ? destination : `${destination}/${route.prefixlen}`
}

function pathItems({ gateway, ifindex, mtu }: Path, route: Route, { names, mtus }: MonitorContext): string {
  const ifname = ifindex === undefined ? undefined : names.get(ifindex)
  const to = gateway === undefined ? '' : `gw ${scoped(gateway, ifname)} `
  const out = ifindex === undefined ? '' : `iface ${nameOf(ifindex, names)} `
  const size = mtu ?? route.mtu ?? (ifindex === undefined ? undefined : mtus.get(ifindex))
  return `${to}${out}${size === undefined ? '' : `mtu ${size} `}`
}

/** An interface that cannot be resolved is `if#7`. */
function nameOf(ifindex: number, names: LinkNames): string {
  return names.get(ifindex) ?? `if#${ifindex}`
}
