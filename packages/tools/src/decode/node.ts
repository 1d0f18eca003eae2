import { NLA_TYPE_MASK } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import {
  type AttributeSetSpec,
  familyToAbi,
  type RawAttribute,
  type StructSpec,
  type ValueSpec,
  valueIn,
} from '@nltool/nl-core/wire'
import { AF_INET, AF_INET6, AF_LINK } from '@nltool/nl-route'
import { meaningOf } from './meaning.ts'

/** A value with its name in the header files. Has either a value or members. JSON of `decode`. */
export interface Node {
  readonly name: string
  /** Number, text, hex digits of bytes, or a list of them. */
  readonly value?: unknown
  /** What the number means, where that is known: a word, or names of bits. */
  readonly meaning?: string
  readonly members?: readonly Node[]
}

/** The fields of a fixed structure, under its name. */
export function structNode(struct: StructSpec, fields: object, abi: Abi): Node {
  const values = fields as Readonly<Record<string, unknown>>
  const members = struct.fields
    .filter(({ spec, name }) => spec.kind !== 'pad' && values[name] !== undefined)
    .map(({ name, spec }) => {
      const value = spec.kind === 'family' ? familyName(values[name], abi) : values[name]
      return leaf(headerWord(name), value, `${struct.name}.${name}`, abi)
    })
  return { name: struct.name, members }
}

/** `dstLen` of the schema is `dst_len` in the header file. */
function headerWord(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

function leaf(name: string, value: unknown, full: string, abi: Abi): Node {
  const meaning = meaningOf(full, value, abi)
  return { name, value: scalar(value), ...(meaning !== undefined && { meaning }) }
}

/** The attributes of a set, in the order of its rows; those without a row last. */
export function attributeNodes(set: AttributeSetSpec, attrs: object, abi: Abi): Node[] {
  const values = attrs as Readonly<Record<string, unknown>>
  const { unknown: rest = [] } = attrs as { readonly unknown?: readonly RawAttribute[] }
  const known = set.attributes.flatMap(row => {
    const value = values[row.property]
    if (value === undefined) return []
    const spec = valueIn(row, abi)
    return row.multi
      ? (value as unknown[]).map(each => valueNode(row.name, spec, each, abi))
      : [valueNode(row.name, spec, value, abi)]
  })
  return [...known, ...rest.map(unknownNode)]
}

/** An attribute that no row describes. */
function unknownNode({ type, bytes }: RawAttribute): Node {
  return { name: `attribute ${type & NLA_TYPE_MASK}`, value: scalar(bytes) }
}

function valueNode(name: string, spec: ValueSpec, value: unknown, abi: Abi): Node {
  switch (spec.kind) {
    case 'nested':
      return { name, members: attributeNodes(spec.set(), value as object, abi) }
    case 'struct':
      return { name, members: structNode(spec, value as object, abi).members ?? [] }
    case 'structs':
      return list(name, value, each => structNode(spec.struct, each as object, abi).members ?? [])
    case 'records':
    case 'headed':
      return spec.kind === 'headed'
        ? { name, members: headed(spec, value, abi) }
        : list(name, value, each => headed(spec, each, abi))
    case 'array':
      return { name, members: (value as unknown[]).map((each, i) => valueNode(`[${i}]`, spec.item, each, abi)) }
    case 'map':
      return {
        name,
        members: [...(value as Map<number, unknown>)].map(([key, each]) => valueNode(`[${key}]`, spec.item, each, abi)),
      }
    case 'family':
      return { name, value: familyName(value, abi) }
    case 'flag':
      return { name, value: true }
    default:
      return leaf(name, value, name, abi)
  }
}

type WithHeader = Extract<ValueSpec, { readonly kind: 'records' | 'headed' }>

function headed(spec: WithHeader, value: unknown, abi: Abi): Node[] {
  const { header, attrs } = value as { readonly header: object; readonly attrs: object }
  return [...(structNode(spec.struct, header, abi).members ?? []), ...attributeNodes(spec.set(), attrs, abi)]
}

function list(name: string, value: unknown, membersOf: (each: unknown) => readonly Node[]): Node {
  return { name, members: (value as unknown[]).map((each, i) => ({ name: `[${i}]`, members: membersOf(each) })) }
}

/** Families by FreeBSD's number, to which the codec translates. */
const familyNames: Readonly<Record<number, string>> = {
  0: 'unspec',
  [AF_INET]: 'inet',
  [AF_LINK]: 'link',
  [AF_INET6]: 'inet6',
}

function familyName(value: unknown, abi: Abi): unknown {
  return familyNames[value as number] ?? familyToAbi(value as number, abi)
}

function scalar(value: unknown): unknown {
  return value instanceof Uint8Array ? hexOf(value) : value
}

/** Bytes as `0a1b`. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
