import {
  align4,
  NETLINK_GENERIC,
  NETLINK_ROUTE,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  NLMSG_MIN_TYPE,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
} from '@nltool/nl-core'
import { errnoName } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import {
  type AttributeSetSpec,
  type AttributeTree,
  type BodyCodec,
  body,
  decodeTree,
  doneBody,
  errorLayout,
  extAckBody,
  type Frame,
  frameOf,
  type Message,
  messageAt,
  messageLength,
  type StructSpec,
  type TreeAttribute,
} from '@nltool/nl-core/wire'
import { ctrlAttrs, GENL_HDRLEN, GENL_ID_CTRL, genlmsghdr } from '@nltool/nl-genl'
import { routeBodyOf, rtnlTypeName } from '@nltool/nl-route'
import { Failure } from '../failure.ts'
import { messageFlags } from './flags.ts'
import { attributeNodes, hexOf, type Node, structNode } from './node.ts'

/** What is known about bytes before they are decoded. */
export interface Origin {
  readonly abi: Abi
  /** NETLINK_ROUTE or NETLINK_GENERIC; any other is decoded without names. */
  readonly protocol: number
  /** Number that is shown as sequence number 1; absent: they are shown as they are. */
  readonly firstSeq?: number | undefined
}

/** A decoded message. JSON of `decode`. */
export interface Decoded {
  /** From the start of the datagram, bytes. */
  readonly offset: number
  /** Name of the message type, or its number. */
  readonly type: string
  /** `nlmsg_len`. */
  readonly length: number
  readonly flags: readonly string[]
  readonly seq: number
  readonly portid: number
  /** NLMSG_ERROR and NLMSG_DONE: name of the errno, or null for success. */
  readonly errno?: string | null
  readonly body: readonly Node[]
}

/** Decodes all messages of a datagram. @throws WireError; Failure for bytes that are no message */
export function decodeDatagram(bytes: Uint8Array, origin: Origin): Decoded[] {
  const frame = frameOf(bytes)
  const decoded: Decoded[] = []
  for (let at = 0; at < bytes.length; ) {
    if (isPadding(bytes, at) && at > 0) break
    if (messageLength(frame, at, bytes.length) === 0) throw noMessage(frame, at)
    const message = messageAt(frame, at)
    decoded.push(decodeMessage(frame, message, origin))
    at += align4(message.end - message.offset)
  }
  return decoded
}

function isPadding(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(at).every(byte => byte === 0)
}

function noMessage({ bytes, view }: Frame, at: number): Failure {
  const left = bytes.length - at
  if (left < NLMSG_HDRLEN)
    return new Failure(`${left} bytes at offset ${at} are too few for nlmsghdr, which has ${NLMSG_HDRLEN}`)
  const length = view.getUint32(at, true)
  return new Failure(
    `nlmsghdr at offset ${at}: nlmsg_len ${length} is not between ${NLMSG_HDRLEN} and the ${left} bytes that are left`,
  )
}

/** Names of control messages, netlink(7). */
const controlNames: Readonly<Record<number, string>> = {
  [NLMSG_NOOP]: 'NLMSG_NOOP',
  [NLMSG_ERROR]: 'NLMSG_ERROR',
  [NLMSG_DONE]: 'NLMSG_DONE',
  [NLMSG_OVERRUN]: 'NLMSG_OVERRUN',
}

function typeName(type: number, protocol: number): string {
  const control = controlNames[type]
  if (control !== undefined) return control
  if (protocol === NETLINK_ROUTE) return rtnlTypeName(type) ?? `type ${type}`
  return protocol === NETLINK_GENERIC && type === GENL_ID_CTRL ? 'nlctrl' : `type ${type}`
}

function decodeMessage(frame: Frame, message: Message, origin: Origin): Decoded {
  const { offset, type, flags, seq, portid, end } = message
  const name = typeName(type, origin.protocol)
  const shown = { flags: messageFlags(flags, type, name), seq: shownSeq(seq, origin), portid }
  const head = { offset, type: name, length: end - offset, ...shown }
  if (type === NLMSG_ERROR) return { ...head, ...errorParts(frame, message, origin) }
  if (type === NLMSG_DONE && end - message.start >= 4) return { ...head, ...doneParts(frame, message, origin) }
  return { ...head, body: bodyNodes(frame, message, origin) }
}

