import { type Chunk, isFull, pushChunk } from '../socket/receive-buffer.ts'
import type { Sock } from '../socket/sock.ts'
import { wake } from '../socket/wake.ts'
import type { ReplyBuffer } from './reply-buffer.ts'

/** Queues a chunk whatever the limit: answers on an asynchronous socket are never lost. */
export function queueChunk(sock: Sock, chunk: Chunk): void {
  if (sock.state === 'closed') return
  pushChunk(sock.rx, chunk)
  if (sock.core.taps.active) sock.core.taps.received(sock, chunk)
  wake(sock)
}

/** Queues a chunk, or loses it if the buffer is full: then the next recv says so. */
export function offerChunk(sock: Sock, chunk: Chunk): void {
  const { rx } = sock
  if (isFull(rx) || rx.congested) lose(sock, chunk)
  else queueChunk(sock, chunk)
}

/** Loses a chunk: counted, and told by the next recv. */
export function lose(sock: Sock, chunk: Chunk): void {
  if (sock.state === 'closed') return
  const { rx } = sock
  rx.droppedMessages += chunk.messages
  rx.droppedBytes += chunk.end - chunk.start
  rx.drops += chunk.messages
  sock.core.counters.droppedMessages += chunk.messages
  if (sock.flags.noEnobufs || rx.congested) return // told once for each episode
  rx.congested = sock.core.personality.congestedUntilEmpty
  rx.overrun = true
  wake(sock)
}

/** Hands over the finished messages of a reply buffer up to a position, as one run. */
export function handOver(sock: Sock, reply: ReplyBuffer, upto: number, messages: number): void {
  if (messages === 0) return
  const chunk: Chunk = {
    bytes: reply.bytes,
    start: reply.start,
    end: upto,
    messages,
    group: 0,
    pid: sock.pid,
    portid: sock.port,
    from: 0,
    nsid: undefined,
  }
  reply.start = upto
  reply.messages -= messages
  if (sock.synchronous) offerChunk(sock, chunk)
  else queueChunk(sock, chunk)
}

/** Hands over whatever is finished. */
export function flush(sock: Sock): void {
  const { reply } = sock
  if (reply !== undefined && reply.messages > 0) handOver(sock, reply, reply.pos, reply.messages)
}

/** Bytes that are finished and not handed over. */
export function unflushed(sock: Sock): number {
  return sock.reply === undefined ? 0 : sock.reply.pos - sock.reply.start
}
