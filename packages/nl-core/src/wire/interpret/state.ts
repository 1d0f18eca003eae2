import { NLA_F_NESTED } from '../../constants.ts'
import type { Abi } from '../../model/abi.ts'
import { valueIn } from '../attributes.ts'
import type { Frame, Writer } from '../codec.ts'
import type { AttributeSetSpec, ValueSpec } from '../schema.ts'

/** A row as one ABI has it. */
export interface RowPlan {
  readonly index: number
  readonly name: string
  readonly property: string
  readonly multi: boolean
  readonly value: ValueSpec
  /** `nla_type` as it is written: number and flag. */
  readonly type: number
}

/** An attribute set as one ABI has it. */
export interface SetPlan {
  readonly rows: readonly RowPlan[]
  readonly byNumber: ReadonlyMap<number, RowPlan>
  /** Every property, of rows that the ABI lacks too: all objects of a set have one shape. */
  readonly properties: readonly string[]
  /** An object with all of them and `unknown`, absent: copying it is faster than adding them one by one. */
  readonly blank: { readonly [property: string]: undefined }
}

/** Finds the plan of a set, made at its first use. */
export type Plans = (set: AttributeSetSpec) => SetPlan

/** Whether an attribute with this value is written with NLA_F_NESTED. */
export function flagOf(value: ValueSpec): number {
  return (value.kind === 'nested' || value.kind === 'array' || value.kind === 'map') && value.flagged ? NLA_F_NESTED : 0
}

/** What a set means in an ABI. */
export function planOf(set: AttributeSetSpec, abi: Abi): SetPlan {
  const rows: RowPlan[] = []
  const byNumber = new Map<number, RowPlan>()
  for (const [index, attribute] of set.attributes.entries()) {
    const number = attribute.number[abi]
    if (number === undefined) continue
    const { name, property, multi } = attribute
    const value = valueIn(attribute, abi)
    const row = { index, name, property, multi, value, type: number | flagOf(value) }
    rows.push(row)
    byNumber.set(number, row)
  }
  const properties = set.attributes.map(attribute => attribute.property)
  const blank = Object.fromEntries([...properties, 'unknown'].map(property => [property, undefined]))
  return { rows, byNumber, properties, blank }
}

/** Plans of one ABI, remembered. */
export function createPlans(abi: Abi): Plans {
  const plans = new Map<AttributeSetSpec, SetPlan>()
  return set => {
    const known = plans.get(set)
    if (known !== undefined) return known
    const plan = planOf(set, abi)
    plans.set(set, plan)
    return plan
  }
}

/** One decoding. */
export interface Reading {
  readonly abi: Abi
  readonly plans: Plans
  readonly frame: Frame
  /** Where the body starts. */
  readonly start: number
  /** Nothing was found so far that encoding the object would not give back. */
  canonical: boolean
}

/** One encoding. */
export interface Writing {
  readonly abi: Abi
  readonly plans: Plans
  readonly writer: Writer
}
