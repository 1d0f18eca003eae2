import { align4, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import { attributeOf, valueIn } from './attributes.ts'
import { frameOf } from './frame.ts'
import { attributeLength } from './iterate.ts'
import type { AttributeSetSpec, BodyLayout, StructSpec, ValueSpec } from './schema.ts'

/** A walk through the bytes of a request towards an offset. */
interface Walk {
  readonly view: DataView
  readonly abi: Abi
  readonly offset: number
}

/** What stands at the offset: the names on the way, and the set that belongs to the innermost nest. */
interface Place {
  readonly names: readonly string[]
  readonly set: AttributeSetSpec | undefined
}

/**
 * Names the attribute of a request at which an offset (NLMSGERR_ATTR_OFFS) points, from the top of the message:
 * `RTA_MULTIPATH[1].RTA_GATEWAY`. An attribute without a row is `attribute 77`, a header field `rtmsg.table`.
 * `undefined` if the offset points at nothing.
 *
 * @param request the message from its `nlmsghdr`, from which the offset counts
 */
export function attributePathAt(request: Uint8Array, schema: BodyLayout, offset: number, abi: Abi): string | undefined {
  return placeOf(request, schema, offset, abi)?.names.join('.')
}

/**
 * Names an attribute that a request lacks: NLMSGERR_ATTR_MISS_TYPE, in the nest at the offset NLMSGERR_ATTR_MISS_NEST
 * or at the top level.
 */
export function missingPathAt(
  request: Uint8Array,
  schema: BodyLayout,
  type: number,
  nest: number | undefined,
  abi: Abi,
): string {
  const place = nest === undefined ? { names: [], set: schema.attrs } : placeOf(request, schema, nest, abi)
  const row = place?.set === undefined ? undefined : attributeOf(place.set, type, abi)
  return [...(place?.names ?? []), row?.name ?? `attribute ${type}`].join('.')
}

function placeOf(request: Uint8Array, schema: BodyLayout, offset: number, abi: Abi): Place | undefined {
  const walk: Walk = { view: frameOf(request).view, abi, offset }
  const attrs = NLMSG_HDRLEN + align4(schema.header.size)
  if (offset < attrs) return inStruct(schema.header, offset - NLMSG_HDRLEN)
  return inSet(walk, schema.attrs, attrs, request.length)
}

/** The field of a structure that an offset from its start points into. */
function inStruct(struct: StructSpec, offset: number): Place | undefined {
  const field = struct.fields.find(({ offset: at, spec }) => offset >= at && offset < at + spec.size)
  return field === undefined ? undefined : { names: [`${struct.name}.${field.name}`], set: undefined }
}

/** The attribute of a list that covers the offset, and what inside it does. */
function inSet(walk: Walk, set: AttributeSetSpec, start: number, end: number): Place | undefined {
  const found = cover(walk, start, end)
  if (found === undefined) return undefined
  const row = attributeOf(set, found.type, walk.abi)
  const name = row?.name ?? `attribute ${found.type}`
  if (row === undefined) return { names: [name], set: undefined }
  return inValue(walk, valueIn(row, walk.abi), name, found.at, found.end)
}

/** The attribute of a list in which the offset lies. */
function cover({ view, abi, offset }: Walk, start: number, end: number) {
  for (let at = start; ; ) {
    const length = attributeLength(view, at, end, abi)
    // A list that ends in a bad length still has an attribute there: the one that was refused for it.
    const size = length > 0 ? length : end - at >= NLA_HDRLEN ? NLA_HDRLEN : 0
    if (size === 0 || offset < at) return undefined
    if (offset < at + align4(size)) return { at, end: at + size, type: view.getUint16(at + 2, true) & NLA_TYPE_MASK }
    if (length <= 0) return undefined
    at += align4(length)
  }
}

/** What an attribute has at the offset, below itself. */
function inValue(walk: Walk, value: ValueSpec, name: string, at: number, end: number): Place {
  const set = setOf(value)
  if (walk.offset < at + NLA_HDRLEN) return { names: [name], set }
  const start = at + NLA_HDRLEN
  switch (value.kind) {
    case 'nested':
      return below(name, inSet(walk, value.set(), start, end), set)
    case 'headed':
      return below(name, inHeaded(walk, value.struct, value.set(), start, end), set)
    case 'records':
      return inRecords(walk, value, name, start, end)
    case 'array':
    case 'map':
      return inList(walk, value, name, start, end)
    case 'struct':
      return below(name, inStruct(value, walk.offset - start), set)
    default:
      return { names: [name], set }
  }
}

function setOf(value: ValueSpec): AttributeSetSpec | undefined {
  return value.kind === 'nested' || value.kind === 'headed' || value.kind === 'records' ? value.set() : undefined
}

function below(name: string, inner: Place | undefined, set: AttributeSetSpec | undefined): Place {
  return inner === undefined ? { names: [name], set } : { names: [name, ...inner.names], set: inner.set }
}

function inHeaded(
  walk: Walk,
  struct: StructSpec,
  set: AttributeSetSpec,
  start: number,
  end: number,
): Place | undefined {
  const attrs = start + align4(struct.size)
  return walk.offset < attrs ? inStruct(struct, walk.offset - start) : inSet(walk, set, attrs, end)
}

function inRecords(
  walk: Walk,
  value: Extract<ValueSpec, { kind: 'records' }>,
  name: string,
  start: number,
  end: number,
): Place {
  const field = value.struct.fields.find(item => item.name === value.length)
  let index = 0
  for (let at = start; end - at >= value.struct.size; index++) {
    const length = walk.view.getUint16(at + (field?.offset ?? 0), true)
    if (length < value.struct.size) break
    const set = value.set()
    if (walk.offset < at + align4(length)) {
      return below(`${name}[${index}]`, inHeaded(walk, value.struct, set, at, Math.min(at + length, end)), set)
    }
    at += align4(length)
  }
  return { names: [name], set: undefined }
}

function inList(
  walk: Walk,
  value: Extract<ValueSpec, { kind: 'array' | 'map' }>,
  name: string,
  start: number,
  end: number,
): Place {
  const found = cover(walk, start, end)
  if (found === undefined) return { names: [name], set: undefined }
  const key = value.kind === 'map' ? found.type : indexOf(walk, start, found.at, end)
  return inValue(walk, value.item, `${name}[${key}]`, found.at, found.end)
}

/** How many attributes of a list come before one. */
function indexOf({ view, abi }: Walk, start: number, target: number, end: number): number {
  let index = 0
  for (let at = start; at < target; index++) at += align4(Math.max(attributeLength(view, at, end, abi), NLA_HDRLEN))
  return index
}
