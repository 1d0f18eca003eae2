import { align4, NLA_HDRLEN, NLA_TYPE_MASK } from '../../constants.ts'
import type { Writer } from '../codec.ts'
import { type Path, refuse } from '../fault.ts'
import { frameOf } from '../frame.ts'
import { nestingMax } from '../iterate.ts'
import { keptOf } from '../kept.ts'
import { same } from '../same.ts'
import type { AttributeSetSpec, CustomSpec, RawAttribute, StructSpec, ValueSpec } from '../schema.ts'
import { attributeBytesMax } from '../values.ts'
import { refuseCustom } from './custom.ts'
import { decodeAttrs, decodeHeaded } from './decode.ts'
import { encodeScalar, shown, writeBytes, writeStruct } from './encode-scalar.ts'
import { flagOf, type Reading, type Writing } from './state.ts'

/** Appends one attribute, padded; `payload` appends what it holds. */
function putAttribute(writer: Writer, type: number, path: Path | undefined, payload: () => void): void {
  const at = writer.pos
  writer.reserve(NLA_HDRLEN)
  writer.pos += NLA_HDRLEN
  payload()
  const length = writer.pos - at
  if (length > attributeBytesMax + NLA_HDRLEN) {
    refuse(`${length - NLA_HDRLEN} bytes are more than an attribute holds, ${attributeBytesMax}`, at, path)
  }
  writer.reserve(3)
  writer.pos = at + align4(length)
  writer.view.setUint16(at, length, true)
  writer.view.setUint16(at + 2, type, true)
}

/**
 * Writes the bytes that an object was decoded from, if they were kept and it has not been changed since: decoding them
 * again, extended by zeros to `least` bytes, says the same.
 */
function writeKept(
  writing: Writing,
  object: object,
  least: number,
  decode: (reading: Reading, end: number) => object,
): boolean {
  const { abi, plans, writer } = writing
  const kept = keptOf(object)
  if (kept === undefined || kept.abi !== abi) return false
  const bytes = new Uint8Array(Math.max(kept.bytes.length, least))
  bytes.set(kept.bytes)
  const again = decode({ abi, plans, frame: frameOf(bytes), start: 0, canonical: true }, bytes.length)
  if (!same(again, object)) return false
  writeBytes(writer, kept.bytes)
  return true
}

/** Appends attributes in the order of the rows, then those that no row describes. */
function encodeAttrs(
  writing: Writing,
  set: AttributeSetSpec,
  value: unknown,
  path: Path | undefined,
  depth: number,
): void {
  const { writer } = writing
  if (typeof value !== 'object' || value === null) refuse(`${shown(value)} is no set of attributes`, writer.pos, path)
  if (depth > nestingMax) refuse(`attributes are nested deeper than ${nestingMax} levels`, writer.pos, path)
  const attrs = value as { readonly [property: string]: unknown; readonly unknown?: unknown }
  for (const row of writing.plans(set).rows) {
    const content = attrs[row.property]
    if (content === undefined || (row.value.kind === 'flag' && content === false)) continue
    if (!row.multi) {
      encodeAttribute(writing, row.type, row.value, content, { name: row.name, parent: path }, depth)
      continue
    }
    if (!Array.isArray(content)) refuse(`${shown(content)} is no array`, writer.pos, { name: row.name, parent: path })
    for (const [index, item] of content.entries()) {
      encodeAttribute(writing, row.type, row.value, item, { name: `${row.name}[${index}]`, parent: path }, depth)
    }
  }
  for (const [index, raw] of unknownOf(writing, attrs.unknown, path).entries()) {
    const at = { name: `unknown[${index}]`, parent: path }
    const { type, bytes } = checkRaw(raw, writer.pos, at)
    putAttribute(writer, type, at, () => writeBytes(writer, bytes))
  }
}

function unknownOf({ writer }: Writing, unknown: unknown, path: Path | undefined): unknown[] {
  if (unknown === undefined) return []
  if (Array.isArray(unknown)) return unknown
  refuse(`${shown(unknown)} is no array`, writer.pos, { name: 'unknown', parent: path })
}

function checkRaw(raw: unknown, offset: number, path: Path): RawAttribute {
  const { type, bytes } = (raw ?? {}) as Partial<RawAttribute>
  if (typeof type !== 'number' || (type & 0xffff) !== type) refuse(`${shown(type)} is no nla_type`, offset, path)
  if (!(bytes instanceof Uint8Array)) refuse(`${shown(bytes)} where bytes belong`, offset, path)
  return { type, bytes }
}

function encodeAttribute(
  writing: Writing,
  type: number,
  spec: ValueSpec,
  value: unknown,
  path: Path,
  depth: number,
): void {
  putAttribute(writing.writer, type, path, () => encodeValue(writing, spec, value, path, depth))
}

