import type { Ctx, IpAddress, RtnlHeld } from '@nltool/nl-core/model'
import type { Nexthop, NexthopOrGroup, NexthopSpec, NexthopStore } from './nexthop.ts'
import type { RibState } from './state.ts'

/** Which route: a prefix in a fib. The family is that of the address; host bits are cleared. */
export interface RouteKey {
  readonly fib: number
  readonly dst: IpAddress
  readonly prefixlen: number
}

/** An entry of the RIB, valid as a value: it does not follow later changes. */
export interface RibRoute extends RouteKey {
  /** FreeBSD's number. */
  readonly family: number
  readonly target: NexthopOrGroup
  /** Weight of a single path; of a group's paths each has its own. */
  readonly weight: number
}

/** A path of a request. */
export interface PathRequest {
  readonly nexthop: NexthopSpec
  /** 1 or more. */
  readonly weight: number
}

/** What becomes of a route that is there or not (rtnetlink.4; rt_newroute in FreeBSD rt.c). */
export interface PutMode {
  /** An absent route is added, else ESRCH. */
  readonly create?: boolean
  /** A present route is an error, EEXIST, whatever follows. */
  readonly exclusive?: boolean
  /** A present route is replaced with all its paths. */
  readonly replace?: boolean
  /** The path joins those of a present route. */
  readonly append?: boolean
}

/** Who wants a change: somebody's request, or the kernel for reasons of its own. */
export type Cause = 'request' | 'kernel'

/** A change that the RIB accepted. */
export interface RibChange extends RouteKey {
  /** Counts the changes of the RIB, from 1. */
  readonly serial: number
  readonly command: 'add' | 'delete' | 'change'
  readonly family: number
  readonly before: RibRoute | undefined
  readonly after: RibRoute | undefined
  readonly cause: Cause
}

/** Told of each change, in order. It may not throw. */
export type RibListener = (ctx: Ctx, change: RibChange) => void

/** What the owners of a RIB may count. */
export interface RibAudit {
  readonly routes: number
  readonly nexthops: number
  readonly groups: number
}

/**
 * The routing tables of one network stack, one per fib and family. All changes are synchronous critical sections that
 * ask for the held RTNL lock; a look-up never waits. A refused change leaves everything as it was.
 */
export interface Rib {
  /** Number of fibs (net.fibs). */
  readonly fibs: number
  readonly nexthops: NexthopStore
  /**
   * Adds, replaces or extends a route. A pinned route (of an interface address) takes the place of one that is not.
   * @throws NetlinkError EINVAL `invalid fib`; ESRCH, EEXIST as {@link PutMode} says; EEXIST for a pinned route that an
   * unpinned one would replace, and for a path that is there; ENOMEM for more paths than a group has slots
   */
  put(ctx: Ctx, rtnl: RtnlHeld, key: RouteKey, paths: readonly PathRequest[], mode: PutMode, cause?: Cause): RibChange
  /**
   * Removes a route, or those of its paths that `match` picks.
   * @throws NetlinkError ESRCH for an absent prefix or if no path matches; EADDRINUSE for a pinned one unless `pinned`
   */
  delete(ctx: Ctx, rtnl: RtnlHeld, key: RouteKey, options?: DeleteOptions): RibChange
  /**
   * Removes every path whose nexthop `match` picks, pinned ones too, in the order of a walk. Returns how many routes
   * changed; where no nexthop matches it costs no look at the routes.
   */
  flush(ctx: Ctx, rtnl: RtnlHeld, match: (nexthop: Nexthop) => boolean, cause?: Cause): number
  /** The route of the longest prefix that holds an address. */
  match(fib: number, address: IpAddress): RibRoute | undefined
  /** The route of this very prefix. */
  get(key: RouteKey): RibRoute | undefined
  /** Routes by address, the shorter prefix first. The RIB may change meanwhile: nothing is shown twice. */
  walk(fib: number, family: number): Iterable<RibRoute>
  /** Routes of a table. */
  size(fib: number, family: number): number
  /** Grows with every accepted change of a table; never 0. */
  generation(fib: number, family: number): number
  /** Earliest end of a path, seconds since 1970; 0 if none ends. */
  nextExpiry(): number
  /**
   * Told of changes: `immediate` inside the critical section, before anything else runs; `delayed` after the operation
   * of which the change was a part. Both in the order of serials. With `replay`, the context of the subscriber, every
   * present route is told first, as added and with the last serial: nothing can come in between. Returns the
   * unsubscription.
   */
  subscribe(when: 'immediate' | 'delayed', listener: RibListener, replay?: Ctx): () => void
  audit(): RibAudit
  /** All tables as plain data; routes are read as they are asked for, by fib, family and address. */
  save(): RibState
  /**
   * Fills tables that are empty; nobody is told. What no route uses is dropped after `hold` has run: users of nexthops
   * that are no routes take their references there. @throws NetlinkError EINVAL for data that does not fit together; the
   * tables are of no further use then.
   */
  load(state: RibState, hold?: () => void): void
}

/** What a deletion looks at beside the prefix. */
export interface DeleteOptions {
  readonly match?: ((nexthop: Nexthop) => boolean) | undefined
  /** Pinned routes go as well. */
  readonly pinned?: boolean | undefined
  readonly cause?: Cause | undefined
}
