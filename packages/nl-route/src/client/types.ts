/// <reference lib="esnext.disposable" preserve="true" />
import type { Abi, Connection, ConnectionOptions, Dump, Subscription, WaitOptions, Watch } from '@nltool/nl-core'
import type { RouteGroup } from '../groups.ts'
import type { LinkStat, Operstate } from '../link/constants.ts'
import type { RouteKind } from '../route/constants.ts'

/** An address family in the words of ifconfig(8). */
export type FamilyName = 'inet' | 'inet6'

/** An interface, by name or by index. */
export type LinkRef = string | number | { readonly ifname: string } | { readonly ifindex: number }

/** A network interface, the same whatever the ABI: numbers are FreeBSD's. */
export interface Link {
  readonly ifindex: number
  readonly ifname: string
  /** IFF_* of FreeBSD. */
  readonly flags: number
  /** IFF_UP. */
  readonly up: boolean
  /** IFT_* of FreeBSD: 6 Ethernet, 24 loopback. */
  readonly type: number
  /** Bytes. */
  readonly mtu: number
  /** RFC 2863. */
  readonly operstate: Operstate
  /** The link state is UP; `undefined` where the kernel does not say. */
  readonly carrier?: boolean | undefined
  /** Link-level address, `02:00:00:00:00:0a`. */
  readonly address?: string | undefined
  readonly broadcast?: string | undefined
  /** Description, as `ifconfig IF description …` sets it. */
  readonly ifalias?: string | undefined
  /** Driver or cloner: `epair`, `lo`, `vlan`; in Linux's words on a Linux-ABI host (`veth`). */
  readonly kind?: string | undefined
  /** Interface that this one stands on (IFLA_LINK), or its peer. */
  readonly link?: number | undefined
  /** Interface that this one is a member of (IFLA_MASTER). */
  readonly master?: number | undefined
  /** VLAN id and ethertype (0x8100 is 802.1q), for the kind `vlan`; `link` is the parent. */
  readonly vlan?: { readonly id: number; readonly protocol: number } | undefined
  /** Requests for promiscuous mode. */
  readonly promiscuity?: number | undefined
  /** Groups, in order of joining; `undefined` where the kernel does not say. */
  readonly groups?: readonly string[] | undefined
  /** IFCAP_* words of FreeBSD. */
  readonly capabilities?: { readonly supported: number; readonly enabled: number } | undefined
  /** Counters by name, inexact beyond 2^53: rx_packets, tx_bytes and so on. */
  readonly stats: { readonly [name in LinkStat]?: number }
  /** Routing table of what arrives here and of its addresses' routes (project attribute); `undefined` where unsaid. */
  readonly fib?: number | undefined
  /** Metric of the interface (project attribute). */
  readonly metric?: number | undefined
}

/** A network address of an interface. */
export interface Address {
  readonly family: FamilyName
  readonly ifindex: number
  /** Name of the interface (IFA_LABEL), where the kernel gives it. */
  readonly ifname?: string | undefined
  /** The interface's own address. */
  readonly address: string
  readonly prefixlen: number
  /** The other end of a point-to-point interface. */
  readonly peer?: string | undefined
  readonly broadcast?: string | undefined
  /** RT_SCOPE_*: 0 everywhere, 253 the link, 254 this host. */
  readonly scope: number
  /** IFA_F_*. */
  readonly flags: number
  /** IN6_IFF_* of FreeBSD; `undefined` where the kernel does not say. */
  readonly flags6?: number | undefined
  /** CARP virtual host id. */
  readonly vhid?: number | undefined
  /** Seconds for which it is preferred from now on; `undefined`: for ever. */
  readonly preferredSeconds?: number | undefined
  /** Seconds for which it is valid from now on; `undefined`: for ever. */
  readonly validSeconds?: number | undefined
}

