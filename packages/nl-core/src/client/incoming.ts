import { align4, NLMSG_HDRLEN } from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import type { Body, Frame } from '../wire/codec.ts'
import { frameOf } from '../wire/frame.ts'
import { u16At, u32At } from './bytes.ts'
import type { Message } from './types.ts'

/** The messages of a received datagram, one after another, through one object that is used again for each. */
export interface Incoming extends Message {
  readonly datagram: Uint8Array
  /** Where the message is in the datagram: its header, its body, and the end of both. */
  readonly offset: number
  readonly start: number
  readonly end: number
  /** The datagram's views; they cost more than an acknowledgement, which does without. */
  frame(): Frame
  /** Begins with another datagram. */
  load(datagram: Uint8Array): void
  /** Goes to the next message. False at the end, which is also where a header makes no sense. */
  advance(): boolean
}

/** Makes the reader of a connection's datagrams. */
export function createIncoming(abi: Abi): Incoming {
  let views: Frame | undefined
  let next = 0
  const incoming = {
    datagram: new Uint8Array(0) as Uint8Array,
    offset: 0,
    start: 0,
    end: 0,
    type: 0,
    flags: 0,
    seq: 0,
    portid: 0,
    frame: () => {
      views ??= frameOf(incoming.datagram)
      return views
    },
    load(datagram: Uint8Array): void {
      incoming.datagram = datagram
      views = undefined
      next = 0
    },
    advance(): boolean {
      const bytes = incoming.datagram
      if (next + NLMSG_HDRLEN > bytes.length) return false
      const length = u32At(bytes, next)
      if (length < NLMSG_HDRLEN || next + length > bytes.length) return false
      incoming.offset = next
      incoming.start = next + NLMSG_HDRLEN
      incoming.end = next + length
      incoming.type = u16At(bytes, next + 4)
      incoming.flags = u16At(bytes, next + 6)
      incoming.seq = u32At(bytes, next + 8)
      incoming.portid = u32At(bytes, next + 12)
      next += align4(length)
      return true
    },
    decode<T>(body: Body<T>): T {
      const value = body.codec(abi).decode(incoming.frame(), incoming.start, incoming.end)
      return abi === 'linux' && body.linux !== undefined ? body.linux.fromAbi(value) : value
    },
    bytes: () => incoming.datagram.slice(incoming.offset, incoming.end),
  }
  return incoming
}
