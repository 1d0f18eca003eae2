import { IFF_LOOPBACK, IFF_POINTOPOINT, IFF_UP, type Ifnet, type InetAddr, type Section } from '@nltool/ifnet'
import type { Ctx, IpAddress, RtnlHeld } from '@nltool/nl-core/model'
import type { NexthopSpec } from '../rib/nexthop.ts'
import { isPinned } from '../rib/rib.ts'
import type { RouteKey } from '../rib/types.ts'
import { AF_INET, AF_INET6, RTF, RTN } from '../route/constants.ts'
import { heldRtnl } from './held.ts'
import type { RouteNet } from './net.ts'
import { embedScope } from './scope.ts'

/** Where something happens: the section and the task in which an event is told. */
interface Here {
  readonly ctx: Ctx
  readonly rtnl: RtnlHeld
  readonly section: Section
  readonly ifp: Ifnet
}

/** Keeps the routes that addresses imply in step with addresses and interfaces (FreeBSD in.c, in6.c, rtsock events). */
export function keepAddressRoutes(net: RouteNet): (() => void)[] {
  const { events } = net.net
  return [
    events.on('address', ({ ctx, section, ifp, action, address }) => {
      const here: Here = { ctx, rtnl: heldRtnl(ctx), section, ifp }
      if (action === 'add') addRoutes(net, here, address)
      if (action === 'delete') removeRoutes(net, here, address)
    }),
    events.on('event', ({ ctx, section, ifp, what }) => {
      const here: Here = { ctx, rtnl: heldRtnl(ctx), section, ifp }
      if (what === 'up') for (const address of inetAddresses(ifp)) addPrefixRoute(net, here, address)
      else goDown(net, here)
    }),
    events.on('departure', ({ ctx, ifp, reason }) => {
      if (reason === 'rename') return
      const { index } = ifp
      net.rib.flush(ctx, heldRtnl(ctx), nexthop => nexthop.ifindex === index || nexthop.aifindex === index)
    }),
  ]
}

/** The internet addresses of an interface, in order of addition. */
export function inetAddresses(ifp: Ifnet): readonly InetAddr[] {
  return ifp.addresses.filter(address => address.family !== 'link')
}

function addRoutes(net: RouteNet, here: Here, address: InetAddr): void {
  addHostRoute(net, here, address)
  addPrefixRoute(net, here, address)
}

/** An own address is reached over the loopback interface. */
function addHostRoute(net: RouteNet, { ctx, rtnl, section, ifp }: Here, own: InetAddr): void {
  const loopback = net.loopback(section)
  if (loopback === undefined) return
  const isLoopbackV4 = own.family === 'inet' && (ifp.flags & IFF_LOOPBACK) !== 0
  const flags = isLoopbackV4 ? RTF.RTF_PINNED : RTF.RTF_PINNED | RTF.RTF_STATIC
  const nexthop = { ...direct(ifp, own, flags), ifindex: loopback.index, type: RTN.RTN_LOCAL }
  for (const fib of fibsOf(net, ifp)) put(net, ctx, rtnl, { fib, ...hostPrefix(ifp, own.address) }, nexthop)
}

/** The network of an address is reached over its interface while that is up. */
function addPrefixRoute(net: RouteNet, { ctx, rtnl, ifp }: Here, own: InetAddr): void {
  const prefix = impliedPrefix(ifp, own)
  if (prefix === undefined || (ifp.flags & IFF_UP) === 0) return
  for (const fib of fibsOf(net, ifp)) put(net, ctx, rtnl, { fib, ...prefix }, direct(ifp, own, RTF.RTF_PINNED))
}

/** A prefix that another address has already stays with that one. */
function put(net: RouteNet, ctx: Ctx, rtnl: RtnlHeld, key: RouteKey, nexthop: NexthopSpec): void {
  const present = net.rib.get(key)?.target
  if (present !== undefined && isPinned(present)) return
  net.rib.put(ctx, rtnl, key, [{ nexthop, weight: 1 }], { create: true }, 'kernel')
}

function removeRoutes(net: RouteNet, here: Here, own: InetAddr): void {
  const { ctx, rtnl, ifp } = here
  const { index } = ifp
  removePrefixRoute(net, here, own)
  removeMine(net, here, own, hostPrefix(ifp, own.address))
  // What other routes have the address as their source, static ones too.
  net.rib.flush(ctx, rtnl, ({ aifindex, source }) => aifindex === index && source?.equals(own.address) === true)
  inheritPrefix(net, here, own)
  inheritHost(net, here, own)
}

