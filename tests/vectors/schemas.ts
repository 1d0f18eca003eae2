import { align4, NETLINK_GENERIC, NETLINK_ROUTE, NLMSG_DONE, NLMSG_ERROR, NLMSG_HDRLEN } from '@nltool/nl-core'
import { WireError } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import {
  body,
  createWriter,
  decodeTree,
  doneBody,
  encodeTree,
  errorLayout,
  extAckBody,
  frameOf,
  type Message,
  messages,
} from '@nltool/nl-core/wire'
import { ctrlAttrs, GENL_ID_CTRL, genlmsghdr } from '@nltool/nl-genl'
import { type AnyBody, routeBodyOf } from '@nltool/nl-route'
import type { VectorProtocol } from './load.ts'

/** NETLINK_* of a directory of vectors. */
export const protocolNumber = { rtnetlink: NETLINK_ROUTE, genetlink: NETLINK_GENERIC } as const

/** Schema of the messages of nlctrl. */
const ctrlBody: AnyBody = body(genlmsghdr, ctrlAttrs, { name: 'nlctrl' })

/** The schema of a message's body, or `undefined` where there is none: it is then read as an attribute tree. */
export function schemaOf(protocol: VectorProtocol, type: number): AnyBody | undefined {
  if (type === NLMSG_DONE) return doneBody
  if (protocol === 'rtnetlink') return routeBodyOf(type)
  return type === GENL_ID_CTRL ? ctrlBody : undefined
}

/** Bytes before the attributes of a message without a schema: `genlmsghdr`, or the family byte of rtnetlink, padded. */
const headerBytes = { rtnetlink: 4, genetlink: genlmsghdr.size } as const

/** How a message was decoded: its schema's name, or `tree`. */
export interface RoundTrip {
  readonly decodedAs: string
  readonly bytes: Uint8Array
}

/** A body decoded and encoded again. */
export type Recode = (schema: AnyBody, bytes: Uint8Array, abi: Abi) => Uint8Array

/** Through the decoded object itself. */
export const recode: Recode = (schema, bytes, abi) => schema.encode(schema.decode(bytes, abi), abi)

/** A copy of a decoded object, to which nothing of the bytes clings. Values with a prototype (addresses) are shared. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, copyOf(inner)]))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)]))
}

/** Decodes a message and encodes it again, header and all. */
export function roundTrip(
  protocol: VectorProtocol,
  abi: Abi,
  datagram: Uint8Array,
  message: Message,
  how = recode,
): RoundTrip {
  const { decodedAs, bytes } =
    message.type === NLMSG_ERROR
      ? errorRoundTrip(protocol, abi, datagram, message, how)
      : bodyRoundTrip(protocol, abi, message.type, datagram.slice(message.start, message.end), how)
  return { decodedAs, bytes: withHeader(message, bytes) }
}

function bodyRoundTrip(protocol: VectorProtocol, abi: Abi, type: number, bytes: Uint8Array, how: Recode): RoundTrip {
  const schema = schemaOf(protocol, type)
  // A request may be shorter than its fixed header (libnl); there is nothing to decode in it then.
  if (schema === undefined || bytes.length < schema.header.size) {
    return { decodedAs: 'tree', bytes: encodeTree(decodeTree(bytes, headerBytes[protocol], abi)) }
  }
  try {
    return { decodedAs: schema.name, bytes: how(schema, bytes, abi) }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    // Some exchanges begin with a request that was made to be refused: it is shown as a tree, with the reason.
    return { decodedAs: `tree, as ${error.message}`, bytes: encodeTree(decodeTree(bytes, headerBytes[protocol], abi)) }
  }
}

/** NLMSG_ERROR: the errno, the request that it quotes, and the ext-ack attributes. */
function errorRoundTrip(
  protocol: VectorProtocol,
  abi: Abi,
  datagram: Uint8Array,
  message: Message,
  how: Recode,
): RoundTrip {
  const layout = errorLayout(frameOf(datagram), message)
  const error = new Uint8Array(4)
  new DataView(error.buffer).setInt32(0, layout.error, true)
  const quoted = datagram.slice(layout.request, layout.requestEnd)
  const request = quotedRoundTrip(protocol, abi, quoted, how)
  const padding = datagram.slice(layout.requestEnd, layout.attrs)
  const attrs = how(extAckBody, datagram.slice(layout.attrs, message.end), abi)
  return { decodedAs: `NLMSG_ERROR of ${request.decodedAs}`, bytes: concat(error, request.bytes, padding, attrs) }
}

function quotedRoundTrip(protocol: VectorProtocol, abi: Abi, quoted: Uint8Array, how: Recode): RoundTrip {
  if (quoted.length === NLMSG_HDRLEN) return { decodedAs: 'nlmsghdr', bytes: quoted }
  const [request] = messages(frameOf(quoted))
  return request === undefined
    ? { decodedAs: 'nlmsghdr', bytes: quoted }
    : roundTrip(protocol, abi, quoted, request, how)
}

function withHeader({ type, flags, seq, portid }: Message, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(NLMSG_HDRLEN)
  const view = new DataView(header.buffer)
  view.setUint32(0, NLMSG_HDRLEN + payload.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags, true)
  view.setUint32(8, seq, true)
  view.setUint32(12, portid, true)
  return concat(header, payload)
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const writer = createWriter()
  for (const part of parts) {
    writer.ensure(part.length)
    writer.bytes.set(part, writer.pos)
    writer.pos += part.length
  }
  return writer.bytes.slice(0, writer.pos)
}

/** Says again what a datagram says: every message decoded, and encoded from a copy that the bytes do not cling to. */
export function restated(protocol: VectorProtocol, abi: Abi, datagram: Uint8Array): Uint8Array {
  const fresh: Recode = (schema, bytes) => schema.encode(copyOf(schema.decode(bytes, abi)), abi)
  const parts = [...messages(frameOf(datagram))].map(
    message => roundTrip(protocol, abi, datagram, message, fresh).bytes,
  )
  return concat(...parts.map(part => concat(part, new Uint8Array(align4(part.length) - part.length))))
}
