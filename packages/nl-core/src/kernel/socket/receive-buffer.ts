/** Whole messages on their way to a reader: a run of replies, a notification, a part of a dump. Shared by listeners. */
export interface Chunk {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly messages: number
  /** Group of a multicast, numbered by the ABI of the listeners; 0 for unicast. */
  readonly group: number
  /** Process and port of whoever caused it; `undefined` and 0 for the kernel. */
  readonly pid: number | undefined
  readonly portid: number
  /** Port of the sender: 0 is the kernel. */
  readonly from: number
  /** User id of a sender that is not the kernel. */
  readonly uid?: number
  /** The network stack it comes from, if that is another one than the listener's and has an id there. */
  readonly nsid: number | undefined
}

/** The receive queue of one socket: whole chunks, and how far the first one has been read. */
export interface ReceiveBuffer {
  readonly queue: Chunk[]
  /** Index of the first chunk that has not been read. */
  head: number
  /** First byte of it that has not been read. */
  offset: number
  /** Bytes charged. */
  ccc: number
  /** The buffer is full when `ccc >= hiwat`. */
  hiwat: number
  /** Messages and bytes lost since a reader was last told. */
  droppedMessages: number
  droppedBytes: number
  /** Messages lost since the socket was opened. */
  drops: number
  /** A loss is to be reported by the next recv. */
  overrun: boolean
  /** Nothing is queued until the queue has been emptied (rule of the Linux personality). */
  congested: boolean
  /** Largest buffer that a reader has offered, bytes: parts of a dump grow with it. */
  largestRead: number
}

/** An empty buffer. */
export function createReceiveBuffer(hiwat: number): ReceiveBuffer {
  return {
    queue: [],
    head: 0,
    offset: 0,
    ccc: 0,
    hiwat,
    droppedMessages: 0,
    droppedBytes: 0,
    drops: 0,
    overrun: false,
    congested: false,
    largestRead: 0,
  }
}

/** Whether nothing more is accepted from those who respect the limit. */
export function isFull(rx: ReceiveBuffer): boolean {
  return rx.ccc >= rx.hiwat
}

/** Appends a chunk. */
export function pushChunk(rx: ReceiveBuffer, chunk: Chunk): void {
  if (rx.head === rx.queue.length) rx.offset = chunk.start
  rx.queue.push(chunk)
  rx.ccc += chunk.end - chunk.start
}

/** The first chunk, from `rx.offset` on, or `undefined`. */
export function headChunk(rx: ReceiveBuffer): Chunk | undefined {
  return rx.queue[rx.head]
}

/** Takes the first `upto - rx.offset` bytes of the first chunk out of the queue. */
export function consume(rx: ReceiveBuffer, chunk: Chunk, upto: number): void {
  rx.ccc -= upto - rx.offset
  rx.offset = upto
  if (upto === chunk.end) nextChunk(rx)
}

const compactAt = 1024

function nextChunk(rx: ReceiveBuffer): void {
  rx.head += 1
  if (rx.head === rx.queue.length) {
    if (rx.head === 1)
      rx.queue.pop() // keeps the array's memory for the next message
    else rx.queue.length = 0
    rx.head = 0
    rx.congested = false
    return
  }
  if (rx.head >= compactAt && rx.head * 2 >= rx.queue.length) {
    rx.queue.splice(0, rx.head)
    rx.head = 0
  }
  rx.offset = rx.queue[rx.head]?.start ?? 0
}

/** A loss has been told: counting starts again. */
export function forgetLoss(rx: ReceiveBuffer): void {
  rx.overrun = false
  rx.droppedMessages = 0
  rx.droppedBytes = 0
}

/** Throws everything away. */
export function purge(rx: ReceiveBuffer): void {
  rx.queue.length = 0
  rx.head = 0
  rx.ccc = 0
  rx.overrun = false
  rx.congested = false
}