/** Messages that answer nothing have the number 0. */
function shownSeq(seq: number, { firstSeq }: Origin): number {
  return firstSeq === undefined || seq === 0 ? seq : (seq - firstSeq + 1) >>> 0
}

/** A schema whose values are looked at by its rows only. */
interface AnySchema {
  readonly header: StructSpec
  readonly attrs: AttributeSetSpec
  codec(abi: Abi): BodyCodec<unknown>
}

const controller: AnySchema = body(genlmsghdr, ctrlAttrs, { name: 'nlctrl' })

function schemaOf(type: number, protocol: number): AnySchema | undefined {
  if (protocol === NETLINK_ROUTE) return routeBodyOf(type)
  return protocol === NETLINK_GENERIC && type === GENL_ID_CTRL ? controller : undefined
}

function bodyNodes(frame: Frame, message: Message, { abi, protocol }: Origin): Node[] {
  const { type, start, end } = message
  const schema = schemaOf(type, protocol)
  if (schema !== undefined) return schemaNodes(schema, frame, message, abi)
  const headerSize = protocol === NETLINK_GENERIC && type >= NLMSG_MIN_TYPE ? GENL_HDRLEN : 0
  return treeNodes(decodeTree(frame.bytes.subarray(start, end), headerSize, abi))
}

function schemaNodes(schema: AnySchema, frame: Frame, { type, flags, start, end }: Message, abi: Abi): Node[] {
  const codec = schema.codec(abi)
  // Kernels take a GET whose fixed header is cut short: libnl sends such ones.
  const request = (flags & NLM_F_REQUEST) !== 0 && rtnlTypeName(type)?.includes('_GET')
  const decoded = request ? codec.decodeShort(frame, start, end) : codec.decode(frame, start, end)
  const { header, attrs } = decoded as { readonly header: object; readonly attrs: object }
  return [structNode(schema.header, header, abi), ...attributeNodes(schema.attrs, attrs, abi)]
}

function treeNodes({ header, attributes, rest }: AttributeTree): Node[] {
  const nodes = attributes.map(treeNode)
  if (header.length > 0) nodes.unshift({ name: 'header', value: hexOf(header) })
  return rest.length > 0 ? [...nodes, { name: 'bytes', value: hexOf(rest) }] : nodes
}

function treeNode({ type, content }: TreeAttribute): Node {
  const name = `attribute ${type}`
  return content instanceof Uint8Array ? { name, value: hexOf(content) } : { name, members: content.map(treeNode) }
}

/** The errno's name of a number as it stands in a message: Linux's are negative. */
function errnoText(error: number, abi: Abi): string | null {
  return error === 0 ? null : (errnoName(Math.abs(error), abi) ?? `errno ${Math.abs(error)}`)
}

function errorParts(frame: Frame, message: Message, origin: Origin): Pick<Decoded, 'errno' | 'body'> {
  const { abi, protocol } = origin
  const { error, request, attrs } = errorLayout(frame, message)
  const { type, seq } = messageAt(frame, request)
  const quoted: Node = {
    name: 'request',
    members: [
      { name: 'type', value: typeName(type, protocol) },
      { name: 'seq', value: shownSeq(seq, origin) },
    ],
  }
  const { attrs: extAck } = extAckBody.codec(abi).decode(frame, attrs, message.end)
  return { errno: errnoText(error, abi), body: [quoted, ...attributeNodes(extAckBody.attrs, extAck, abi)] }
}

function doneParts(frame: Frame, { start, end }: Message, { abi }: Origin): Pick<Decoded, 'errno' | 'body'> {
  const { header, attrs } = doneBody.codec(abi).decode(frame, start, end)
  return { errno: errnoText(header.error, abi), body: attributeNodes(doneBody.attrs, attrs, abi) }
}
