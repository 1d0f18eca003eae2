import { IpAddress } from '../../model/ip.ts'
import type { Writer } from '../codec.ts'
import { familyToAbi } from '../family.ts'
import { type Path, refuse } from '../fault.ts'
import type { FieldSpec, IntSpec, StructSpec } from '../schema.ts'
import { textBytes } from '../text.ts'
import type { ScalarSpec } from './decode-scalar.ts'
import type { Writing } from './state.ts'

/** A value in words for messages; long ones are cut. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'object' && value !== null && !(value instanceof IpAddress) ? 'an object' : String(value)
}

/** How many values an integer of so many bytes has. */
const ranges = { 1: 0x100, 2: 0x1_0000, 4: 0x1_0000_0000, 8: 0 } as const

/** Whether a number or bigint lies within the width of an integer. */
function fits({ size, signed }: IntSpec, value: number | bigint): boolean {
  if (typeof value === 'bigint') return (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) === value
  const range = ranges[size]
  return signed ? value >= -range / 2 && value < range / 2 : value >= 0 && value < range
}

/** The width of an integer in words: `uint8, 0 to 255`. */
function widthText({ size, signed }: IntSpec): string {
  const range = 1n << BigInt(8 * size)
  return signed ? `int${size * 8}, ${-range / 2n} to ${range / 2n - 1n}` : `uint${size * 8}, 0 to ${range - 1n}`
}

/** Checks that a value is an integer of the width: a bigint where it has 64 bits, else a number. */
function checkInt(spec: IntSpec, value: unknown, at: number, path: Path | undefined): void {
  const wanted = spec.size === 8 ? typeof value === 'bigint' : Number.isInteger(value)
  if (!wanted) refuse(`${shown(value)} is no ${spec.size === 8 ? 'bigint' : 'integer'}`, at, path)
  if (!fits(spec, value as number | bigint)) refuse(`${shown(value)} is not ${widthText(spec)}`, at, path)
}

/** Writes an integer at a place that has room. */
export function writeInt({ view }: Writer, at: number, spec: IntSpec, value: unknown, path: Path | undefined): void {
  checkInt(spec, value, at, path)
  const little = !spec.big
  if (spec.size === 8) view.setBigUint64(at, BigInt.asUintN(64, value as bigint), little)
  else if (spec.size === 4) view.setInt32(at, value as number, little)
  else if (spec.size === 2) view.setInt16(at, value as number, little)
  else view.setInt8(at, value as number)
}

function writeFamily(writing: Writing, at: number, size: 1 | 2, value: unknown, path: Path | undefined): void {
  const number = typeof value === 'number' && value >= 0 ? familyToAbi(value, writing.abi) : undefined
  if (number === undefined) {
    refuse(`${shown(value)} is no address family of the ${writing.abi} ABI`, at, path, { code: 'EAFNOSUPPORT' })
  }
  writeInt(writing.writer, at, { kind: 'int', size, signed: false, big: false }, number, path)
}

/** Appends a structure; `length` is the field that the caller fills in later. */
export function writeStruct(
  writing: Writing,
  struct: StructSpec,
  value: unknown,
  path: Path | undefined,
  length?: string,
): void {
  const { writer } = writing
  if (typeof value !== 'object' || value === null) refuse(`${shown(value)} is no ${struct.name}`, writer.pos, path)
  writer.reserve(struct.size)
  const properties = value as Readonly<Record<string, unknown>>
  for (const { name, offset, spec } of struct.fields) {
    if (name === length) continue
    writeField(writing, spec, writer.pos + offset, properties[name], { name: `${struct.name}.${name}`, parent: path })
  }
  writer.pos += struct.size
}

function writeField(writing: Writing, spec: FieldSpec, at: number, value: unknown, path: Path): void {
  if (spec.kind === 'int') writeInt(writing.writer, at, spec, value, path)
  else if (spec.kind === 'family') writeFamily(writing, at, spec.size, value, path)
  else if (spec.kind === 'fixed') {
    if (!(value instanceof Uint8Array) || value.length !== spec.size) {
      refuse(`${shown(value)} where ${spec.size} bytes belong`, at, path)
    }
    writing.writer.bytes.set(value, at)
  }
}

/** Appends bytes. */
export function writeBytes(writer: Writer, bytes: Uint8Array): void {
  writer.ensure(bytes.length)
  writer.bytes.set(bytes, writer.pos)
  writer.pos += bytes.length
}

/** Appends the payload of a value that holds no other values. */
export function encodeScalar(writing: Writing, spec: ScalarSpec, value: unknown, path: Path | undefined): void {
  const { writer } = writing
  const at = writer.pos
  switch (spec.kind) {
    case 'int':
      writer.reserve(spec.size)
      writeInt(writer, at, spec, value, path)
      writer.pos += spec.size
      return
    case 'family':
      writer.reserve(spec.size)
      writeFamily(writing, at, spec.size, value, path)
      writer.pos += spec.size
      return
    case 'flag':
      if (value !== true) refuse(`${shown(value)} is no flag, which is true or absent`, at, path)
      return
    case 'string':
      encodeString(writer, spec, value, path)
      return
    case 'bytes':
      if (!(value instanceof Uint8Array)) refuse(`${shown(value)} where bytes belong`, at, path)
      if (value.length < spec.min || value.length > spec.max) {
        refuse(`${value.length} bytes are not ${spec.min} to ${spec.max}`, at, path)
      }
      writeBytes(writer, value)
      return
    case 'ip':
      if (!(value instanceof IpAddress)) refuse(`${shown(value)} is no IpAddress`, at, path)
      writeBytes(writer, value.toBytes())
      return
    case 'words':
      encodeWords(writer, spec, value, path)
      return
    case 'bitfield32':
      encodeBitfield(writer, value, path)
      return
  }
}

function encodeString(
  writer: Writer,
  spec: Extract<ScalarSpec, { kind: 'string' }>,
  value: unknown,
  path: Path | undefined,
): void {
  if (typeof value !== 'string') refuse(`${shown(value)} where text belongs`, writer.pos, path)
  const bytes = textBytes(value)
  if (bytes === undefined) refuse(`${shown(value)} holds a NUL or half a character`, writer.pos, path)
  if (bytes.length > spec.max)
    refuse(`${shown(value)} has ${bytes.length} bytes, more than ${spec.max}`, writer.pos, path)
  writer.reserve(bytes.length + 1)
  writeBytes(writer, bytes)
  writer.bytes[writer.pos++] = 0
}

function encodeWords(
  writer: Writer,
  spec: Extract<ScalarSpec, { kind: 'words' }>,
  value: unknown,
  path: Path | undefined,
): void {
  if (!Array.isArray(value)) refuse(`${shown(value)} is no array`, writer.pos, path)
  const int = { kind: 'int', size: spec.size, signed: spec.signed, big: false } as const
  for (const [index, word] of value.entries()) {
    writer.reserve(spec.size)
    writeInt(writer, writer.pos, int, word, { name: `[${index}]`, parent: path })
    writer.pos += spec.size
  }
}

function encodeBitfield(writer: Writer, value: unknown, path: Path | undefined): void {
  if (typeof value !== 'object' || value === null) refuse(`${shown(value)} is no nla_bitfield32`, writer.pos, path)
  const { value: bits, selector } = value as { readonly value?: unknown; readonly selector?: unknown }
  const u32 = { kind: 'int', size: 4, signed: false, big: false } as const
  writer.reserve(8)
  writeInt(writer, writer.pos, u32, bits, { name: 'value', parent: path })
  writeInt(writer, writer.pos + 4, u32, selector, { name: 'selector', parent: path })
  writer.pos += 8
}
