import { pullDump } from '../dispatch/dump.ts'
import { type Outcome, serveDatagram } from '../dispatch/serve.ts'
import { isFull } from './receive-buffer.ts'
import type { Datagram } from './send-buffer.ts'
import type { Sock } from './sock.ts'
import { wake } from './wake.ts'

/** Queues a step of a socket's worker, unless one is queued or the socket has none. */
export function scheduleWork(sock: Sock): void {
  if (sock.workPending || sock.synchronous || sock.state === 'closed') return
  sock.workPending = true
  sock.core.scheduler.schedule(sock.workStep, sock.workLabel)
}

/** Whether a socket has something that its worker could do if the reader had room. */
export function hasWork(sock: Sock): boolean {
  return sock.tx.queue.length > 0 || sock.dump !== undefined
}

/** A step of the worker: requests in order, one at a time, while the receive buffer has room. */
export function runWorker(sock: Sock): void {
  sock.workPending = false
  if (!sock.running && sock.state !== 'closed') work(sock)
}

function work(sock: Sock): void {
  while (!isFull(sock.rx)) {
    if (sock.dump !== undefined) {
      pullDump(sock)
      continue
    }
    const datagram = sock.tx.queue[0]
    if (datagram === undefined) break
    sock.running = true
    const outcome = serveDatagram(sock, datagram)
    if (outcome instanceof Promise) {
      workLater(sock, datagram, outcome)
      return
    }
    sock.running = false
    if (outcome !== 'paused') retire(sock, datagram)
  }
  sock.idle?.()
}

function workLater(sock: Sock, datagram: Datagram, waiting: Promise<Outcome>): void {
  waiting.then(outcome => {
    sock.running = false
    if (outcome !== 'paused') retire(sock, datagram)
    work(sock)
  })
}

/** A datagram has been processed whole: its bytes are given back, and senders that wait for room go on. */
function retire(sock: Sock, datagram: Datagram): void {
  const { tx } = sock
  tx.queue.shift()
  tx.ccc -= datagram.end - datagram.start
  wake(sock)
}
