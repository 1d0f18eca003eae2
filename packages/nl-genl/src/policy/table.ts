import type { Abi } from '@nltool/nl-core/model'
import type { AttributeSetSpec, AttributeSpec, IntSpec, ValueSpec } from '@nltool/nl-core/wire'
import { isVariableInteger } from '../values.ts'

/** What a policy demands of one attribute, derived from the row of its attribute set. */
export type PolicyEntry =
  | (Bounds & { readonly kind: 'integer'; readonly size: 1 | 2 | 4 | 8; readonly big: boolean })
  | (Bounds & { readonly kind: 'variable' }) // an integer of 4 or 8 bytes
  | { readonly kind: 'flag' }
  | { readonly kind: 'string'; readonly nul: boolean; readonly max: number } // bytes without the NUL; Infinity: any
  | { readonly kind: 'binary'; readonly min: number; readonly max: number } // bytes; Infinity: any
  | { readonly kind: 'bitfield32'; readonly mask: number }
  | {
      readonly kind: 'nested'
      readonly array: boolean
      readonly flagged: boolean
      readonly inner: () => PolicyTable | undefined
    }

/** What an integer may be. */
export interface Bounds {
  readonly signed: boolean
  readonly min: bigint
  readonly max: bigint
  /** Bits that may be set. */
  readonly mask: bigint | undefined
  /** Not every value of the width is allowed; otherwise the value need not be looked at. */
  readonly bounded: boolean
}

/** A validation policy: what a request may carry. Two equal policies are one object. */
export interface PolicyTable {
  /** Highest attribute number; 0 in a policy that refuses every attribute. */
  readonly maxattr: number
  readonly entries: ReadonlyMap<number, PolicyEntry>
}

/** Derives policies from attribute sets. */
export interface Policies {
  /** The policy of a set, or of the listed properties of it. */
  of(set: AttributeSetSpec, properties?: readonly string[]): PolicyTable
  /** The policy that refuses every attribute. */
  readonly rejectAll: PolicyTable
}

/** The longest attribute list: `nla_len` is 16 bits wide. */
const unbounded = Number.POSITIVE_INFINITY
const anyBytes: PolicyEntry = { kind: 'binary', min: 0, max: unbounded }

/** Makes the deriver for the numbering of one ABI. Results are shared, so that a policy's identity means something. */
export function createPolicies(abi: Abi): Policies {
  const rejectAll: PolicyTable = { maxattr: 0, entries: new Map() }
  const whole = new Map<AttributeSetSpec, PolicyTable>()
  const parts = new Map<AttributeSetSpec, Map<string, PolicyTable>>()

  function build(rows: readonly AttributeSpec[]): PolicyTable {
    const entries = new Map<number, PolicyEntry>()
    for (const row of rows) {
      const number = row.number[abi]
      if (number !== undefined)
        entries.set(
          number,
          entryOf(row.value, inner => of(inner)),
        )
    }
    return { maxattr: Math.max(0, ...entries.keys()), entries }
  }

  function wholeOf(set: AttributeSetSpec): PolicyTable {
    const found = whole.get(set)
    if (found !== undefined) return found
    const table = build(set.attributes)
    whole.set(set, table)
    return table
  }

  function partOf(set: AttributeSetSpec, rows: readonly AttributeSpec[]): PolicyTable {
    const known = parts.get(set) ?? new Map<string, PolicyTable>()
    parts.set(set, known)
    const key = rows.map(row => row.name).join()
    const found = known.get(key)
    if (found !== undefined) return found
    const table = build(rows)
    known.set(key, table)
    return table
  }

  function of(set: AttributeSetSpec, properties?: readonly string[]): PolicyTable {
    if (properties === undefined) return wholeOf(set)
    const rows = set.attributes.filter(row => properties.includes(row.property))
    if (rows.length === 0) return rejectAll
    return rows.length === set.attributes.length ? wholeOf(set) : partOf(set, rows)
  }

  return { of, rejectAll }
}

function entryOf(value: ValueSpec, tableOf: (set: AttributeSetSpec) => PolicyTable): PolicyEntry {
  switch (value.kind) {
    case 'int':
      return { kind: 'integer', size: value.size, big: value.big, ...boundsOf(value) }
    case 'family':
      return { kind: 'integer', size: value.size, big: false, ...boundsOf({ size: value.size, signed: false }) }
    case 'bitfield32':
      return { kind: 'bitfield32', mask: value.mask }
    case 'flag':
      return { kind: 'flag' }
    case 'string':
      return { kind: 'string', nul: value.nul === 'required', max: value.max }
    case 'bytes':
      return { kind: 'binary', min: value.min, max: value.max }
    case 'ip':
      return { kind: 'binary', min: 4, max: 16 }
    case 'struct':
      return { kind: 'binary', min: value.size, max: value.exact ? value.size : unbounded }
    case 'nested':
      return { kind: 'nested', array: false, flagged: value.flagged, inner: () => tableOf(value.set()) }
    case 'array':
    case 'map':
      return arrayEntry(value.item, value.flagged, tableOf)
    case 'custom':
      if (!isVariableInteger(value)) return anyBytes
      return { kind: 'variable', ...boundsOf({ size: 8, signed: value.signed, ...value.limits }) }
    default: // layouts that no policy describes: their codec checks them
      return anyBytes
  }
}

function arrayEntry(item: ValueSpec, flagged: boolean, tableOf: (set: AttributeSetSpec) => PolicyTable): PolicyEntry {
  const inner = item.kind === 'nested' ? () => tableOf(item.set()) : () => undefined
  return { kind: 'nested', array: true, flagged, inner }
}

function boundsOf(value: Pick<IntSpec, 'size' | 'signed' | 'min' | 'max' | 'mask'>): Bounds {
  const { size, signed, min, max, mask } = value
  const bits = BigInt(8 * size)
  const lowest = signed ? -(2n ** (bits - 1n)) : 0n
  const highest = signed ? 2n ** (bits - 1n) - 1n : 2n ** bits - 1n
  return {
    signed,
    min: min === undefined ? lowest : BigInt(min),
    max: max === undefined ? highest : BigInt(max),
    mask: mask === undefined ? undefined : BigInt(mask),
    bounded: min !== undefined || max !== undefined || mask !== undefined,
  }
}
