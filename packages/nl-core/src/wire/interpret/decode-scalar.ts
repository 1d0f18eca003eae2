import { IpAddress } from '../../model/ip.ts'
import type { Frame } from '../codec.ts'
import { familyFromAbi } from '../family.ts'
import { type Path, refuse } from '../fault.ts'
import type { FieldSpec, IntSpec, StructSpec, ValueSpec } from '../schema.ts'
import { readText } from '../text.ts'
import type { Reading } from './state.ts'

/** A payload: where it stands and whose it is. */
export interface Payload {
  /** Number of the attribute. */
  readonly type: number
  readonly start: number
  readonly end: number
  readonly path: Path | undefined
}

/** Refuses a payload as the getters of FreeBSD netlink_message_parser.c word it. */
export function refuseSize({ type, start, end, path }: Payload, expected: string): never {
  const size = end - start
  refuse(`${size} bytes are not ${expected}`, start - 4, path, {
    text: `nla type ${type} size(${size}) is not ${expected}`,
  })
}

/** An integer at an offset that is known to hold it. */
export function readInt({ view }: Frame, at: number, spec: IntSpec): number | bigint {
  const little = !spec.big
  if (spec.size === 8) return spec.signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little)
  if (spec.size === 4) return spec.signed ? view.getInt32(at, little) : view.getUint32(at, little)
  if (spec.size === 2) return spec.signed ? view.getInt16(at, little) : view.getUint16(at, little)
  return spec.signed ? view.getInt8(at) : view.getUint8(at)
}

export function readFamily(reading: Reading, at: number, size: 1 | 2): number {
  const { view } = reading.frame
  return familyFromAbi(size === 1 ? view.getUint8(at) : view.getUint16(at, true), reading.abi)
}

/** A structure at an offset that is known to hold it whole. */
export function readStruct(reading: Reading, struct: StructSpec, at: number, skip?: string): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const { name, offset, spec } of struct.fields) {
    const value = readField(reading, spec, at + offset)
    if (spec.kind !== 'pad' && name !== skip) object[name] = value
  }
  return object
}

export function readField(reading: Reading, spec: FieldSpec, at: number): unknown {
  if (spec.kind === 'int') return readInt(reading.frame, at, spec)
  if (spec.kind === 'family') return readFamily(reading, at, spec.size)
  if (spec.kind === 'fixed') return reading.frame.bytes.slice(at, at + spec.size)
  for (let index = 0; index < spec.size; index++) if (reading.frame.bytes[at + index] !== 0) reading.canonical = false
  return undefined
}

/** Values that hold no other values. */
export type ScalarSpec = Extract<
  ValueSpec,
  { kind: 'int' | 'family' | 'flag' | 'string' | 'bytes' | 'ip' | 'words' | 'bitfield32' }
>

export function decodeScalar(reading: Reading, spec: ScalarSpec, payload: Payload): unknown {
  const { start, end } = payload
  const size = end - start
  switch (spec.kind) {
    case 'int':
      if (size !== spec.size) refuseSize(payload, `uint${spec.size * 8}`)
      return readInt(reading.frame, start, spec)
    case 'family':
      if (size !== spec.size) refuseSize(payload, `uint${spec.size * 8}`)
      return readFamily(reading, start, spec.size)
    case 'flag':
      if (size !== 0) refuseSize(payload, 'a flag')
      return true
    case 'string':
      return decodeString(reading, spec, payload)
    case 'bytes':
      if (size < spec.min || size > spec.max) refuseSize(payload, bytesExpected(spec))
      return reading.frame.bytes.slice(start, end)
    case 'ip':
      return decodeIp(reading.frame, payload)
    case 'words':
      return decodeWords(reading.frame, spec, payload)
    case 'bitfield32': {
      if (size !== 8) refuseSize(payload, 'nla_bitfield32')
      const { view } = reading.frame
      return { value: view.getUint32(start, true), selector: view.getUint32(start + 4, true) }
    }
  }
}

function bytesExpected({ min, max }: { readonly min: number; readonly max: number }): string {
  return min === max ? `${min} bytes` : `${min} to ${max} bytes`
}

function decodeString(reading: Reading, spec: Extract<ScalarSpec, { kind: 'string' }>, payload: Payload): string {
  const { start, end } = payload
  const text = readText(reading.frame.bytes, start, end)
  if (spec.nul === 'required' && text.nul < 0) refuseSize(payload, 'NULL-terminated')
  if (text.nul !== end - 1 || !text.exact || text.nul - start > spec.max) reading.canonical = false
  return text.value
}

function decodeIp({ view }: Frame, { type, start, end, path }: Payload): IpAddress {
  const word = (index: number): number => view.getInt32(start + 4 * index, true)
  const size = end - start
  if (size === 4) return new IpAddress(4, word(0), 0, 0, 0)
  if (size === 16) return new IpAddress(16, word(0), word(1), word(2), word(3))
  return refuse(`${size} bytes are no IP address, which has 4 or 16`, start - 4, path, {
    code: 'EOPNOTSUPP',
    text: `unknown IP len: ${size} for rta type ${type}`,
  })
}

function decodeWords(frame: Frame, spec: Extract<ScalarSpec, { kind: 'words' }>, payload: Payload): unknown[] {
  const { start, end } = payload
  if ((end - start) % spec.size !== 0) refuseSize(payload, `a multiple of ${spec.size} bytes`)
  const words: unknown[] = []
  const int = { kind: 'int', size: spec.size, signed: spec.signed, big: false } as const
  for (let at = start; at < end; at += spec.size) words.push(readInt(frame, at, int))
  return words
}
