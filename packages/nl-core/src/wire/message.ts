import { align4, NLA_HDRLEN, NLMSG_HDRLEN } from '../constants.ts'
import type { BodyCodec, Frame, Writer } from './codec.ts'
import { refuse } from './fault.ts'
import { struct } from './struct.ts'
import { attributeBytesMax, u16, u32 } from './values.ts'

/** `struct nlmsghdr`, netlink(7): 16 bytes, the same on both systems. */
export const nlmsghdr = struct('nlmsghdr', {
  len: u32, // header and body, without the padding behind
  type: u16,
  flags: u16, // NLM_F_*
  seq: u32,
  pid: u32, // port ID
})

/** What a message carries before its body. */
export interface MessageHeader {
  /** `nlmsg_type`. */
  readonly type: number
  /** `nlmsg_flags`. */
  readonly flags: number
  /** `nlmsg_seq`. */
  readonly seq: number
  /** `nlmsg_pid`. */
  readonly portid: number
}

/** A message in a frame. */
export interface Message extends MessageHeader {
  /** Offset of the `nlmsghdr`. */
  readonly offset: number
  /** Offset of the body. */
  readonly start: number
  /** End of the body: `offset` + `nlmsg_len`. */
  readonly end: number
}

/** `nlmsg_len` of the message at `pos` if it stands there whole, else 0: NLMSG_OK of netlink(3). */
export function messageLength({ view }: Frame, pos: number, end: number): number {
  if (end - pos < NLMSG_HDRLEN) return 0
  const length = view.getUint32(pos, true)
  return length >= NLMSG_HDRLEN && length <= end - pos ? length : 0
}

/** Reads the header at an offset that {@link messageLength} has found good. */
export function messageAt({ view }: Frame, offset: number): Message {
  return {
    type: view.getUint16(offset + 4, true),
    flags: view.getUint16(offset + 6, true),
    seq: view.getUint32(offset + 8, true),
    portid: view.getUint32(offset + 12, true),
    offset,
    start: offset + NLMSG_HDRLEN,
    end: offset + view.getUint32(offset, true),
  }
}

/**
 * The messages of a datagram, in order. Ends at the first header that is not whole, or whose length is below 16 or
 * beyond the datagram (netlink(3), NLMSG_NEXT); the last message may lack its padding.
 */
export function* messages(frame: Frame, start = 0, end: number = frame.bytes.length): Generator<Message, void, void> {
  for (let pos = start; messageLength(frame, pos, end) !== 0; ) {
    const message = messageAt(frame, pos)
    yield message
    pos += align4(message.end - message.offset)
  }
}

/** Writes a header and opens a message; returns its start for `endMessage` or `abortMessage`. */
export function beginMessage(writer: Writer, header: MessageHeader): number {
  const start = writer.pos
  writer.ensure(NLMSG_HDRLEN)
  const { view } = writer
  view.setUint32(start, NLMSG_HDRLEN, true)
  view.setUint16(start + 4, header.type, true)
  view.setUint16(start + 6, header.flags, true)
  view.setUint32(start + 8, header.seq, true)
  view.setUint32(start + 12, header.portid, true)
  writer.pos = start + NLMSG_HDRLEN
  return start
}

/** Closes a message: sets its length and pads it. Returns `nlmsg_len`. */
export function endMessage(writer: Writer, start: number): number {
  const length = writer.pos - start
  writer.view.setUint32(start, length, true)
  if ((length & 3) !== 0) {
    writer.reserve(4)
    writer.pos = start + align4(length)
  }
  return length
}

/** Takes back an open message; those before it stay. */
export function abortMessage(writer: Writer, start: number): void {
  writer.pos = start
}

/** Appends a whole message, or nothing. Returns `nlmsg_len`. @throws WireError for a value that cannot be expressed */
export function writeMessage<T>(writer: Writer, header: MessageHeader, codec: BodyCodec<T>, value: T): number {
  const start = beginMessage(writer, header)
  try {
    codec.encode(writer, value)
  } catch (error) {
    abortMessage(writer, start)
    throw error
  }
  return endMessage(writer, start)
}

/** Appends an attribute, padded. @throws WireError for more than 65531 bytes; nothing is appended then */
export function putAttribute(writer: Writer, type: number, bytes: Uint8Array): void {
  if (bytes.length > attributeBytesMax) {
    refuse(`${bytes.length} bytes are more than an attribute holds, ${attributeBytesMax}`, writer.pos, undefined)
  }
  const at = beginNest(writer, type)
  writer.reserve(align4(bytes.length))
  writer.bytes.set(bytes, writer.pos)
  writer.view.setUint16(at, NLA_HDRLEN + bytes.length, true)
  writer.pos += align4(bytes.length)
}

/** Opens an attribute that holds others; returns its offset for `endNest`. */
export function beginNest(writer: Writer, type: number): number {
  const at = writer.pos
  writer.ensure(NLA_HDRLEN)
  writer.view.setUint16(at, NLA_HDRLEN, true)
  writer.view.setUint16(at + 2, type, true)
  writer.pos = at + NLA_HDRLEN
  return at
}

/** Closes a nest. @throws WireError if it has more than 65531 bytes; it is taken back then */
export function endNest(writer: Writer, at: number): void {
  const length = writer.pos - at
  if (length > attributeBytesMax + NLA_HDRLEN) {
    writer.pos = at
    refuse(`${length - NLA_HDRLEN} bytes are more than an attribute holds, ${attributeBytesMax}`, at, undefined)
  }
  writer.view.setUint16(at, length, true)
}
