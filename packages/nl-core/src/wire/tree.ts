import { align4, NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_HDRLEN, NLA_TYPE_MASK } from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import { refuse } from './fault.ts'
import { concat, frameOf } from './frame.ts'
import { attributeLength, nestingMax } from './iterate.ts'
import { attributeBytesMax } from './values.ts'

/** An attribute without a schema. */
export interface TreeAttribute {
  /** Number, without flag bits. */
  readonly type: number
  /** NLA_F_NESTED. */
  readonly nested: boolean
  /** NLA_F_NET_BYTEORDER. */
  readonly netByteorder: boolean
  /** The payload: attributes where NLA_F_NESTED says so and they fill it, else bytes. */
  readonly content: Uint8Array | readonly TreeAttribute[]
  /** Padding that is not zeros to the next border, as kernels and broken clients leave it. */
  readonly padding?: Uint8Array
}

/** A message body without a schema: what stands before the attributes, they, and bytes that are none. */
export interface AttributeTree {
  readonly header: Uint8Array
  readonly attributes: readonly TreeAttribute[]
  readonly rest: Uint8Array
}

/**
 * Reads a body whose objects are not known: `headerSize` bytes, then attributes by the rules of the ABI. Never fails:
 * what is no attribute is kept as `rest`. Encoding the tree gives the same bytes.
 */
export function decodeTree(bytes: Uint8Array, headerSize: number, abi: Abi): AttributeTree {
  const start = Math.min(align4(headerSize), bytes.length)
  const list = readList(bytes, frameOf(bytes).view, start, bytes.length, abi, 1)
  return { header: bytes.slice(0, start), attributes: list.attributes, rest: bytes.slice(list.end) }
}

function readList(bytes: Uint8Array, view: DataView, start: number, end: number, abi: Abi, depth: number) {
  const attributes: TreeAttribute[] = []
  let at = start
  for (;;) {
    const length = attributeLength(view, at, end, abi)
    if (length <= 0) return { attributes, end: at }
    const next = Math.min(at + align4(length), end)
    attributes.push(readAttribute(bytes, view, at, at + length, next, abi, depth))
    at = next
  }
}

function readAttribute(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  next: number,
  abi: Abi,
  depth: number,
): TreeAttribute {
  const type = view.getUint16(at + 2, true)
  const start = at + NLA_HDRLEN
  const nested = (type & NLA_F_NESTED) !== 0
  const list = nested && depth < nestingMax ? readList(bytes, view, start, end, abi, depth + 1) : undefined
  const padding = bytes.slice(end, next)
  const canonical = padding.length === align4(end) - end && padding.every(byte => byte === 0)
  return {
    type: type & NLA_TYPE_MASK,
    nested,
    netByteorder: (type & NLA_F_NET_BYTEORDER) !== 0,
    content: list !== undefined && list.end === end ? list.attributes : bytes.slice(start, end),
    ...(!canonical && { padding }),
  }
}

/** Writes a tree. @throws WireError for an attribute of more than 65531 bytes */
export function encodeTree({ header, attributes, rest }: AttributeTree): Uint8Array {
  return concat([header, ...attributes.flatMap(attribute => pieces(attribute)), rest])
}

function pieces({ type, nested, netByteorder, content, padding }: TreeAttribute): Uint8Array[] {
  const payload = content instanceof Uint8Array ? content : concat(content.flatMap(inner => pieces(inner)))
  if (payload.length > attributeBytesMax) {
    refuse(`${payload.length} bytes are more than an attribute holds, ${attributeBytesMax}`, 0, {
      name: `attribute ${type}`,
      parent: undefined,
    })
  }
  const length = NLA_HDRLEN + payload.length
  const number = type | (nested ? NLA_F_NESTED : 0) | (netByteorder ? NLA_F_NET_BYTEORDER : 0)
  const head = Uint8Array.of(length & 0xff, length >> 8, number & 0xff, number >> 8)
  return [head, payload, padding ?? new Uint8Array(align4(length) - length)]
}
