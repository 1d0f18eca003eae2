import type { Route } from '@nltool/nl-route'
import { RTF } from '@nltool/nl-route'
import { bitNames } from '../flag-names.ts'
import { addressBits, dotted, maskOf } from '../inet.ts'
import { scoped } from '../names.ts'
import { routeFlagNames } from './flags.ts'
import type { RouteCommand } from './types.ts'

/** `add net 10.9.0.0: gateway 10.0.2.2`: what a change says of itself, route(8). */
export function changeText({ word, destination, gateway }: RouteCommand): string {
  const to = gateway === undefined ? '' : `: gateway ${gateway.typed}`
  return `${word} ${destination?.kind} ${destination?.typed}${to}`
}

/** Reasons that route(8) words itself; all others are strerror(3)'s. */
export const changeReasons: Readonly<Record<string, string>> = {
  ESRCH: 'not in table',
  EBUSY: 'entry in use',
  ENOBUFS: 'not enough memory',
  EADDRINUSE: 'gateway uses the same route',
  EEXIST: 'route already in table',
}

/** What `route get` shows beside the route. */
export interface GetContext {
  /** The destination as typed. */
  readonly typed: string
  readonly ifname: string | undefined
  /** MTU of the interface, bytes, where the route has none. */
  readonly linkMtu: number | undefined
  readonly nowSeconds: number
  readonly numeric: boolean
}

/** The answer of `route get`, route(8) print_getmsg. */
export function formatGet(route: Route, context: GetContext): string {
  const { typed, ifname, numeric, nowSeconds } = context
  const [first] = route.nexthops ?? []
  const gateway = route.gateway ?? first?.gateway
  const zero = numeric ? (route.family === 'inet' ? '0.0.0.0' : '::') : 'default'
  const address = route.dst.split('/')[0] ?? route.dst
  const host = route.prefixlen === addressBits[route.family]
  const flags = (route.rtflags ?? 0) | RTF.RTF_UP | RTF.RTF_DONE
  const rows: [label: string, value: string | undefined][] = [
    ['route to', typed],
    ['destination', route.prefixlen === 0 ? zero : scoped(address, ifname)],
    ['mask', host ? undefined : route.prefixlen === 0 ? zero : maskText(route)],
    ['gateway', gateway === undefined ? undefined : scoped(gateway, ifname)],
    ['fib', String(route.table)],
    ['interface', ifname],
    ['flags', `<${bitNames(flags, routeFlagNames).join(',')}>`],
  ]
  const expire = route.expires === undefined ? 0 : Math.max(Math.round(route.expires - nowSeconds), 0)
  const metrics = [0, 0, 0, 0, route.mtu ?? context.linkMtu ?? 0, route.weight, expire]
  return [
    ...rows.filter(([, value]) => value !== undefined).map(([label, value]) => `${label.padStart(11)}: ${value}`),
    ' recvpipe  sendpipe  ssthresh  rtt,msec    mtu        weight    expire',
    metrics.map(metric => `${String(metric).padStart(8)} `).join(' '),
    '',
  ].join('\n')
}

function maskText({ family, prefixlen }: Route): string {
  if (family === 'inet') return dotted(maskOf(prefixlen))
  const groups = Array.from({ length: 8 }, (_, i) => Math.max(0, Math.min(16, prefixlen - 16 * i)))
  const words = groups.map(bits => ((0xffff << (16 - bits)) & 0xffff).toString(16))
  const ones = groups.filter(bits => bits > 0).length
  return ones >= 7 ? words.join(':') : `${words.slice(0, ones).join(':')}::`
}

/** One deleted route of `route flush`. */
export function flushLine(route: Route, gateway: string): string {
  const cell = (text: string) => text.slice(0, 20).padEnd(20)
  return `${cell(netName(route))} ${cell(gateway)} -fib ${String(route.table).padEnd(3)} done`
}

/** A destination as `route flush` names it: trailing zero octets are left out. */
function netName({ dst, prefixlen, family }: Route): string {
  if (prefixlen === 0) return 'default'
  const address = dst.split('/')[0] ?? dst
  if (prefixlen === addressBits[family]) return address
  return family === 'inet6' ? `${address}/${prefixlen}` : address.replace(/(\.0){1,3}$/, '')
}