/** One path of a route. */
export interface Path {
  readonly gateway?: string | undefined
  readonly ifindex?: number | undefined
  /** Share of the traffic, 1 to 255 in requests. */
  readonly weight: number
  /** RTF_* of FreeBSD; `undefined` where the kernel does not say. */
  readonly rtflags?: number | undefined
  /** Bytes. */
  readonly mtu?: number | undefined
}

/** A route. */
export interface Route {
  readonly family: FamilyName
  /** Prefix, `203.0.113.0/24`; the default route is `0.0.0.0/0` or `::/0`. */
  readonly dst: string
  readonly prefixlen: number
  /** Routing table: the number of the fib on every ABI; Linux's main table is 0. */
  readonly table: number
  readonly type: RouteKind
  /** RTPROT_*: who made it. */
  readonly protocol: number
  /** RT_SCOPE_*. */
  readonly scope: number
  /** Gateway of a single path, of either family. */
  readonly gateway?: string | undefined
  /** Interface of a single path. */
  readonly ifindex?: number | undefined
  /** All paths where there are several. */
  readonly nexthops?: readonly Path[] | undefined
  /** RTF_* of FreeBSD; `undefined` where the kernel does not say. */
  readonly rtflags?: number | undefined
  /** Bytes. */
  readonly mtu?: number | undefined
  readonly weight: number
  /** Metric of Linux. */
  readonly priority?: number | undefined
  readonly prefsrc?: string | undefined
  /** Id of the user nexthop. */
  readonly nhid?: number | undefined
  /** Kernel's own index of the nexthop or group. */
  readonly knhid?: number | undefined
  /** When it ends, seconds since 1970 on FreeBSD. */
  readonly expires?: number | undefined
}

/** What `link.create` takes. */
export interface LinkCreate {
  /** Cloner or driver: `epair`, `lo`, `vlan`; on a Linux-ABI host an `epair` is a veth with these names. */
  readonly kind: string
  /** Name wished for; a bare cloner name (`epair`) takes the next free number. Default: the kind. */
  readonly name?: string | undefined
  /** Bytes. */
  readonly mtu?: number | undefined
  readonly ifalias?: string | undefined
  readonly up?: boolean | undefined
  /** Interface that the new one stands on. */
  readonly link?: LinkRef | undefined
  /** VLAN id, for the kind `vlan`. */
  readonly vlanId?: number | undefined
}

/** What the kernel made. An epair's other end has the last letter `b`. */
export interface LinkCreated {
  readonly ifname: string
  readonly ifindex: number
}

/** What to change; what is absent stays. The interface is found by `ifindex`, else by `ifname`. */
export interface LinkChange {
  readonly ifname?: string | undefined
  readonly ifindex?: number | undefined
  readonly up?: boolean | undefined
  /** Bytes, 72 to 65535. */
  readonly mtu?: number | undefined
  /** The empty string clears it. */
  readonly ifalias?: string | undefined
  readonly promisc?: boolean | undefined
  /** IFF_* bits to set and to clear, beside UP and PROMISC. */
  readonly flags?: { readonly set: number; readonly clear: number } | undefined
  /** Link-level address, `02:00:00:00:00:0a`. */
  readonly address?: string | undefined
  /** New name (project addition on a FreeBSD kernel). */
  readonly rename?: string | undefined
  /** Groups to join and to leave (project attributes). */
  readonly groups?: { readonly join?: readonly string[]; readonly leave?: readonly string[] } | undefined
  /** Network stack to move to, by number (project attribute). */
  readonly vnet?: number | undefined
  /** Metric (project attribute). */
  readonly metric?: number | undefined
  /** Routing table (project attribute). */
  readonly fib?: number | undefined
}

/** Which links a dump gives. */
export interface LinkFilter {
  readonly ifname?: string | undefined
  readonly ifindex?: number | undefined
}

/** The part of a request that names an interface. */
export interface OnLink {
  readonly ifname?: string | undefined
  readonly ifindex?: number | undefined
}

