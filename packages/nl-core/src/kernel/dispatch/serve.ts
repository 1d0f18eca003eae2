import { align4, NLMSG_HDRLEN } from '../../constants.ts'
import { type Awaitable, preempt } from '../../model/time.ts'
import type { Datagram } from '../socket/send-buffer.ts'
import type { Sock } from '../socket/sock.ts'
import { flush, unflushed } from './deliver.ts'
import { serveRequest } from './dispatch.ts'
import { pullDump } from './dump.ts'
import { RequestRecord } from './request.ts'

/** How the processing of a datagram ended. */
export type Outcome =
  /** Every message has been processed. */
  | 'done'
  /** A header said a length that cannot be: what stands before it has been processed. */
  | 'malformed'
  /** The reader's buffer is full, or a dump fills it: the rest waits (asynchronous sockets only). */
  | 'paused'

/** Processes the messages of a datagram from where it was left. Replies are handed over before it returns. */
export function serveDatagram(sock: Sock, datagram: Datagram): Awaitable<Outcome> {
  for (;;) {
    const request = nextRequest(sock, datagram)
    if (typeof request === 'string') {
      flush(sock)
      return request
    }
    const waiting = serveRequest(request)
    if (waiting !== undefined) return serveRest(sock, datagram, waiting)
    if (pausedAfterMessage(sock)) return 'paused'
  }
}

async function serveRest(sock: Sock, datagram: Datagram, waiting: Promise<void>): Promise<Outcome> {
  await waiting
  if (!sock.synchronous) await preempt(sock.core.scheduler, sock.workLabel)
  if (pausedAfterMessage(sock)) return 'paused'
  return serveDatagram(sock, datagram)
}

/**
 * After each message: on a synchronous socket its replies stand or fall together, so they are handed over; an
 * asynchronous one stops while the reader has no room. "Full" is looked up now and latched nowhere.
 */
function pausedAfterMessage(sock: Sock): boolean {
  if (sock.synchronous) {
    if (sock.dump?.count === 0) pullDump(sock)
    flush(sock)
    return false
  }
  if (sock.dump === undefined && sock.rx.ccc + unflushed(sock) < sock.rx.hiwat) return false
  flush(sock)
  return true
}

function nextRequest(sock: Sock, datagram: Datagram): RequestRecord | 'done' | 'malformed' {
  const { frame, next: start, end, caller, addressed } = datagram
  if (end - start < NLMSG_HDRLEN) return 'done'
  const words = frame.words as Int32Array
  const length = (words[start >> 2] as number) >>> 0 // read once: what was checked is what is used
  if (length < NLMSG_HDRLEN || length > end - start) return isZero(words, start >> 2) ? 'done' : 'malformed'
  datagram.next = Math.min(start + align4(length), end)
  return new RequestRecord(sock, frame, start, start + length, sock.synchronous ? caller : undefined, addressed)
}

/** Programs send more bytes than their messages have (iproute2 up to 248 zeros): a header of zeros ends the datagram. */
function isZero(words: Int32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0
}
