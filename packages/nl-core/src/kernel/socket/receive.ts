import { abiConstants } from '../../abi.ts'
import {
  align4,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_MSG_INFO,
  NETLINK_PKTINFO,
  NLMSG_HDRLEN,
  SOL_NETLINK,
} from '../../constants.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Awaitable } from '../../model/time.ts'
import { failOnDemand } from '../debug/strike.ts'
import { pullDump } from '../dispatch/dump.ts'
import type { ControlMessage, RecvOptions, RecvResult, Taken } from './netlink-socket.ts'
import { type Chunk, consume, forgetLoss, headChunk } from './receive-buffer.ts'
import type { Sock } from './sock.ts'
import { sleepIn, wake } from './wake.ts'
import { hasWork, scheduleWork } from './worker.ts'

const noOptions: RecvOptions = {}

/** recv(2), recvmsg(2) on a netlink socket. */
export function recv(sock: Sock, size: number, flags: number, options: RecvOptions = noOptions): Awaitable<RecvResult> {
  if ((flags & sock.rules.MSG_OOB) !== 0) throw new SocketError('EOPNOTSUPP', 'netlink has no out-of-band data')
  if (size > sock.rx.largestRead) sock.rx.largestRead = size
  const attempt = () => tryRecv(sock, size, flags, options.control === true)
  const now = sock.receivers.length === 0 ? attempt() : undefined
  if (now !== undefined) return now
  if (sock.nonblocking || (flags & sock.rules.MSG_DONTWAIT) !== 0) throw new SocketError('EAGAIN', 'nothing to receive')
  return sleepIn(sock, sock.receivers, { attempt, signal: options.signal, timeoutMs: sock.receiveTimeoutMs })
}

/** Readers inside the process need no buffer of a size: parts of a dump grow to the largest. */
const takeMax = 32768

/** Hands over what is queued in front, uncopied. */
export function take(sock: Sock, signal: AbortSignal | undefined): Awaitable<Taken> {
  sock.rx.largestRead = takeMax
  const now = sock.receivers.length === 0 ? tryTake(sock) : undefined
  if (now !== undefined) return now
  if (sock.nonblocking) throw new SocketError('EAGAIN', 'nothing to receive')
  return sleepIn(sock, sock.receivers, { attempt: () => tryTake(sock), signal, timeoutMs: sock.receiveTimeoutMs })
}

function tryTake(sock: Sock): Taken | undefined {
  const first = nextChunk(sock)
  if (first === undefined) return undefined
  const { rx } = sock
  const { bytes } = first
  const start = rx.offset
  let end = first.end
  consume(rx, first, end)
  if (!sock.rules.datagrams) {
    // Runs that stand one behind the other in memory are read as one, as FreeBSD's recv does across buffers.
    for (let next = headChunk(rx); next?.bytes === bytes && next.start === end && next.end - start <= takeMax; ) {
      end = next.end
      consume(rx, next, end)
      next = headChunk(rx)
    }
  }
  afterRead(sock)
  // A notification is a frame of its own: a view of it would cost more than all the rest of its delivery.
  return { bytes: end - start === bytes.length ? bytes : bytes.subarray(start, end) }
}

/** The first chunk, or `undefined`. @throws SocketError EBADF; ENOBUFS once after a loss, nothing being consumed */
function nextChunk(sock: Sock): Chunk | undefined {
  if (sock.state !== 'open') throw new SocketError('EBADF', 'the socket is closed')
  const { rx } = sock
  if (sock.core.faults.armed) failOnDemand(sock, 'recv')
  if (rx.overrun) {
    const { droppedMessages, droppedBytes } = rx
    forgetLoss(rx)
    throw new SocketError('ENOBUFS', `${droppedMessages} messages of ${droppedBytes} bytes were lost`)
  }
  return headChunk(rx)
}

/** A read makes room: the worker, or a dump on a socket without one, goes on. */
function afterRead(sock: Sock): void {
  if (sock.peerSenders.length > 0) wake(sock)
  if (!sock.synchronous) {
    if (hasWork(sock)) scheduleWork(sock)
  } else if (sock.dump !== undefined) pullDump(sock)
}

function tryRecv(sock: Sock, size: number, flags: number, control: boolean): RecvResult | undefined {
  const chunk = nextChunk(sock)
  if (chunk === undefined) return undefined
  const copied = sock.rules.datagrams ? readDatagram(sock, chunk, size, flags) : readMessages(sock, chunk, size, flags)
  const result: RecvResult = {
    data: copied.data,
    from: { portid: chunk.from, groups: sourceGroups(sock, chunk) },
    control: control ? controlOf(sock, chunk) : [],
    flags: copied.truncated ? sock.rules.MSG_TRUNC : 0,
    length: (flags & sock.rules.MSG_TRUNC) !== 0 ? copied.full : copied.data.length,
  }
  afterRead(sock)
  return result
}

/** What was copied, and how long the message or datagram is of which it is the beginning. */
interface Copied {
  readonly data: Uint8Array
  readonly full: number
  readonly truncated: boolean
}

