import type { Errno } from '@nltool/nl-core/errno'
import type { Ctx, Held, IpAddress, RtnlHeld, VnetId } from '@nltool/nl-core/model'
import type { Hanging } from './data/hanging.ts'
import type { Section } from './epoch/section.ts'
import type { IfId, IfIndex } from './ids.ts'

/** Where an interface is in its life; the table of states is in the package's documentation. */
export type IfState =
  | 'allocated'
  | 'attaching'
  | 'attached'
  | 'detaching'
  | 'detached'
  | 'moving-old'
  | 'moving-new'
  | 'free-pending'
  | 'reclaim-queued'
  | 'freed'

/** LINK_STATE_UNKNOWN, LINK_STATE_DOWN or LINK_STATE_UP. */
export type LinkState = 0 | 1 | 2

/** Permission to attach, detach or move interfaces: FreeBSD's detach lock. */
export type DetachHeld = Held<'detach'>

/** The link-level address of an interface, always the first one in its list. */
export interface LinkAddr {
  readonly family: 'link'
  readonly index: IfIndex
  readonly name: string
  /** IFT_*. */
  readonly type: number
  /** Empty if the interface has none. */
  readonly lladdr: Uint8Array
}

/** An internet address of an interface: an immutable value, replaced as a whole when something about it changes. */
export interface InetAddr {
  readonly family: 'inet' | 'inet6'
  readonly address: IpAddress
  /** Bits of the network part. */
  readonly prefixlen: number
  /** Of a broadcast interface, IPv4 only. */
  readonly broadcast: IpAddress | undefined
  /** The other end of a point-to-point interface. */
  readonly destination: IpAddress | undefined
  /** IFA_ROUTE, IFA_RTSELF, and above bit 15 what the family keeps (IN6_IFF_* shifted left by 16). */
  readonly flags: number
  /** Uptime at which the address stops being preferred and valid, milliseconds; `undefined` means never. */
  readonly preferredUntil: number | undefined
  readonly validUntil: number | undefined
  /** Uptime at which it was added and last changed, milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
  /** What the family keeps beside it (origin, label, virtual host id). */
  readonly extra: Readonly<Record<string, unknown>> | undefined
}

/** An address of an interface. */
export type IfAddr = LinkAddr | InetAddr

