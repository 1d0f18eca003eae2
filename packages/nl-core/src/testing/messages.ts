import { NLM_F_CAPPED, NLM_F_MULTI, NLMSG_DONE, NLMSG_ERROR } from '../constants.ts'
import { errnoNumber } from '../errno/convert.ts'
import type { Errno } from '../errno/table.ts'
import type { Abi } from '../model/abi.ts'
import { concat, createWriter, frameOf } from '../wire/frame.ts'
import { beginMessage, endMessage, type MessageHeader, messages } from '../wire/message.ts'

/** A message, taken apart. */
export interface SentMessage extends MessageHeader {
  /** The whole message with its header. */
  readonly bytes: Uint8Array
  /** What follows the header. */
  readonly payload: Uint8Array
}

/** The messages of a datagram. */
export function splitMessages(datagram: Uint8Array): SentMessage[] {
  return [...messages(frameOf(datagram))].map(({ type, flags, seq, portid, offset, start, end }) => ({
    type,
    flags,
    seq,
    portid,
    bytes: datagram.slice(offset, end),
    payload: datagram.slice(start, end),
  }))
}

/** Bytes of one message. Header fields that are left out are 0. */
export function messageBytes(header: Partial<MessageHeader>, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const writer = createWriter()
  const start = beginMessage(writer, { type: 0, flags: 0, seq: 0, portid: 0, ...header })
  writer.ensure(payload.length)
  writer.bytes.set(payload, writer.pos)
  writer.pos += payload.length
  endMessage(writer, start)
  return writer.bytes.slice(0, writer.pos)
}

/** One datagram of several pieces. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return concat(parts)
}

/** How a kernel answers. */
export interface AnswerOptions {
  readonly abi?: Abi
  /** Port of the requester, for the answer's header. */
  readonly portid?: number
  readonly flags?: number
  /** Ext-ack attributes, encoded. */
  readonly attrs?: Uint8Array
  /** Quote only the header of a refused request. */
  readonly capped?: boolean
}

/** The wire's number for an errno: positive on FreeBSD, negative on Linux. */
function errnoBytes(code: Errno | undefined, abi: Abi): Uint8Array {
  const number = code === undefined ? 0 : errnoNumber(code, abi)
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, abi === 'linux' ? -number : number, true)
  return bytes
}

/** NLMSG_ERROR for a request: an acknowledgement if `code` is absent (NS 6.4). */
export function errorAnswer(request: SentMessage, code?: Errno, options: AnswerOptions = {}): Uint8Array {
  const { abi = 'freebsd', portid = 0, flags = 0, attrs = new Uint8Array(0), capped = code === undefined } = options
  const quoted = capped
    ? request.bytes.slice(0, 16)
    : concatBytes(request.bytes, new Uint8Array(-request.bytes.length & 3))
  const header = { type: NLMSG_ERROR, flags: flags | (capped ? NLM_F_CAPPED : 0), seq: request.seq, portid }
  return messageBytes(header, concatBytes(errnoBytes(code, abi), quoted, attrs))
}

/** NLMSG_DONE for a dump request. */
export function doneAnswer(request: SentMessage, code?: Errno, options: AnswerOptions = {}): Uint8Array {
  const { abi = 'freebsd', portid = 0, flags = NLM_F_MULTI, attrs = new Uint8Array(0) } = options
  return messageBytes({ type: NLMSG_DONE, flags, seq: request.seq, portid }, concatBytes(errnoBytes(code, abi), attrs))
}
