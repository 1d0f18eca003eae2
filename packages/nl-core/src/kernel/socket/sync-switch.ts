import { SocketError } from '../../errno/errors.ts'
import type { Awaitable } from '../../model/time.ts'
import type { Sock } from './sock.ts'
import { sleepIn } from './wake.ts'

/**
 * NETLINK_SND_SYNC: from when it is on, requests are processed inside send(2), in the sender's context, and the socket
 * has no worker. Waits for a sender in progress.
 * @throws SocketError EBUSY while requests are pending, the mode being unchanged
 */
export function setSendSync(sock: Sock, on: boolean): Awaitable<void> {
  if (!locked(sock)) return switchMode(sock, on)
  const attempt = () => (sock.synchronous && sock.running ? undefined : switched(sock, on))
  return sleepIn(sock, sock.tx.waiters, { attempt, signal: undefined, timeoutMs: 0 }).then(() => undefined)
}

/** A sender holds the send lock: it waits for room, or its requests are being processed in its context. */
function locked(sock: Sock): boolean {
  return sock.tx.waiters.length > 0 || (sock.synchronous && sock.running)
}

function switched(sock: Sock, on: boolean): true {
  switchMode(sock, on)
  return true
}

function switchMode(sock: Sock, on: boolean): void {
  if (sock.flags.sndSync === on) return
  // Charged bytes tell: the datagram in work has left the list, yet it may be put back.
  if (on && sock.tx.ccc > 0) throw new SocketError('EBUSY', `${sock.tx.ccc} bytes of requests are pending`)
  sock.flags.sndSync = on
  sock.synchronous = on // a dump that is in progress goes on at the next recv, from now on in the worker
}