/** Linux: one datagram; what does not fit is lost. */
function readDatagram(sock: Sock, chunk: Chunk, size: number, flags: number): Copied {
  const full = chunk.end - chunk.start
  const data = chunk.bytes.slice(chunk.start, chunk.start + Math.min(size, full))
  if ((flags & sock.rules.MSG_PEEK) === 0) consume(sock.rx, chunk, chunk.end)
  return { data, full, truncated: data.length < full }
}

/** FreeBSD: as many whole messages as fit, across chunks; or the beginning of the first, whose end is then lost. */
function readMessages(sock: Sock, chunk: Chunk, size: number, flags: number): Copied {
  const { rx } = sock
  const peek = (flags & sock.rules.MSG_PEEK) !== 0
  const first = messageLength(chunk, rx.offset)
  if (first > size) {
    const data = chunk.bytes.slice(rx.offset, rx.offset + size)
    if (!peek && size > 0) consume(rx, chunk, Math.min(rx.offset + align4(first), chunk.end))
    return { data, full: first, truncated: size > 0 } // nothing was asked for, so nothing is missing
  }
  const spans = spansThatFit(sock, size)
  const data = copySpans(spans).subarray(0, size) // without the padding of a last message that just fits
  if (!peek) for (const span of spans) consume(rx, span.chunk, span.end)
  return { data, full: data.length, truncated: false }
}

interface Span {
  readonly chunk: Chunk
  readonly start: number
  readonly end: number
}

function spansThatFit(sock: Sock, size: number): Span[] {
  const { rx } = sock
  const spans: Span[] = []
  let room = size
  for (let index = rx.head; index < rx.queue.length; index++) {
    const chunk = rx.queue[index] as Chunk
    const start = index === rx.head ? rx.offset : chunk.start
    const end = lastThatFits(chunk, start, room)
    if (end > start) spans.push({ chunk, start, end })
    if (end < chunk.end) break
    room -= end - start
  }
  return spans
}

function lastThatFits(chunk: Chunk, start: number, room: number): number {
  if (chunk.end - start <= room) return chunk.end
  let end = start
  while (end < chunk.end && end - start + messageLength(chunk, end) <= room) {
    end = Math.min(end + align4(messageLength(chunk, end)), chunk.end)
  }
  return end
}

function copySpans(spans: readonly Span[]): Uint8Array {
  const only = spans[0]
  if (spans.length === 1 && only !== undefined) return only.chunk.bytes.slice(only.start, only.end)
  const data = new Uint8Array(spans.reduce((sum, span) => sum + span.end - span.start, 0))
  let at = 0
  for (const { chunk, start, end } of spans) {
    data.set(chunk.bytes.subarray(start, end), at)
    at += end - start
  }
  return data
}

function messageLength({ bytes }: Chunk, at: number): number {
  const length =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  return Math.max(length >>> 0, NLMSG_HDRLEN)
}

/** Linux reports the group of a multicast as a mask, where the mask has a bit for it. */
function sourceGroups(sock: Sock, { group }: Chunk): number {
  return sock.rules.datagrams && group > 0 && group <= 32 ? (1 << (group - 1)) >>> 0 : 0
}

function controlOf(sock: Sock, chunk: Chunk): ControlMessage[] {
  const { flags } = sock
  const control: ControlMessage[] = []
  if (flags.msgInfo) control.push(controlMessage(NETLINK_MSG_INFO, messageInfo(sock, chunk)))
  if (flags.pktinfo) control.push(controlMessage(NETLINK_PKTINFO, [chunk.group]))
  if (flags.listenAllNsid && chunk.nsid !== undefined) {
    control.push(controlMessage(NETLINK_LISTEN_ALL_NSID, [chunk.nsid]))
  }
  if (flags.passcred) control.push(credentials(sock, chunk))
  return control
}

/** NLMSGINFO_ATTR_PROCESS_ID and NLMSGINFO_ATTR_PORT_ID of the originator, else of the receiver. */
function messageInfo(sock: Sock, { pid, portid }: Chunk): number[] {
  const known = pid !== undefined
  return [8 | (1 << 16), known ? pid : sock.pid, 8 | (2 << 16), known ? portid : sock.port]
}

/** `struct ucred` of the sender: process, user, group. The kernel is 0 in all three. */
function credentials(sock: Sock, { from, pid = 0, uid = 0 }: Chunk): ControlMessage {
  const { SOL_SOCKET } = abiConstants[sock.rules.abi]
  const ucred = Int32Array.from(from === 0 ? [0, 0, 0] : [pid, uid, uid])
  return { level: SOL_SOCKET, type: SCM_CREDENTIALS, data: new Uint8Array(ucred.buffer) }
}

/** Ancillary data of a Linux socket with SO_PASSCRED, linux/socket.h. */
const SCM_CREDENTIALS = 2

function controlMessage(type: number, words: readonly number[]): ControlMessage {
  return { level: SOL_NETLINK, type, data: new Uint8Array(Int32Array.from(words).buffer) }
}
