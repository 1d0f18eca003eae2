import type { Abi } from '../model/abi.ts'
import type { AttributeSetSpec, BodyLayout, FieldSpec, IntSpec, ValueSpec } from './schema.ts'
import { attributeBytesMax } from './values.ts'

/** A field of a fixed header, for people. */
export interface FieldDescription {
  readonly name: string
  /** From the start of the header, bytes. */
  readonly offset: number
  readonly type: string
}

/** An attribute, for people. */
export interface AttributeDescription {
  /** As in the header files. */
  readonly name: string
  /** In decoded objects. */
  readonly property: string
  /** `undefined` where the system lacks it. */
  readonly number: { readonly [abi in Abi]: number | undefined }
  /** In words: `u32`, `string ≤ 15`, `nest`. */
  readonly type: string
  /** In the Linux ABI, where it is another. */
  readonly linuxType?: string
  readonly doc?: string
  /** Attributes of a nest; absent inside itself. */
  readonly attributes?: readonly AttributeDescription[]
}

/** A body, for people: what the generated reference prints. */
export interface BodyDescription {
  readonly header: { readonly name: string; readonly size: number; readonly fields: readonly FieldDescription[] }
  readonly attributes: readonly AttributeDescription[]
}

/** Describes a body from its rows. */
export function describeBody({ header, attrs }: BodyLayout): BodyDescription {
  const fields = header.fields.map(({ name, offset, spec }) => ({ name, offset, type: fieldText(spec) }))
  return { header: { name: header.name, size: header.size, fields }, attributes: describeSet(attrs, []) }
}

function describeSet(set: AttributeSetSpec, around: readonly AttributeSetSpec[]): AttributeDescription[] {
  const within = [...around, set]
  return set.attributes.map(({ name, property, number, value, linuxValue, multi, doc }) => {
    const inner = innerSet(value)
    return {
      name,
      property,
      number,
      type: multi ? `${valueText(value)}, repeated` : valueText(value),
      ...(linuxValue !== undefined && { linuxType: valueText(linuxValue) }),
      ...(doc !== undefined && { doc }),
      ...(inner !== undefined && !within.includes(inner) && { attributes: describeSet(inner, within) }),
    }
  })
}

function innerSet(value: ValueSpec): AttributeSetSpec | undefined {
  if (value.kind === 'array' || value.kind === 'map') return innerSet(value.item)
  return value.kind === 'nested' || value.kind === 'headed' || value.kind === 'records' ? value.set() : undefined
}

/** A value in words. */
export function valueText(value: ValueSpec): string {
  switch (value.kind) {
    case 'int':
    case 'family':
      return fieldText(value)
    case 'string':
      return `${value.nul === 'required' ? 'string' : 'string, NUL optional'}${value.max < attributeBytesMax - 1 ? ` ≤ ${value.max}` : ''}`
    case 'bytes':
      return bytesText(value)
    case 'ip':
      return 'IP address, 4 or 16 bytes'
    case 'words':
      return `${value.signed ? 'i' : 'u'}${value.size * 8}[]`
    case 'struct':
      return `struct ${value.name}, ${value.size} bytes${value.exact ? '' : ' or more'}`
    case 'structs':
      return `struct ${value.struct.name}[]`
    case 'nested':
      return value.flagged ? 'nest, NLA_F_NESTED' : 'nest'
    case 'array':
      return `list of ${valueText(value.item)}`
    case 'map':
      return `${valueText(value.item)} by number`
    case 'records':
      return `struct ${value.struct.name} with attributes, repeated`
    case 'headed':
      return `struct ${value.struct.name} with attributes`
    case 'custom':
      return value.name
    default:
      return value.kind
  }
}

function fieldText(spec: FieldSpec): string {
  if (spec.kind === 'int') return intText(spec)
  if (spec.kind === 'family') return spec.size === 1 ? 'address family' : 'address family, 16 bits'
  const bytes = spec.size === 1 ? '1 byte' : `${spec.size} bytes`
  return spec.kind === 'pad' ? `${bytes} of padding` : bytes
}

function intText({ size, signed, big, min, max, mask }: IntSpec): string {
  const name = big ? `be${size * 8}` : `${signed ? 'i' : 'u'}${size * 8}`
  const limits: string[] = []
  if (min !== undefined) limits.push(`≥ ${min}`)
  if (max !== undefined) limits.push(`≤ ${max}`)
  if (mask !== undefined) limits.push(`bits 0x${mask.toString(16)}`)
  return [name, ...limits].join(' ')
}

function bytesText({ min, max }: Extract<ValueSpec, { kind: 'bytes' }>): string {
  if (min === max) return `${min} bytes`
  if (max < attributeBytesMax) return min === 0 ? `≤ ${max} bytes` : `${min} to ${max} bytes`
  return min === 0 ? 'bytes' : `≥ ${min} bytes`
}