/** What `addr.add` takes. */
export interface AddressAdd extends OnLink {
  /** `192.0.2.1/24` or `2001:db8::1/64`; without a length, a host address. */
  readonly address: string
  /** The other end of a point-to-point interface. */
  readonly peer?: string | undefined
  readonly broadcast?: string | undefined
  /** Default: for ever. */
  readonly preferredSeconds?: number | undefined
  readonly validSeconds?: number | undefined
  /** IFA_F_*. */
  readonly flags?: number | undefined
  /** IN6_IFF_* of FreeBSD. */
  readonly flags6?: number | undefined
  readonly vhid?: number | undefined
}

/** What `addr.delete` takes. */
export interface AddressDelete extends OnLink {
  /** With or without a length. */
  readonly address: string
}

/** Which addresses a dump gives. */
export interface AddressFilter extends OnLink {
  readonly family?: FamilyName | undefined
}

/** A path in a request. */
export interface PathSpec extends OnLink {
  readonly gateway?: string | undefined
  /** 1 (the default) to 255. */
  readonly weight?: number | undefined
}

/** What `route.add` and its relatives take. */
export interface RouteAdd extends PathSpec {
  /**
   * `203.0.113.0/24`, `2001:db8::/32`, or `default` (then `family` says which, unless the gateway does). A link-local
   * one names its link: `fe80::%em0/64`.
   */
  readonly dst: string
  readonly family?: FamilyName | undefined
  /** Several paths in place of `gateway` and interface. */
  readonly nexthops?: readonly PathSpec[] | undefined
  /** Routing table (fib). Default 0, the main one. */
  readonly table?: number | undefined
  /** Default `unicast`. */
  readonly type?: RouteKind | undefined
  /** RTPROT_*. Default RTPROT_STATIC. */
  readonly protocol?: number | undefined
  /** RTF_* of FreeBSD. Default RTF_STATIC for a route that RTPROT_STATIC makes. */
  readonly rtflags?: number | undefined
  /** Bytes. */
  readonly mtu?: number | undefined
  /** Seconds since 1970. */
  readonly expires?: number | undefined
  readonly priority?: number | undefined
  readonly nhid?: number | undefined
}

/** What `route.delete` takes: with a gateway or an interface, only that path goes. */
export interface RouteDelete extends OnLink {
  readonly dst: string
  readonly family?: FamilyName | undefined
  readonly gateway?: string | undefined
  readonly table?: number | undefined
  /** Removes a route that an address of an interface made, too. */
  readonly pinned?: boolean | undefined
}

/** What `route.get` takes. */
export interface RouteGet {
  /** An address (longest match), or with `exact` a prefix. A link-local one names its link: `fe80::1%em0`. */
  readonly dst: string
  readonly family?: FamilyName | undefined
  readonly table?: number | undefined
  /** The entry with this very prefix in place of the longest match. */
  readonly exact?: boolean | undefined
}

/** Which routes a dump gives. */
export interface RouteFilter {
  readonly family?: FamilyName | undefined
  /** A fib, or `'all'`. Default 0. */
  readonly table?: number | 'all' | undefined
}

/** What a group announces. */
export type RouteEvent =
  | {
      readonly event: 'link-set' | 'link-delete'
      readonly link: Link
      /** IFF_* bits that changed. */
      readonly change: number
    }
  | { readonly event: 'addr-set' | 'addr-delete'; readonly address: Address }
  | { readonly event: 'route-set' | 'route-delete'; readonly route: Route }

/** A live subscription's options. */
export interface RouteSubscribeOptions {
  readonly signal?: AbortSignal | undefined
}

