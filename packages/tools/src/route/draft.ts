import type { Family } from '../inet.ts'

/** A command line while its words are being read. */
export interface Draft {
  family: Family | undefined
  kind: 'net' | 'host' | undefined
  dst: string | undefined
  gateway: string | undefined
  netmask: string | undefined
  prefixlen: string | undefined
  /** The gateway is an interface: `-interface`. */
  viaInterface: boolean
  /** Outgoing interface beside a gateway: `dev`, `-ifp`. */
  ifname: string | undefined
  type: 'unicast' | 'blackhole' | 'prohibit'
  flags: { static: boolean; proto1: boolean; proto2: boolean }
  mtu: number | undefined
  weight: number | undefined
  expire: number | undefined
  fibs: readonly number[] | 'all' | 'default'
}

/** Nothing said yet: a unicast route that is static. */
export function emptyDraft(): Draft {
  return {
    family: undefined,
    kind: undefined,
    dst: undefined,
    gateway: undefined,
    netmask: undefined,
    prefixlen: undefined,
    viaInterface: false,
    ifname: undefined,
    type: 'unicast',
    flags: { static: true, proto1: false, proto2: false },
    mtu: undefined,
    weight: undefined,
    expire: undefined,
    fibs: 'default',
  }
}
