import type { Family } from '../inet.ts'

/** Options before the interface, ifconfig(8). */
export interface IfconfigOptions {
  /** `-a`, which is also meant when no interface is named. */
  readonly all: boolean
  /** `-l`: names only. */
  readonly list: boolean
  /** `-u`, `-d`: only those that are up, that are down. */
  readonly up: boolean
  readonly down: boolean
  /** `-C`: what can be created. */
  readonly cloners: boolean
  /** `-g`, `-G`: members, and not members, of groups whose names match a shell pattern. */
  readonly group: string | undefined
  readonly notGroup: string | undefined
  /** `-m`: supported capabilities too. */
  readonly capabilities: boolean
  /** `-L`: lifetimes of addresses. */
  readonly lifetimes: boolean
  /** `-f inet:cidr,inet6:cidr`: how masks are written. */
  readonly maskStyle: Readonly<Record<Family, 'classic' | 'cidr' | 'dotted'>>
}

/** Families by which the output can be narrowed. */
export type ShownFamily = Family | 'ether'

/** An address to add or to remove. */
export interface AddressWords {
  readonly family: Family
  readonly address: string
  readonly prefixlen: number | undefined
  readonly peer: string | undefined
  readonly broadcast: string | undefined
  /** `set`: in place of the first address of the family (IPv4), as without `alias`. */
  readonly mode: 'set' | 'alias' | 'delete'
  readonly vhid: number | undefined
  /** Seconds; undefined: for ever. */
  readonly preferredSeconds: number | undefined
  readonly validSeconds: number | undefined
  /** IN6_IFF_* to set. */
  readonly flags6: number
}

/** What is changed beside addresses; absent members stay as they are. */
export interface LinkWords {
  readonly up?: boolean
  /** Bytes. */
  readonly mtu?: number
  readonly metric?: number
  readonly fib?: number
  readonly ifalias?: string
  readonly rename?: string
  readonly vnet?: string
  readonly address?: string
  readonly promisc?: boolean
  readonly join?: readonly string[]
  readonly leave?: readonly string[]
  /** IFF_* bits. */
  readonly setFlags?: number
  readonly clearFlags?: number
}

/** A parsed `ifconfig` command line. */
export interface IfconfigCommand {
  readonly options: IfconfigOptions
  readonly ifname: string | undefined
  /** Only lines of this family are shown. */
  readonly family: ShownFamily | undefined
  readonly create: boolean
  readonly destroy: boolean
  readonly vlan: { readonly id: number | undefined; readonly dev: string | undefined }
  readonly link: LinkWords
  readonly addresses: readonly AddressWords[]
}