function encodeValue(writing: Writing, spec: ValueSpec, value: unknown, path: Path, depth: number): void {
  switch (spec.kind) {
    case 'struct':
      writeStruct(writing, spec, value, path)
      return
    case 'structs':
      encodeList(writing, value, path, (item, at) => writeStruct(writing, spec.struct, item, at))
      return
    case 'nested':
      encodeNested(writing, spec.set(), value, path, depth + 1)
      return
    case 'array':
      encodeArray(writing, spec.item, value, path, depth)
      return
    case 'map':
      encodeMap(writing, spec.item, value, path, depth)
      return
    case 'records':
      encodeRecords(writing, spec, value, path, depth)
      return
    case 'headed':
      encodeHeaded(writing, spec.struct, spec.set(), value, path, depth + 1)
      return
    case 'custom':
      encodeCustom(writing, spec, value, path)
      return
    default:
      encodeScalar(writing, spec, value, path)
  }
}

function encodeNested(writing: Writing, set: AttributeSetSpec, value: unknown, path: Path, depth: number): void {
  const decode = (reading: Reading, end: number): object => decodeAttrs(reading, set, 0, end, undefined, depth)
  if (typeof value === 'object' && value !== null && writeKept(writing, value, 0, decode)) return
  encodeAttrs(writing, set, value, path, depth)
}

/** Appends a structure and attributes; a field `length` gets the number of bytes. */
export function encodeHeaded(
  writing: Writing,
  struct: StructSpec,
  set: AttributeSetSpec,
  value: unknown,
  path: Path | undefined,
  depth: number,
  length?: string,
): void {
  const { writer } = writing
  if (typeof value !== 'object' || value === null) refuse(`${shown(value)} is no ${struct.name}`, writer.pos, path)
  const decode = (reading: Reading, end: number): object =>
    decodeHeaded(reading, struct, set, 0, end, undefined, depth, length)
  if (writeKept(writing, value, align4(struct.size), decode)) return
  const { header, attrs } = value as { readonly header?: unknown; readonly attrs?: unknown }
  writeStruct(writing, struct, header, path, length)
  writer.reserve(3)
  writer.pos = align4(writer.pos)
  encodeAttrs(writing, set, attrs, path, depth)
}

function encodeList(writing: Writing, value: unknown, path: Path, write: (item: unknown, path: Path) => void): void {
  if (!Array.isArray(value)) refuse(`${shown(value)} is no array`, writing.writer.pos, path)
  for (const [index, item] of value.entries()) write(item, { name: `${path.name}[${index}]`, parent: path.parent })
}

function encodeArray(writing: Writing, item: ValueSpec, value: unknown, path: Path, depth: number): void {
  let number = 0
  encodeList(writing, value, path, (entry, at) => {
    number += 1
    encodeAttribute(writing, number | flagOf(item), item, entry, at, depth + 1)
  })
}

function encodeMap(writing: Writing, item: ValueSpec, value: unknown, path: Path, depth: number): void {
  if (!(value instanceof Map)) refuse(`${shown(value)} is no Map`, writing.writer.pos, path)
  for (const [key, entry] of value as ReadonlyMap<unknown, unknown>) {
    const at = { name: `${path.name}[${String(key)}]`, parent: path.parent }
    if (typeof key !== 'number' || !Number.isInteger(key) || key < 0 || key > NLA_TYPE_MASK) {
      refuse(`${shown(key)} is no nla_type`, writing.writer.pos, at)
    }
    encodeAttribute(writing, key | flagOf(item), item, entry, at, depth + 1)
  }
}

function encodeRecords(
  writing: Writing,
  spec: Extract<ValueSpec, { kind: 'records' }>,
  value: unknown,
  path: Path,
  depth: number,
): void {
  const { writer } = writing
  const field = spec.struct.fields.find(({ name }) => name === spec.length)
  if (Array.isArray(value) && value.length === 0) refuse(`there is no ${spec.struct.name}`, writer.pos, path)
  encodeList(writing, value, path, (item, at) => {
    const start = writer.pos
    encodeHeaded(writing, spec.struct, spec.set(), item, at, depth + 1, spec.length)
    const length = writer.pos - start
    if (length > 0xffff) refuse(`${length} bytes are more than a ${spec.struct.name} holds`, start, at)
    if (field !== undefined) writer.view.setUint16(start + field.offset, length, true)
    writer.reserve(3)
    writer.pos = start + align4(length)
  })
}

function encodeCustom(writing: Writing, spec: CustomSpec, value: unknown, path: Path): void {
  let bytes: Uint8Array
  try {
    bytes = spec.encode(value as never, writing.abi)
  } catch (error) {
    refuseCustom(error, spec.name, writing.writer.pos, path)
  }
  writeBytes(writing.writer, bytes)
}
