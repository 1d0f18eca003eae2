import type { Family } from '../inet.ts'

/** What `route` can be told to do. `list` is `show` without a destination. */
export type RouteVerb = 'add' | 'delete' | 'change' | 'get' | 'flush' | 'monitor' | 'list'

/** Options before the command word, route(8). */
export interface RouteOptions {
  /** `-n`: addresses are not turned to names. */
  readonly numeric: boolean
  /** `-q`: changes are not reported. */
  readonly quiet: boolean
  /** `-d` and `-t`: nothing is sent. */
  readonly dry: boolean
}

/** Destination of a route. */
export interface Destination {
  /** As typed, without the length of an IPv4 prefix: that is how route(8) repeats it. */
  readonly typed: string
  readonly kind: 'net' | 'host'
  readonly family: Family
  readonly address: string
  readonly prefixlen: number
  /** Whether a mask or length was given: `get` then asks for exactly this prefix. */
  readonly exact: boolean
}

/** Where a route leads. */
export interface Gateway {
  /** As typed. */
  readonly typed: string
  /** Address; absent if the gateway is an interface (`-interface`, or `dev` alone). */
  readonly address: string | undefined
  /** Interface given by name: `-interface IF`, `dev IF`, `-ifp IF`, or a zone behind the address. */
  readonly ifname: string | undefined
}

/** A parsed `route` command line. */
export interface RouteCommand {
  readonly verb: RouteVerb
  /** The command word as typed; route(8) repeats it. */
  readonly word: string
  readonly options: RouteOptions
  /** Family that was asked for by `-4`, `-6`, `-inet` or `-inet6`. */
  readonly family: Family | undefined
  readonly destination: Destination | undefined
  readonly gateway: Gateway | undefined
  readonly type: 'unicast' | 'blackhole' | 'prohibit'
  readonly flags: { readonly static: boolean; readonly proto1: boolean; readonly proto2: boolean }
  /** Bytes. */
  readonly mtu: number | undefined
  readonly weight: number | undefined
  /** Seconds from now; undefined: for ever. */
  readonly expire: number | undefined
  /** FIBs, ascending as given; 'all' and 'default' as words. */
  readonly fibs: readonly number[] | 'all' | 'default'
}
