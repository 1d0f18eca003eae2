import { align4, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from '../../constants.ts'
import type { Abi } from '../../model/abi.ts'
import { valueIn } from '../../wire/attributes.ts'
import type { AttributeSetSpec, ValueSpec } from '../../wire/schema.ts'
import type { RequestRecord } from './request.ts'

/** A part of a request: the attributes of a set between two offsets of the frame. */
interface Region {
  readonly set: AttributeSetSpec | undefined
  readonly from: number
  readonly to: number
}

/** Something found: where it begins, and what is inside. */
interface Found {
  readonly at: number
  readonly inside: Region
}

/**
 * Where an attribute stands in a request, bytes from the `nlmsghdr`, by the names that its schema gives: `['RTA_OIF']`,
 * outermost first for one inside nests, `RTA_MULTIPATH[1]` for an entry of a list. The last of several counts, as in
 * parsing. Of a path that the request has in part, the part that is there; `undefined` if it has none of it.
 */
export function offsetOfPath(request: RequestRecord, path: readonly string[]): number | undefined {
  const { frame, start, end, schema, abi } = request
  if (schema === undefined) return undefined
  let region: Region = { set: schema.attrs, from: start + NLMSG_HDRLEN + align4(schema.header.size), to: end }
  let offset: number | undefined
  for (const step of path) {
    const found = find(frame.view, region, step, abi)
    if (found === undefined) return offset
    offset = found.at - start
    region = found.inside
  }
  return offset
}

function find(view: DataView, { set, from, to }: Region, step: string, abi: Abi): Found | undefined {
  const [name = '', index] = step.split(/[[\]]/)
  const attribute = set?.attributes.find(row => row.name === name)
  const number = attribute?.number[abi]
  const at =
    number === undefined ? undefined : attributesIn(view, from, to).findLast(one => typeAt(view, one) === number)
  if (attribute === undefined || at === undefined) return undefined
  const value = valueIn(attribute, abi)
  const payload = { from: at + NLA_HDRLEN, to: at + view.getUint16(at, true) }
  if (index === undefined) return { at, inside: { ...insideOf(value, payload.from), to: payload.to } }
  return entryOf(view, value, payload, Number(index))
}

function typeAt(view: DataView, at: number): number {
  return view.getUint16(at + 2, true) & NLA_TYPE_MASK
}

/** Offsets of the attributes between two offsets. */
function attributesIn(view: DataView, from: number, to: number): number[] {
  const offsets: number[] = []
  for (let at = from; at + NLA_HDRLEN <= to; ) {
    const length = view.getUint16(at, true)
    if (length < NLA_HDRLEN || at + length > to) break
    offsets.push(at)
    at += align4(length)
  }
  return offsets
}

/** Where the attributes inside a value begin, and of which set they are. */
function insideOf(value: ValueSpec, from: number): Pick<Region, 'set' | 'from'> {
  if (value.kind === 'nested') return { set: value.set(), from }
  if (value.kind === 'headed') return { set: value.set(), from: from + value.struct.size }
  return { set: undefined, from }
}

/** An entry of a list, counted from 0. */
function entryOf(
  view: DataView,
  value: ValueSpec,
  { from, to }: Omit<Region, 'set'>,
  index: number,
): Found | undefined {
  if (value.kind === 'records') return recordOf(view, value, { from, to }, index)
  if (value.kind !== 'array') return undefined
  const at = attributesIn(view, from, to)[index]
  if (at === undefined) return undefined
  return { at, inside: { ...insideOf(value.item, at + NLA_HDRLEN), to: at + view.getUint16(at, true) } }
}

/** A structure that says its own length, such as `struct rtnexthop`, and the attributes behind it. */
function recordOf(
  view: DataView,
  { struct, length, set }: Extract<ValueSpec, { kind: 'records' }>,
  { from, to }: Omit<Region, 'set'>,
  index: number,
): Found | undefined {
  const field = struct.fields.find(({ name }) => name === length)?.offset ?? 0
  for (let at = from, left = index; at + struct.size <= to; left--) {
    const size = view.getUint16(at + field, true)
    if (size < struct.size || at + size > to) return undefined
    if (left === 0) return { at, inside: { set: set(), from: at + struct.size, to: at + size } }
    at += align4(size)
  }
  return undefined
}
