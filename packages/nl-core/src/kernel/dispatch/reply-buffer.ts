import { align4, NLMSG_HDRLEN } from '../../constants.ts'
import type { Writer } from '../../wire/codec.ts'

/**
 * Where the answers of one socket are written, as FreeBSD's nl_buf: whole messages one behind the other, handed over in
 * runs, and one open message at the end that can be rolled back. Memory is used once, front to back, so that a run can
 * be queued and read without a copy; what is handed over stays as it is.
 */
export interface ReplyBuffer extends Writer {
  bytes: Uint8Array
  words: Int32Array
  view: DataView
  /** First byte that has not been handed over. */
  start: number
  /** Finished messages since `start`. */
  messages: number
  /** End of the bytes that may differ from zero: a message that is rolled back leaves some behind. */
  written: number
  /** Bytes of the next piece of memory. */
  slabSize: number
}

const slabMin = 1024
const slabMax = 32768
/** Room that a message finds at least before memory has to grow under it. */
const headroom = 256

/** Makes an empty reply buffer. Memory is taken when the first message is begun. */
export function createReplyBuffer(): ReplyBuffer {
  const bytes = new Uint8Array(0)
  const buffer: ReplyBuffer = {
    bytes,
    words: new Int32Array(bytes.buffer),
    view: new DataView(bytes.buffer),
    pos: 0,
    start: 0,
    messages: 0,
    written: 0,
    slabSize: slabMin,
    ensure(n) {
      const end = align4(buffer.pos + n)
      if (end > buffer.bytes.length) grow(buffer, end)
      else if (end > buffer.written) buffer.written = end
    },
    reserve(n) {
      const { written } = buffer
      buffer.ensure(n)
      if (buffer.pos < written) buffer.bytes.fill(0, buffer.pos, Math.min(written, align4(buffer.pos + n)))
    },
  }
  return buffer
}

/** Goes on in new memory from its front: what has not been handed over moves there. Only between messages. */
function renew(buffer: ReplyBuffer): void {
  const kept = buffer.pos - buffer.start
  moveTo(buffer, kept + headroom, 0)
}

/** Goes on in larger memory at the same offsets: the codec that writes the open message holds some (see `Writer`). */
function grow(buffer: ReplyBuffer, end: number): void {
  moveTo(buffer, end, buffer.start)
  buffer.written = end
}

function moveTo(buffer: ReplyBuffer, size: number, start: number): void {
  while (buffer.slabSize < size) buffer.slabSize *= 2
  const bytes = new Uint8Array(buffer.slabSize)
  bytes.set(buffer.bytes.subarray(buffer.start, buffer.pos), start)
  buffer.bytes = bytes
  buffer.words = new Int32Array(bytes.buffer)
  buffer.view = new DataView(bytes.buffer)
  buffer.pos += start - buffer.start
  buffer.start = start
  buffer.written = buffer.pos
  buffer.slabSize = Math.min(buffer.slabSize * 2, slabMax)
}

/** Opens a message: header written, length left open. Returns its distance from `start`, which survives growing. */
export function beginMessage(buffer: ReplyBuffer, type: number, flags: number, seq: number, portid: number): number {
  if (buffer.bytes.length - buffer.pos < headroom) renew(buffer)
  buffer.reserve(NLMSG_HDRLEN)
  const { words, pos } = buffer
  const at = pos >> 2
  words[at + 1] = type | (flags << 16)
  words[at + 2] = seq
  words[at + 3] = portid
  buffer.pos = pos + NLMSG_HDRLEN
  return pos - buffer.start
}

/** Closes the open message. */
export function endMessage(buffer: ReplyBuffer, mark: number): void {
  const at = buffer.start + mark
  buffer.words[at >> 2] = buffer.pos - at
  while ((buffer.pos & 3) !== 0) buffer.bytes[buffer.pos++] = 0
  buffer.messages += 1
}

/** Takes the open message back, wherever its writing stopped. */
export function abortMessage(buffer: ReplyBuffer, mark: number): void {
  buffer.pos = buffer.start + mark
}
