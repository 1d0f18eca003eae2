import { INFINITE_LIFETIME } from '../addr/constants.ts'
import type { AddrBody } from '../addr/schema.ts'
import { ETHERTYPE_VLAN, IFF, type LinkStat, linkStats, operstates } from '../link/constants.ts'
import { vlanBody } from '../link/linkinfo.ts'
import type { LinkBody } from '../link/schema.ts'
import { AF_INET, AF_INET6, RTF, routeKinds } from '../route/constants.ts'
import type { Leg, RouteBody } from '../route/schema.ts'
import { formatLladdr, refuse } from './text.ts'
import type { Address, FamilyName, Link, Path, Route } from './types.ts'

/** AF_* of a family's name; AF_UNSPEC without one. */
export function familyNumber(family: FamilyName | undefined): number {
  if (family === undefined) return 0
  if (family === 'inet') return AF_INET
  return family === 'inet6' ? AF_INET6 : refuse(`family '${family}' is not inet or inet6`)
}

/** Without the properties that are undefined, so that a printed object shows what is there and nothing else. */
function given<T extends object>(object: T): T {
  const present = {} as T
  for (const key in object) if (object[key] !== undefined) present[key] = object[key]
  return present
}

function familyName(family: number): FamilyName | undefined {
  if (family === AF_INET) return 'inet'
  return family === AF_INET6 ? 'inet6' : undefined
}

/** The object for an RTM_NEWLINK or RTM_DELLINK. */
export function toLink({ header, attrs }: LinkBody): Link {
  return given({
    ifindex: header.ifindex,
    ifname: attrs.ifname ?? `if#${header.ifindex}`,
    flags: header.flags,
    up: (header.flags & IFF.IFF_UP) !== 0,
    type: header.type,
    mtu: attrs.mtu ?? 0,
    operstate: operstates[attrs.operstate ?? 0] ?? 'unknown',
    carrier: attrs.carrier === undefined ? undefined : attrs.carrier !== 0,
    address: lladdr(attrs.address),
    broadcast: lladdr(attrs.broadcast),
    ifalias: attrs.ifalias === '' ? undefined : attrs.ifalias,
    kind: attrs.linkinfo?.kind,
    link: attrs.link === 0 ? undefined : attrs.link,
    master: attrs.master === 0 ? undefined : attrs.master,
    vlan: vlanOf(attrs.linkinfo),
    promiscuity: attrs.promiscuity,
    groups: attrs.freebsd?.group?.names,
    capabilities: capabilities(attrs),
    stats: namedStats(attrs.stats64 ?? []),
    fib: attrs.nltool?.fib,
    metric: attrs.nltool?.metric,
  })
}

function vlanOf(linkinfo: LinkBody['attrs']['linkinfo']): Link['vlan'] {
  if (linkinfo?.kind !== 'vlan' || linkinfo.data === undefined) return undefined
  const { id = 0, protocol = ETHERTYPE_VLAN } = vlanBody.decode(linkinfo.data, 'freebsd').attrs
  return { id, protocol }
}

function lladdr(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : formatLladdr(bytes)
}

function capabilities({ freebsd }: LinkBody['attrs']): Link['capabilities'] {
  const caps = freebsd?.caps
  if (caps === undefined) return undefined
  return { supported: word(caps.value), enabled: word(caps.mask) }
}

function word(bytes: Uint8Array | undefined): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes ?? []
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

function namedStats(words: readonly bigint[]): Link['stats'] {
  const named: { [name in LinkStat]?: number } = {}
  words.forEach((word, index) => {
    const name = linkStats[index]
    if (name !== undefined) named[name] = Number(word)
  })
  return named
}

/** The object for an RTM_NEWADDR or RTM_DELADDR; `undefined` for another family. */
export function toAddress({ header, attrs }: AddrBody): Address | undefined {
  const family = familyName(header.family)
  const own = attrs.local ?? attrs.address
  if (family === undefined || own === undefined) return undefined
  // IFA_ADDRESS is the peer of a point-to-point interface and the own address everywhere else.
  const other = attrs.local !== undefined && attrs.address !== undefined && !attrs.local.equals(attrs.address)
  return given({
    family,
    ifindex: header.ifindex,
    ifname: attrs.label,
    address: own.toString(),
    prefixlen: header.prefixlen,
    peer: other ? attrs.address?.toString() : undefined,
    broadcast: attrs.broadcast?.toString(),
    scope: header.scope,
    flags: attrs.flags ?? header.flags,
    flags6: attrs.freebsd?.flags,
    vhid: attrs.freebsd?.vhid,
    preferredSeconds: seconds(attrs.cacheinfo?.prefered),
    validSeconds: seconds(attrs.cacheinfo?.valid),
  })
}

function seconds(lifetime: number | undefined): number | undefined {
  return lifetime === INFINITE_LIFETIME ? undefined : lifetime
}

/** The object for an RTM_NEWROUTE or RTM_DELROUTE; `undefined` for another family. */
export function toRoute({ header, attrs }: RouteBody): Route | undefined {
  const family = familyName(header.family)
  if (family === undefined) return undefined
  const address = attrs.dst?.toString() ?? (family === 'inet' ? '0.0.0.0' : '::')
  // Key by key, not through `given`: a dump of routes makes nothing as often as this.
  const route: { -readonly [K in keyof Route]: Route[K] } = {
    family,
    dst: `${address}/${header.dstLen}`,
    prefixlen: header.dstLen,
    table: attrs.table ?? header.table,
    type: routeKinds[header.type] ?? 'unspec',
    protocol: header.protocol,
    scope: header.scope,
    weight: attrs.weight ?? 1,
  }
  const gateway = attrs.gateway ?? attrs.via
  if (gateway !== undefined) route.gateway = gateway.toString()
  if (attrs.oif !== undefined) route.ifindex = attrs.oif
  if (attrs.multipath !== undefined) route.nexthops = attrs.multipath.map(leg => toPath(leg, attrs))
  if (attrs.rtflags !== undefined) route.rtflags = attrs.rtflags
  if (attrs.metrics?.mtu !== undefined) route.mtu = attrs.metrics.mtu
  if (attrs.priority !== undefined) route.priority = attrs.priority
  if (attrs.prefsrc !== undefined) route.prefsrc = attrs.prefsrc.toString()
  if (attrs.nhid !== undefined) route.nhid = attrs.nhid
  if (attrs.knhid !== undefined) route.knhid = attrs.knhid
  if (attrs.expires !== undefined) route.expires = attrs.expires
  return route
}

/** A leg; what it does not say is that of the route (the first leg). */
function toPath({ header, attrs }: Leg, route: RouteBody['attrs']): Path {
  const rtflags = attrs.rtflags ?? route.rtflags
  return given({
    gateway: (attrs.gateway ?? attrs.via)?.toString(),
    ifindex: header.ifindex === 0 ? undefined : header.ifindex,
    weight: Math.max(header.hops, 1),
    rtflags: rtflags === undefined ? undefined : (rtflags & ~RTF.RTF_DONE) >>> 0,
    mtu: attrs.metrics?.mtu ?? route.metrics?.mtu,
  })
}
