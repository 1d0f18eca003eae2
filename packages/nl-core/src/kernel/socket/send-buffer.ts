import type { Caller } from '../../model/task.ts'
import type { Frame } from '../../wire/codec.ts'
import type { Waiter } from './sock.ts'

/** The kernel's own copy of what one send(2) gave it, and how far it has been processed. */
export interface Datagram {
  readonly frame: Frame
  readonly start: number
  readonly end: number
  /** First message that has not been processed. */
  next: number
  /** The sender, where requests run in its context. */
  readonly caller: Caller | undefined
  /** The sender named a destination. */
  readonly addressed: boolean
}

/** The send queue of one socket. */
export interface SendBuffer {
  /** Datagrams in order; the first may be in work. They stay charged until they have been processed whole. */
  readonly queue: Datagram[]
  ccc: number
  hiwat: number
  /** Senders asleep, first come first served: the first holds the send lock. */
  readonly waiters: Waiter[]
  /** Memory for copies, used once, front to back. */
  slab: Frame & { readonly words: Int32Array }
  used: number
}

const slabMin = 256
const slabMax = 16384
const noSlab = slabOf(0)

function slabOf(size: number): Frame & { readonly words: Int32Array } {
  const bytes = new Uint8Array(size)
  return { bytes, words: new Int32Array(bytes.buffer), view: new DataView(bytes.buffer) }
}

/** An empty buffer. */
export function createSendBuffer(hiwat: number): SendBuffer {
  return { queue: [], ccc: 0, hiwat, waiters: [], slab: noSlab, used: 0 }
}

/**
 * Copies what the sender gave, before anything has looked at it. The copy is never written over: what handlers keep
 * from it stays as it was, and so does what the sender does to its own memory meanwhile.
 */
export function copyIn(
  tx: SendBuffer,
  bytes: Uint8Array,
  length: number,
  caller: Caller | undefined,
  addressed: boolean,
): Datagram {
  const padded = (length + 7) & ~7
  if (tx.used + padded > tx.slab.bytes.length) {
    tx.slab = slabOf(Math.max(padded, Math.min(slabMax, Math.max(slabMin, tx.slab.bytes.length * 2))))
    tx.used = 0
  }
  const start = tx.used
  tx.slab.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), start)
  tx.used += padded
  return { frame: tx.slab, start, end: start + length, next: start, caller, addressed }
}
