import type { Body } from '../wire/codec.ts'
import type { BatchState } from './batch.ts'
import type { DumpState } from './dump-run.ts'
import type { Command } from './operation.ts'

/** What every open request has. */
interface Open {
  /** First sequence number. */
  readonly seq: number
  /** How many sequence numbers, one after another. */
  readonly count: number
  /** When it is given up, milliseconds of the environment's clock; Infinity while nobody waits for it. */
  deadline: number
  /** How long it waits, milliseconds; Infinity for ever. */
  readonly timeoutMs: number
  /** Messages were lost after it was sent: its answer may be among them. */
  doubtful: boolean
  /** How much room its answers take, in acknowledgements. */
  readonly weight: number
  /** It has been sent. */
  sent: boolean
  /** It is in the table. */
  open: boolean
  /** Somebody waits for it: the connection receives as long as one is. */
  wanted: boolean
}

/** One request that waits for its acknowledgement. */
export interface OpenRequest extends Open {
  readonly kind: 'request'
  readonly command: Command<unknown>
  /** The value sent, for errors that do not quote the request. */
  readonly value: unknown
  /** Schema of the answers; `undefined` if none are expected. */
  readonly reply: Body<unknown> | undefined
  /** Answers so far. */
  replies: unknown[] | undefined
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Takes the listener off the caller's signal. */
  unlisten: (() => void) | undefined
}

/** The requests of one datagram of a batch. */
export interface OpenBatch extends Open {
  readonly kind: 'batch'
  readonly state: BatchState
  /** Index of the first request among the batch's results. */
  readonly first: number
  /** How many answers are still to come. */
  missing: number
}

/** A dump whose end has not arrived. */
export interface OpenDump extends Open {
  readonly kind: 'dump'
  readonly command: Command<unknown>
  readonly value: unknown
  readonly state: DumpState
}

/** A message that only asks to be acknowledged: what was sent before it and has no answer by then gets none. */
export interface OpenBarrier extends Open {
  readonly kind: 'barrier'
}

/** Anything that waits for answers. */
export type Pending = OpenRequest | OpenBatch | OpenDump | OpenBarrier

/** The fields that every new record has. */
export function openRecord(seq: number, count: number, timeoutMs: number, weight: number): Open {
  return { seq, count, deadline: Infinity, timeoutMs, weight, sent: false, open: true, doubtful: false, wanted: true }
}

/** Room that an answer takes which is more than an acknowledgement, in acknowledgements. */
export const replyWeight = 8

/** Open requests by sequence number. */
export interface PendingTable {
  /** How many records are open. */
  readonly size: number
  /** Adds a record whose sequence numbers are the next ones. */
  open(pending: Pending): void
  /** The record with a sequence number. */
  find(seq: number): Pending | undefined
  close(pending: Pending): void
  /** Every record once, oldest first; records may be closed meanwhile. */
  list(): Pending[]
  /** The sequence number with which the next record starts that has so many. 0 is never used: notifications carry it. */
  next(count: number): number
  /** The next sequence number, without a record. */
  spend(): number
}

const smallest = 64 // slots; a power of two

/** Makes a table: a ring of slots, found by the low bits of the number, that doubles when it would overtake itself. */
export function createPendingTable(firstSeq: number): PendingTable {
  let slots: (Pending | undefined)[] = new Array(smallest).fill(undefined)
  let mask = smallest - 1
  let seq = firstSeq >>> 0 || 1
  let size = 0

  function next(count: number): number {
    if (seq + count > 0x1_0000_0000) seq = 1
    return seq
  }

  function advance(from: number, count: number): void {
    seq = (from + count) % 0x1_0000_0000 || 1
  }

  function free(from: number, count: number): boolean {
    if (count > slots.length) return false
    for (let i = 0; i < count; i++) if (slots[(from + i) & mask] !== undefined) return false
    return true
  }

  function put(pending: Pending): void {
    for (let i = 0; i < pending.count; i++) slots[(pending.seq + i) & mask] = pending
  }

  function grow(): void {
    const open = list()
    slots = new Array(slots.length * 2).fill(undefined)
    mask = slots.length - 1
    for (const pending of open) put(pending)
  }

  function list(): Pending[] {
    return [...new Set(slots)].filter(pending => pending !== undefined).sort((a, b) => age(b) - age(a))
  }

  /** Numbers handed out since a record got its own: right across the wrap. */
  const age = (pending: Pending): number => (seq - pending.seq) >>> 0

  return {
    get size() {
      return size
    },
    next,
    spend() {
      const spent = next(1)
      advance(spent, 1)
      return spent
    },
    open(pending) {
      while (!free(pending.seq, pending.count)) grow()
      advance(pending.seq, pending.count)
      size++
      put(pending)
    },
    find(number) {
      const pending = slots[number & mask]
      return pending !== undefined && number - pending.seq < pending.count && number >= pending.seq
        ? pending
        : undefined
    },
    close(pending) {
      if (slots[pending.seq & mask] !== pending) return
      pending.open = false
      size--
      for (let i = 0; i < pending.count; i++) slots[(pending.seq + i) & mask] = undefined
    },
    list,
  }
}