function removePrefixRoute(net: RouteNet, here: Here, own: InetAddr): void {
  const prefix = impliedPrefix(here.ifp, own)
  if (prefix !== undefined) removeMine(net, here, own, prefix)
}

/** Removes a route that an address implies, unless another address has made it. */
function removeMine(net: RouteNet, { ctx, rtnl, ifp }: Here, own: InetAddr, prefix: Prefix): void {
  const { index } = ifp
  for (const fib of fibsOf(net, ifp)) {
    const key = { fib, ...prefix }
    const target = net.rib.get(key)?.target
    const isMine = target?.kind === 'nexthop' && isPinned(target) && target.aifindex === index
    if (!isMine || target.source?.equals(own.address) !== true) continue
    net.rib.delete(ctx, rtnl, key, { pinned: true, cause: 'kernel' })
  }
}

/** Another address of the prefix, on an interface that is up, takes its route over (in_scrubprefix). */
function inheritPrefix(net: RouteNet, here: Here, gone: InetAddr, goingDown?: number): void {
  const prefix = impliedPrefix(here.ifp, gone)
  if (prefix === undefined) return
  for (const ifp of net.interfaces.list(here.section)) {
    if ((ifp.flags & IFF_UP) === 0 || ifp.index === goingDown) continue
    const heir = inetAddresses(ifp).find(own => samePrefix(impliedPrefix(ifp, own), prefix))
    if (heir === undefined) continue
    addPrefixRoute(net, { ...here, ifp }, heir)
    return
  }
}

/** The same address on another interface goes on being an own one. */
function inheritHost(net: RouteNet, here: Here, gone: InetAddr): void {
  const prefix = hostPrefix(here.ifp, gone.address)
  for (const ifp of net.interfaces.list(here.section)) {
    const heir = inetAddresses(ifp).find(own => samePrefix(hostPrefix(ifp, own.address), prefix))
    if (heir === undefined) continue
    addHostRoute(net, { ...here, ifp }, heir)
    return
  }
}

/** Prefix routes go; routes whose source is here go unless they are static; own addresses stay reachable. */
function goDown(net: RouteNet, here: Here): void {
  const { index } = here.ifp
  const addresses = inetAddresses(here.ifp)
  for (const address of addresses) removePrefixRoute(net, here, address)
  const kept = RTF.RTF_STATIC | RTF.RTF_PINNED
  net.rib.flush(here.ctx, here.rtnl, ({ aifindex, flags }) => aifindex === index && (flags & kept) === 0)
  // The event comes before the flag falls: the interface itself is no heir.
  for (const address of addresses) inheritPrefix(net, here, address, index)
}

type Prefix = Pick<RouteKey, 'dst' | 'prefixlen'>

/** The prefix that an address puts on its link: its network, or the other end; none for a host address or IPv4 loopback. */
function impliedPrefix(ifp: Ifnet, own: InetAddr): Prefix | undefined {
  if ((ifp.flags & IFF_POINTOPOINT) !== 0 && own.destination !== undefined) return hostPrefix(ifp, own.destination)
  if (own.prefixlen === own.address.bits) return undefined
  if (own.family === 'inet' && (ifp.flags & IFF_LOOPBACK) !== 0) return undefined
  return { dst: embedScope(own.address, ifp.index).mask(own.prefixlen), prefixlen: own.prefixlen }
}

function hostPrefix(ifp: Ifnet, address: IpAddress): Prefix {
  return { dst: embedScope(address, ifp.index), prefixlen: address.bits }
}

function samePrefix(left: Prefix | undefined, right: Prefix): boolean {
  return left !== undefined && left.prefixlen === right.prefixlen && left.dst.equals(right.dst)
}

function direct(ifp: Ifnet, own: InetAddr, flags: number): NexthopSpec {
  return {
    family: own.family === 'inet' ? AF_INET : AF_INET6,
    ifindex: ifp.index,
    aifindex: ifp.index,
    source: own.address,
    flags,
    mtu: 0,
    origin: 0,
    expires: 0,
    type: RTN.RTN_UNICAST,
    priority: 0,
    nhid: 0,
  }
}

function fibsOf(net: RouteNet, ifp: Ifnet): readonly number[] {
  return net.addAddrAllFibs ? Array.from({ length: net.rib.fibs }, (_, fib) => fib) : [ifp.fib]
}
