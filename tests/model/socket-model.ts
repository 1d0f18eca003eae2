import type { Abi } from '@nltool/nl-core/model'

/** What the model knows of one message: its length and what tells it apart. */
export interface ModelMessage {
  readonly length: number
  readonly tag: number
}

/** One socket as plain data. */
export interface ModelSocket {
  readonly abi: Abi
  readonly vnet: number
  readonly pid: number
  port: number
  bound: boolean
  groups: Set<number>
  queue: ModelMessage[]
  /** Requests that have not been processed: datagrams of tags, each answered by an ACK of 36 bytes. */
  pending: { tags: number[]; readonly bytes: number }[]
  hiwat: number
  sendHiwat: number
  sync: boolean
  overrun: boolean
  drops: number
}

/** An acknowledgement: header, errno, quoted header. */
export const ackBytes = 36
export const requestBytes = 16

export function createModelSocket(abi: Abi, vnet: number, pid: number): ModelSocket {
  const linux = abi === 'linux'
  return {
    abi,
    vnet,
    pid,
    port: 0,
    bound: false,
    groups: new Set(),
    queue: [],
    pending: [],
    hiwat: linux ? 212992 : 65536,
    sendHiwat: linux ? 212992 : 65536,
    sync: linux,
    overrun: false,
    drops: 0,
  }
}

export const charged = ({ queue }: ModelSocket): number => queue.reduce((sum, { length }) => sum + length, 0)
export const chargedSend = ({ pending }: ModelSocket): number => pending.reduce((sum, { bytes }) => sum + bytes, 0)

/** A message that respects the limit: queued, or lost and told once. */
export function offer(socket: ModelSocket, message: ModelMessage): void {
  if (charged(socket) < socket.hiwat) socket.queue.push(message)
  else {
    socket.overrun = true
    socket.drops += 1
  }
}

/** The worker: answers in order, and stops between two messages when the reader has no room. */
export function work(socket: ModelSocket): void {
  while (charged(socket) < socket.hiwat) {
    const datagram = socket.pending[0]
    if (datagram === undefined) return
    const tag = datagram.tags.shift()
    if (tag !== undefined) socket.queue.push({ length: ackBytes, tag })
    // A datagram leaves when it has no message left, looked at only while there is room.
    if (datagram.tags.length === 0 && (tag === undefined || charged(socket) < socket.hiwat)) socket.pending.shift()
  }
}

/** recv(2) of FreeBSD over messages, of Linux over datagrams, which are messages here. Returns the tags and the length. */
export function receive(
  socket: ModelSocket,
  size: number,
  peek: boolean,
): { readonly tags: number[]; readonly length: number; readonly truncated: boolean } | 'EAGAIN' | 'ENOBUFS' {
  if (socket.overrun) {
    socket.overrun = false
    return 'ENOBUFS'
  }
  const [first] = socket.queue
  if (first === undefined) return 'EAGAIN'
  const taken: ModelMessage[] = []
  let length = 0
  for (const message of socket.queue) {
    if (length + message.length > size || (socket.abi === 'linux' && taken.length > 0)) break
    taken.push(message)
    length += message.length
  }
  if (taken.length === 0) {
    if (!peek && (size > 0 || socket.abi === 'linux')) socket.queue.shift()
    return { tags: [], length: Math.min(size, first.length), truncated: size > 0 || socket.abi === 'linux' }
  }
  if (!peek) socket.queue.splice(0, taken.length)
  return { tags: taken.map(({ tag }) => tag), length, truncated: false }
}

/** Whether a port may be taken: FreeBSD looks at all sockets of a network stack (one protocol here: Linux does too). */
export function portTaken(sockets: readonly ModelSocket[], socket: ModelSocket, port: number): boolean {
  return sockets.some(other => other.bound && other.vnet === socket.vnet && other.port === port)
}
