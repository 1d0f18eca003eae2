import { NLMSG_HDRLEN } from '../../constants.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import type { Awaitable } from '../../model/time.ts'
import { failOnDemand } from '../debug/strike.ts'
import { type Outcome, serveDatagram } from '../dispatch/serve.ts'
import type { SendOptions } from './netlink-socket.ts'
import { checkDestination, sendToPeers } from './peers.ts'
import { copyIn, type Datagram } from './send-buffer.ts'
import type { Sock } from './sock.ts'
import { sleepIn, wake } from './wake.ts'
import { scheduleWork } from './worker.ts'

const noOptions: SendOptions = {}

/** send(2), sendto(2), sendmsg(2) on a netlink socket: the checks in the order of the system, then the ABI's path. */
export function send(
  sock: Sock,
  bytes: Uint8Array,
  flags: number,
  options: SendOptions = noOptions,
): Awaitable<number> {
  const { length } = bytes // read once: the sender may resize the buffer behind it
  checkSend(sock, length, flags, options)
  if (sock.core.faults.armed) failOnDemand(sock, 'send')
  if (sock.rules.hasPeers && hasDestination(sock, options)) {
    const elsewhere = sendToPeers(sock, bytes, flags, options)
    if (elsewhere !== undefined) return elsewhere
  }
  if (sock.rules.needsProtocol && sock.core.protocols.find(sock.protocol) === undefined) {
    throw new SocketError('ECONNREFUSED', `netlink protocol ${sock.protocol} has been taken back`)
  }
  const datagram = copyIn(sock.tx, bytes, length, options.caller ?? sock.caller, options.to !== undefined)
  if (sock.core.taps.active) sock.core.taps.sent(sock, datagram)
  if (!sendLocked(sock)) {
    if (sock.synchronous) return sendSync(sock, datagram)
    if (enqueue(sock, datagram)) return length
  }
  if (sock.nonblocking || (flags & sock.rules.MSG_DONTWAIT) !== 0)
    throw new SocketError('EAGAIN', 'no room in the send buffer, or another send is in progress')
  return sleepIn(sock, sock.tx.waiters, {
    attempt: () => trySend(sock, datagram, length),
    signal: options.signal,
    timeoutMs: sock.sendTimeoutMs,
  })
}

function checkSend(sock: Sock, length: number, flags: number, options: SendOptions): void {
  if (sock.state !== 'open') throw new SocketError('EBADF', 'the socket is closed')
  checks[sock.rules.abi](sock, length, flags, options)
  const most = sock.tx.hiwat - sock.rules.sendReserve
  if (length > most) throw new SocketError('EMSGSIZE', `${length} bytes; the send buffer takes ${most}`)
}

type SendCheck = (sock: Sock, length: number, flags: number, options: SendOptions) => void

/** What each system looks at before it copies the datagram, in its order. */
const checks: Readonly<Record<Abi, SendCheck>> = {
  freebsd({ rules }, length, flags, { control }) {
    if (control === true) throw new SocketError('EINVAL', 'netlink takes no control data')
    if ((flags & rules.MSG_OOB) !== 0) throw new SocketError('EOPNOTSUPP', 'netlink has no out-of-band data')
    if (length < NLMSG_HDRLEN) throw new SocketError('ENOBUFS', `${length} bytes are no netlink message`)
  },
  linux(sock, length, flags, { to }) {
    if ((flags & sock.rules.MSG_OOB) !== 0) throw new SocketError('EOPNOTSUPP', 'netlink has no out-of-band data')
    if (length === 0) throw new SocketError('ENODATA', 'an empty datagram')
    if (to !== undefined) checkDestination(sock, to)
    if (!sock.bound) sock.core.ports.autobind(sock)
  },
}

function hasDestination(sock: Sock, options: SendOptions): boolean {
  return options.to !== undefined || sock.peerPort !== 0 || sock.peerGroups !== 0
}

/** Another sender holds the send lock: it waits for room, or its requests are being processed. */
function sendLocked(sock: Sock): boolean {
  return sock.tx.waiters.length > 0 || (sock.synchronous && sock.running)
}

function trySend(sock: Sock, datagram: Datagram, length: number): Awaitable<number> | undefined {
  if (sock.synchronous) return sock.running ? undefined : sendSync(sock, datagram)
  return enqueue(sock, datagram) ? length : undefined
}

function enqueue(sock: Sock, datagram: Datagram): boolean {
  const { tx } = sock
  const length = datagram.end - datagram.start
  if (tx.hiwat - tx.ccc < length) return false
  tx.queue.push(datagram)
  tx.ccc += length
  scheduleWork(sock)
  return true
}

/** Processes a datagram in the sender's context. The send buffer is not used, so nothing here ever waits for room. */
function sendSync(sock: Sock, datagram: Datagram): Awaitable<number> {
  sock.running = true
  const outcome = serveDatagram(sock, datagram)
  if (!(outcome instanceof Promise)) return sent(sock, datagram, outcome)
  return outcome.then(settled => sent(sock, datagram, settled))
}

/** Failed handlers and lost replies are no errors of send(2); on FreeBSD a malformed header is. */
function sent(sock: Sock, datagram: Datagram, outcome: Outcome): number {
  sock.running = false
  if (sock.tx.waiters.length > 0) wake(sock)
  sock.idle?.()
  if (outcome === 'malformed' && sock.rules.refusesMalformed) {
    throw new SocketError('EINVAL', `malformed message at byte ${datagram.next - datagram.start}`)
  }
  return datagram.end - datagram.start
}