/** Interfaces. A name that none has is a SocketError ENODEV with the name, in all requests of this client. */
export interface LinkClient {
  /**
   * Makes an interface and gives its name and index.
   * @throws KernelError EEXIST for a name in use, EINVAL for an unknown kind, EPERM
   */
  create(link: LinkCreate, options?: WaitOptions): Promise<LinkCreated>
  /** Changes an interface, whole or not at all. @throws SocketError ENODEV; KernelError EINVAL, EPERM, EEXIST */
  set(change: LinkChange, options?: WaitOptions): Promise<void>
  /** Destroys an interface that was created. @throws SocketError ENODEV; KernelError EINVAL for one that was not, EPERM */
  delete(link: LinkRef, options?: WaitOptions): Promise<void>
  /** @throws SocketError ENODEV */
  get(link: LinkRef, options?: WaitOptions): Promise<Link>
  /** By index. */
  dump(filter?: LinkFilter, options?: WaitOptions): Dump<Link>
  /** A consistent dump, whole. */
  list(filter?: LinkFilter, options?: WaitOptions): Promise<Link[]>
}

/** Addresses. */
export interface AddressClient {
  /** Adds or replaces an address. @throws SocketError ENODEV; KernelError ENOENT for an unknown index, EINVAL, EPERM */
  add(address: AddressAdd, options?: WaitOptions): Promise<void>
  /** @throws SocketError EADDRNOTAVAIL, ENODEV; KernelError ENOENT for an unknown index, EPERM */
  delete(address: AddressDelete, options?: WaitOptions): Promise<void>
  /** By interface, then in the order of addition. */
  dump(filter?: AddressFilter, options?: WaitOptions): Dump<Address>
  list(filter?: AddressFilter, options?: WaitOptions): Promise<Address[]>
}

/** Routes. */
export interface RouteTableClient {
  /** Adds a route that must not be there yet. @throws KernelError EEXIST, EINVAL, EPERM */
  add(route: RouteAdd, options?: WaitOptions): Promise<void>
  /** Adds a route or replaces the one with its prefix. */
  replace(route: RouteAdd, options?: WaitOptions): Promise<void>
  /** Replaces a route that must be there. @throws KernelError ESRCH (Linux ENOENT) */
  change(route: RouteAdd, options?: WaitOptions): Promise<void>
  /** Adds a path to a route, or the route. @throws KernelError EEXIST for a path that is there */
  append(route: RouteAdd, options?: WaitOptions): Promise<void>
  /** @throws KernelError ESRCH, EADDRINUSE for an address's own route without `pinned` */
  delete(route: RouteDelete, options?: WaitOptions): Promise<void>
  /** The route that packets to an address take. @throws KernelError ESRCH (Linux ENETUNREACH) */
  get(route: string | RouteGet, options?: WaitOptions): Promise<Route>
  /** By table, family and prefix. */
  dump(filter?: RouteFilter, options?: WaitOptions): Dump<Route>
  list(filter?: RouteFilter, options?: WaitOptions): Promise<Route[]>
}

/** Options of `openRoute`. */
export interface OpenRouteOptions extends ConnectionOptions {}

/** A client of rtnetlink. */
export interface RouteClient extends AsyncDisposable {
  readonly abi: Abi
  /** The connection underneath, for what has no method here. */
  readonly connection: Connection
  readonly link: LinkClient
  readonly addr: AddressClient
  readonly route: RouteTableClient
  /** What groups announce, in order; `{ event: 'resync' }` after an overrun. @throws SocketError EINVAL for no group */
  subscribe(groups: readonly RouteGroup[], options?: RouteSubscribeOptions): Subscription<RouteEvent>
  /**
   * Live copies, kept right across overruns; keyed by index, by `index address/length`, by `table prefix`. Behind a
   * link-local prefix stands `on index`, and behind the route of a link-local address the number of its nexthop.
   */
  watchLinks(options?: RouteSubscribeOptions): Watch<Link, number>
  watchAddresses(filter?: { readonly family?: FamilyName }, options?: RouteSubscribeOptions): Watch<Address, string>
  watchRoutes(filter?: RouteFilter, options?: RouteSubscribeOptions): Watch<Route, string>
  /** Closes the socket; whatever waits ends with SocketError EBADF. */
  close(): Promise<void>
}
