import { align4 } from '@nltool/nl-core'
import {
  attributeSet,
  body,
  type FieldSpec,
  pad,
  type Struct,
  type StructSpec,
  struct,
  u8,
  u16,
} from '@nltool/nl-core/wire'

const fields = {
  cmd: u8,
  version: u8,
  reserved: u16,
}

/** `struct genlmsghdr`, linux/genetlink.h: 4 bytes. */
export const genlmsghdr = struct('genlmsghdr', fields)

/** A message of which only `genlmsghdr` is read, to learn its command. */
export const headerOnly = body(genlmsghdr, attributeSet({}))

/** Fields of `genlmsghdr`, with those of the family's own header beside them. */
export interface GenericHeader {
  readonly cmd: number
  readonly version: number
  readonly reserved: number
  readonly [field: string]: unknown
}

/** The fixed headers of a family's messages as one structure: `genlmsghdr`, then the family's, padded to 4 bytes. */
export function headerOf(own: StructSpec | undefined): Struct<GenericHeader> {
  if (own === undefined || own.size === 0) return genlmsghdr
  const ownFields = own.fields.map((field): [string, FieldSpec] => [field.name, field.spec])
  const padding = align4(own.size) - own.size
  return struct(`genlmsghdr and ${own.name}`, {
    ...fields,
    ...Object.fromEntries(ownFields),
    ...(padding === 0 ? {} : { padding: pad(padding) }),
  })
}

/** The family's own fields of a header; `undefined` for a family without a header of its own. */
export function ownHeader(
  own: StructSpec | undefined,
  header: GenericHeader,
): { readonly [field: string]: unknown } | undefined {
  if (own === undefined) return undefined
  return Object.fromEntries(valueFields(own).map(name => [name, header[name]]))
}

/** A header of zeros. */
export function zeroHeader(own: StructSpec | undefined): { readonly [field: string]: unknown } {
  if (own === undefined) return {}
  return Object.fromEntries(own.fields.flatMap(({ name, spec }) => (spec.kind === 'pad' ? [] : [[name, zeroOf(spec)]])))
}

function valueFields(own: StructSpec): string[] {
  return own.fields.flatMap(({ name, spec }) => (spec.kind === 'pad' ? [] : [name]))
}

function zeroOf(spec: FieldSpec): number | bigint | Uint8Array {
  if (spec.kind === 'fixed') return new Uint8Array(spec.size)
  return spec.kind === 'int' && spec.size === 8 ? 0n : 0
}
