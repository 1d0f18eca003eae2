import type { Family } from '../inet.ts'
import type { AddressWords, LinkWords, ShownFamily } from './types.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A command line while its words are being read. */
export interface Draft {
  /** Family of the addresses that follow. */
  family: Family
  /** Family named last, for `ifconfig IF inet`. */
  shown: ShownFamily | undefined
  create: boolean
  destroy: boolean
  vlan: { id: number | undefined; dev: string | undefined }
  link: Writable<LinkWords>
  addresses: Writable<AddressWords>[]
}

/** Nothing said yet. */
export function emptyDraft(): Draft {
  return {
    family: 'inet',
    shown: undefined,
    create: false,
    destroy: false,
    vlan: { id: undefined, dev: undefined },
    link: {},
    addresses: [],
  }
}
