import { align4, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from '../../constants.ts'
import { WireError } from '../../errno/errors.ts'
import { type Path, refuse } from '../fault.ts'
import { attributeLength, nestingMax } from '../iterate.ts'
import { keep } from '../kept.ts'
import type { AttributeSetSpec, BodyOf, RawAttribute, StructSpec, ValueSpec } from '../schema.ts'
import { decodeCustom } from './custom.ts'
import { decodeScalar, type Payload, readInt, readStruct, refuseSize } from './decode-scalar.ts'
import { flagOf, type Reading, type RowPlan } from './state.ts'

/** A decoded set of attributes. */
interface Attrs {
  [property: string]: unknown
  unknown?: RawAttribute[] | undefined
}

/** One attribute as it stands in a list. */
interface Found {
  /** `nla_type` with its flag bits. */
  readonly type: number
  readonly at: number
  readonly end: number
}

/** Visits the attributes of a list by the rules of the ABI and notes whether the list is as this library writes it. */
function eachAttribute(
  reading: Reading,
  start: number,
  end: number,
  path: Path | undefined,
  visit: (found: Found) => void,
): void {
  const { frame, abi } = reading
  let pos = start
  for (;;) {
    const length = attributeLength(frame.view, pos, end, abi)
    if (length === 0) break
    const type = frame.view.getUint16(pos + 2, true)
    if (length < 0) refuseLength(reading, pos, type & NLA_TYPE_MASK, path)
    visit({ type, at: pos, end: pos + length })
    const next = pos + align4(length)
    for (let at = pos + length; at < Math.min(next, end); at++) if (frame.bytes[at] !== 0) reading.canonical = false
    pos = next
  }
  if (pos !== end) reading.canonical = false
}

/** Refuses an attribute whose length does not even cover its header. */
export function refuseLength(reading: Reading, at: number, type: number, path: Path | undefined): never {
  const length = reading.frame.view.getUint16(at, true)
  // The kernel's source prints a pointer; an offset from the nlmsghdr tells more and is the same every time.
  const offset = at - reading.start + NLMSG_HDRLEN
  refuse(`attribute ${type} has length ${length}, below its own header of 4`, at, path, {
    text: `Invalid attr ${offset} type ${type} len: ${length}`,
  })
}

/** Decodes a list of attributes; `reading.canonical` tells whether encoding gives it back. */
export function decodeAttrs(
  reading: Reading,
  set: AttributeSetSpec,
  start: number,
  end: number,
  path: Path | undefined,
  depth: number,
): Attrs {
  if (depth > nestingMax) refuse(`attributes are nested deeper than ${nestingMax} levels`, start, path)
  const plan = reading.plans(set)
  const attrs: Attrs = { ...plan.blank, unknown: undefined }
  let last = -1
  eachAttribute(reading, start, end, path, found => {
    const row = plan.byNumber.get(found.type & NLA_TYPE_MASK)
    const index = row?.index ?? Number.POSITIVE_INFINITY
    if (index < last || (index === last && row?.multi === false)) reading.canonical = false
    last = index
    if (row === undefined) addUnknown(reading, attrs, found)
    else addKnown(reading, attrs, row, found, path, depth)
  })
  return attrs
}

function addUnknown({ frame }: Reading, attrs: Attrs, { type, at, end }: Found): void {
  attrs.unknown ??= []
  attrs.unknown.push({ type, bytes: frame.bytes.slice(at + NLA_HDRLEN, end) })
}

function addKnown(
  reading: Reading,
  attrs: Attrs,
  row: RowPlan,
  found: Found,
  parent: Path | undefined,
  depth: number,
): void {
  const list = (row.multi ? (attrs[row.property] ?? []) : []) as unknown[]
  const name = row.multi ? `${row.name}[${list.length}]` : row.name
  if (found.type !== row.type) reading.canonical = false
  const payload: Payload = {
    type: found.type & NLA_TYPE_MASK,
    start: found.at + NLA_HDRLEN,
    end: found.end,
    path: { name, parent },
  }
  const value = decodeValue(reading, row.value, payload, depth)
  if (row.multi) list.push(value)
  attrs[row.property] = row.multi ? list : value
}

/** Decodes the payload of one attribute. */
export function decodeValue(reading: Reading, spec: ValueSpec, payload: Payload, depth: number): unknown {
  const { start, end, path } = payload
  switch (spec.kind) {
    case 'struct':
      return decodeStruct(reading, spec, payload)
    case 'structs':
      return decodeStructs(reading, spec.struct, payload)
    case 'nested':
      return keeping(reading, start, end, () => decodeAttrs(reading, spec.set(), start, end, path, depth + 1))
    case 'array':
      return decodeArray(reading, spec.item, payload, depth)
    case 'map':
      return decodeMap(reading, spec.item, payload, depth)
    case 'records':
      return decodeRecords(reading, spec, payload, depth)
    case 'headed':
      if (end - start < spec.struct.size) refuseSize(payload, spec.struct.name)
      return decodeHeaded(reading, spec.struct, spec.set(), start, end, path, depth + 1)
    case 'custom':
      return decodeCustom(reading, spec, payload)
    default:
      return decodeScalar(reading, spec, payload)
  }
}

/** Runs a decoder of an object of its own, and keeps the bytes with the object if it does not say all of them. */
function keeping<T extends object>(reading: Reading, start: number, end: number, decode: () => T): T {
  const outer = reading.canonical
  reading.canonical = true
  const object = decode()
  if (!reading.canonical) keep(object, { abi: reading.abi, bytes: reading.frame.bytes.slice(start, end) })
  reading.canonical = outer
  return object
}

/** Decodes a structure and the attributes after it. The caller has checked that the structure is whole. */
export function decodeHeaded(
  reading: Reading,
  struct: StructSpec,
  set: AttributeSetSpec,
  start: number,
  end: number,
  path: Path | undefined,
  depth: number,
  length?: string,
): BodyOf<Record<string, unknown>, Attrs> {
  return keeping(reading, start, end, () => {
    const header = readStruct(reading, struct, start, length)
    const attrs = start + align4(struct.size)
    for (let at = start + struct.size; at < attrs; at++) {
      if (at >= end || reading.frame.bytes[at] !== 0) reading.canonical = false
    }
    return { header, attrs: decodeAttrs(reading, set, Math.min(attrs, end), end, path, depth) }
  })
}

function decodeStruct(reading: Reading, spec: StructSpec, payload: Payload): unknown {
  const size = payload.end - payload.start
  if (size < spec.size || (spec.exact && size > spec.size)) refuseSize(payload, spec.name)
  if (size > spec.size) reading.canonical = false
  return readStruct(reading, spec, payload.start)
}

function decodeStructs(reading: Reading, struct: StructSpec, payload: Payload): unknown[] {
  const { start, end } = payload
  if ((end - start) % struct.size !== 0) refuseSize(payload, `an array of ${struct.name}`)
  const list: unknown[] = []
  for (let at = start; at < end; at += struct.size) list.push(readStruct(reading, struct, at))
  return list
}

function decodeArray(reading: Reading, item: ValueSpec, { start, end, path }: Payload, depth: number): unknown[] {
  const list: unknown[] = []
  eachAttribute(reading, start, end, path, found => {
    const index = list.length
    if (found.type !== ((index + 1) | flagOf(item))) reading.canonical = false
    list.push(decodeItem(reading, item, found, indexed(path, index), depth))
  })
  return list
}

function decodeMap(
  reading: Reading,
  item: ValueSpec,
  { start, end, path }: Payload,
  depth: number,
): Map<number, unknown> {
  const entries = new Map<number, unknown>()
  eachAttribute(reading, start, end, path, found => {
    const key = found.type & NLA_TYPE_MASK
    if (found.type !== (key | flagOf(item)) || entries.has(key)) reading.canonical = false
    entries.set(key, decodeItem(reading, item, found, indexed(path, key), depth))
  })
  return entries
}

function decodeItem(reading: Reading, item: ValueSpec, found: Found, path: Path | undefined, depth: number): unknown {
  if (depth >= nestingMax) refuse(`attributes are nested deeper than ${nestingMax} levels`, found.at, path)
  const payload = { type: found.type & NLA_TYPE_MASK, start: found.at + NLA_HDRLEN, end: found.end, path }
  return decodeValue(reading, item, payload, depth + 1)
}

/** The path of one entry of an attribute: `RTA_MULTIPATH[1]`. */
function indexed(path: Path | undefined, index: number): Path {
  return { name: `${path?.name ?? ''}[${index}]`, parent: path?.parent }
}

function decodeRecords(
  reading: Reading,
  spec: Extract<ValueSpec, { kind: 'records' }>,
  { start, end, path }: Payload,
  depth: number,
): unknown[] {
  const list: unknown[] = []
  const name = path?.name ?? spec.struct.name
  for (let at = start; at < end; ) {
    if (end - at < spec.struct.size) {
      refuse(`${end - at} bytes are too few for ${spec.struct.name}`, at, path, { text: `invalid ${name} attr` })
    }
    const length = recordLength(reading, spec, at)
    if (length < spec.struct.size || length > end - at) {
      refuse(`${spec.struct.name} ${list.length} has length ${length}`, at, indexed(path, list.length), {
        text: `${name}: bad length ${length}`,
      })
    }
    list.push(decodeRecord(reading, spec, at, at + length, path, list.length, depth))
    const next = at + align4(length)
    for (let rest = at + length; rest < next; rest++)
      if (reading.frame.bytes[rest] !== 0 || rest >= end) reading.canonical = false
    at = next
  }
  if (list.length === 0) refuse(`there is no ${spec.struct.name}`, start - 4, path, { text: `invalid ${name} attr` })
  return list
}

/** The field that counts the bytes of a record. */
function recordLength(reading: Reading, spec: Extract<ValueSpec, { kind: 'records' }>, at: number): number {
  const field = spec.struct.fields.find(({ name }) => name === spec.length)
  return field?.spec.kind === 'int' ? Number(readInt(reading.frame, at + field.offset, field.spec)) : 0
}

function decodeRecord(
  reading: Reading,
  spec: Extract<ValueSpec, { kind: 'records' }>,
  start: number,
  end: number,
  path: Path | undefined,
  index: number,
  depth: number,
): unknown {
  try {
    return decodeHeaded(reading, spec.struct, spec.set(), start, end, indexed(path, index), depth + 1, spec.length)
  } catch (error) {
    if (!(error instanceof WireError) || error.kernelText !== undefined) throw error
    const text = `${path?.name ?? spec.struct.name}: nexthop ${index}: parse failed`
    throw new WireError(error.what, { code: error.code, offset: error.offset, path: error.path, kernelText: text })
  }
}