/** An address to be added; what is left out gets the usual value. */
export interface InetAddrSpec {
  readonly address: IpAddress
  readonly prefixlen: number
  /** Default for IPv4 on a broadcast interface: the last address of the subnet, 255.255.255.255 for a /31. */
  readonly broadcast?: IpAddress | undefined
  readonly destination?: IpAddress | undefined
  readonly flags?: number | undefined
  readonly preferredUntil?: number | undefined
  readonly validUntil?: number | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/** Membership of an interface in a multicast group. */
export interface IfMulti {
  /** An internet group, or the six bytes of a link-layer group. */
  readonly group: IpAddress | Uint8Array
  /** How often it was joined and not left. */
  readonly count: number
}

/** What can be read of an interface through a borrow and through a reference. Reading a reclaimed interface throws. */
export interface IfView {
  /** A serialised reference to it as it is now. */
  readonly id: IfId
  readonly index: IfIndex
  readonly name: string
  /** The network stack in which it is, and the one in which it was first attached. */
  readonly vnet: VnetId
  readonly homeVnet: VnetId | undefined
  readonly state: IfState
  /** It is in the list of its network stack. */
  readonly attached: boolean
  /** Name and unit of its driver: `epair` and 0 for epair0a. */
  readonly driver: string
  readonly unit: number | undefined
  /** The interface was made by a cloner and can be destroyed by users. */
  readonly cloned: boolean
  /** IFT_*. */
  readonly type: number
  /** IFF_* of the stack and of the driver together. */
  readonly flags: number
  /** Bytes. */
  readonly mtu: number
  readonly metric: number
  /** Number of the routing table that received packets use. */
  readonly fib: number
  readonly linkState: LinkState
  /** Bits per second, 0 if unknown. */
  readonly baudrate: bigint
  /** Link-layer address; the array is not to be changed. */
  readonly lladdr: Uint8Array
  /** Permanent link-layer address, as the driver gave it. */
  readonly hwaddr: Uint8Array
  /** Link-layer broadcast address, empty if there is none. */
  readonly broadcast: Uint8Array
  /** Length of link-layer addresses, bytes. */
  readonly addrlen: number
  readonly description: string | undefined
  /** Groups in order of joining; the first one is `all`. */
  readonly groups: readonly string[]
  /** IFCAP_* that the driver supports, and that are on. */
  readonly capabilities: number
  readonly capenable: number
  /** AF_LINK first, then in order of addition. One array is one consistent version and never changes. */
  readonly addresses: readonly IfAddr[]
  /** Newest first. */
  readonly multicast: readonly IfMulti[]
  /** Twelve counters in the order of IFCOUNTER_*; zeros after detach. */
  readonly counters: BigUint64Array
  /** Uptime at attach (`ifi_epoch`) and at the last administrative change, milliseconds. */
  readonly attachedAt: number
  readonly lastChange: number
  /** How many were asked for: promiscuous and all-multicast users. */
  readonly promiscCount: number
  readonly allmultiCount: number
  /** Name, IfId and state, for logs; works for what was freed as well. */
  toString(): string
  /** Hanging data of a kind, or `undefined` if the interface has none. */
  af<T>(hanging: Hanging<T>): T | undefined
}

/**
 * An interface borrowed in an epoch section: valid until the section closes, after that any use throws. Every look-up
 * makes a borrow of its own, so compare interfaces by {@link sameInterface}, not by identity.
 */
export interface Ifnet extends IfView {
  /** Takes a counted reference, or `undefined` if the interface is being reclaimed. `tag` names the holder in audits. */
  tryRef(tag: string): IfRef | undefined
  /**
   * Hands a packet to the driver. `undefined` means that the driver took it; otherwise why not: ENXIO after detach,
   * ENETDOWN if the interface is down.
   */
  transmit(packet: Uint8Array): Errno | undefined
  /** Delivers a received packet to the network stack's input hook. False if it was dropped and counted. */
  input(packet: Uint8Array): boolean
}

/**
 * A counted reference: keeps the object alive, not its attachment. It speaks for the network stack in which it was
 * taken: after a move it changes and sends nothing. Dispose it, or the interface is never reclaimed.
 */
export interface IfRef extends IfView, Disposable {
  readonly tag: string
  /** Another reference. @throws IfRefError if this one is released. */
  clone(tag: string): IfRef
  /** A borrow for a section. */
  borrow(section: Section): Ifnet
  /** Gives the reference back. @throws IfRefError the second time; disposing a released reference does nothing. */
  release(): void
}

/** What is asked of a driver, by the names of the ioctl requests that FreeBSD sends to drivers. */
export type DriverRequest =
  | { readonly request: 'SIOCSIFFLAGS'; readonly flags: number }
  | { readonly request: 'SIOCSIFMTU'; readonly mtu: number }
  | { readonly request: 'SIOCSIFCAP'; readonly capenable: number }
  | { readonly request: 'SIOCSIFADDR'; readonly address: InetAddr }
  | { readonly request: 'SIOCSIFLLADDR'; readonly lladdr: Uint8Array }
  | { readonly request: 'SIOCADDMULTI' | 'SIOCDELMULTI' }

/** What a driver does. Methods are called with the interface borrowed for the call. */
export interface DriverMethods {
  /** Applies a request, or says why not. Absent: requests that need a driver are answered EOPNOTSUPP. */
  readonly ioctl?: ((ifp: Ifnet, request: DriverRequest, ctx: Ctx) => Errno | undefined) | undefined
  /** Sends a packet. Absent: packets are dropped with ENXIO. */
  readonly transmit?: ((ifp: Ifnet, packet: Uint8Array) => Errno | undefined) | undefined
  /** Called in mid-move, when the interface has left one network stack and not yet entered the other. */
  readonly reassign?: ((ifp: Ifnet, to: VnetId, ctx: Ctx) => void) | undefined
}

/** What a driver says about an interface that it makes. */
export interface IfSpec {
  /** 1 to 15 bytes. */
  readonly name: string
  /** Default: the name without its trailing digits. */
  readonly driver?: string
  readonly unit?: number
  /** IFT_*. */
  readonly type: number
  /** IFF_* that are fixed before attach: BROADCAST, LOOPBACK, POINTOPOINT, SIMPLEX, MULTICAST. */
  readonly flags?: number
  /** Bytes, default 1500. */
  readonly mtu?: number
  readonly baudrate?: bigint
  readonly lladdr?: Uint8Array
  /** Default: ff:ff:ff:ff:ff:ff for IFT_ETHER. */
  readonly broadcast?: Uint8Array
  /** Default: 6 for IFT_ETHER and IFT_BRIDGE, else the length of `lladdr`. */
  readonly addrlen?: number
  /** IFCAP_* supported, all on unless `capenable` says which. */
  readonly capabilities?: number
  readonly capenable?: number
  readonly linkState?: LinkState
  readonly methods?: DriverMethods
}

/** The driver's handle of an interface; there is exactly one. */
export interface IfOwner {
  /** The interface as the driver sees it at any time. Reading it after reclamation throws. */
  readonly ifp: IfView
  /** It has been freed: by the driver, or because the network stack at which it was at home came to its end. */
  readonly freed: boolean
  /**
   * Puts the interface into the network stack for which it was allocated. @throws NetlinkError EEXIST if the name is in
   * use there, EBUSY if the stack is shutting down, ENXIO if it has gone. @throws InvariantError unless it is allocated:
   * what was detached is only good for being freed.
   */
  attach(ctx: Ctx, rtnl: RtnlHeld): void
  /** Takes it out: waits for readers, purges addresses, fires departure. @throws InvariantError unless it is attached. */
  detach(ctx: Ctx, held: DetachHeld): Promise<void>
  /** Gives index and object back; reclaimed after the last reference and section. @throws InvariantError if attached. */
  free(ctx: Ctx): void
  /** Reports the state of the link; announced in a step of its own, several changes at once as one. */
  linkState(state: LinkState): void
  /** Sets and clears IFF_DRV_RUNNING and IFF_DRV_OACTIVE. */
  driverFlags(set: number, clear: number): void
  /** Adds to a counter, IFCOUNTER_*. */
  count(counter: number, by: number | bigint): void
}

/** Anything that an operation takes for an interface. */
export type IfTarget = Ifnet | IfRef
