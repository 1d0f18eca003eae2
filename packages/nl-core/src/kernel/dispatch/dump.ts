import { NLM_F_ACK_TLVS, NLM_F_DUMP_FILTERED, NLM_F_DUMP_INTR, NLM_F_MULTI, NLMSG_DONE } from '../../constants.ts'
import { WireError } from '../../errno/errors.ts'
import type { Body } from '../../wire/codec.ts'
import { interruptedOnDemand } from '../debug/strike.ts'
import type { Dump } from '../handler.ts'
import { checkUnused, type ProtocolEntry } from '../protocol-table.ts'
import { isFull } from '../socket/receive-buffer.ts'
import type { Sock } from '../socket/sock.ts'
import { errorNumber, type Failure, refuse, says, writeExtAck } from './ack.ts'
import { flush, handOver, unflushed } from './deliver.ts'
import { failureOf } from './failure.ts'
import { appendBody, replyBuffer, runMax } from './reply.ts'
import { beginMessage, endMessage } from './reply-buffer.ts'
import type { RequestRecord } from './request.ts'

/** A dump in progress: pulled by the socket while the reader has room. */
export interface RunningDump {
  readonly request: RequestRecord
  readonly entry: ProtocolEntry
  readonly bodies: Iterator<unknown>
  readonly schema: Body<unknown>
  readonly type: number
  /** Of every message, DONE included. */
  readonly filtered: number
  readonly doneApart: boolean
  readonly failsAsDone: boolean
  readonly generation: (() => number) | undefined
  /** The generation when it was last looked at. */
  seen: number
  /** It had changed, and no message has said so yet. */
  intr: boolean
  /** Messages written so far. */
  count: number
  /** Largest message so far, bytes: a part of a dump is closed before one of this size might not fit. */
  largest: number
  /** Asked to end early, because its protocol goes away. */
  aborted: Failure | undefined
}

/** First part of a dump on a socket that keeps datagram borders: nothing is known about the reader yet. */
const firstPartMax = 3776
const partMax = 32768

/** Starts a dump; parts follow by {@link pullDump}. */
export function startDump(
  request: RequestRecord,
  entry: ProtocolEntry,
  schema: Body<unknown>,
  answer: Iterable<unknown> | Dump<unknown>,
): void {
  const { sock } = request
  const dump: Dump<unknown> = 'bodies' in answer ? answer : { bodies: answer }
  sock.dump = {
    request,
    entry,
    bodies: dump.bodies[Symbol.iterator](),
    schema,
    type: entry.protocol.replyType(request),
    filtered: dump.filtered === true ? NLM_F_DUMP_FILTERED : 0,
    doneApart: dump.doneApart === true && sock.rules.datagrams,
    failsAsDone: dump.failsAsDone === true || sock.core.personality.failedDump === 'done',
    generation: dump.generation,
    seen: dump.generation === undefined ? 0 : dump.generation(),
    intr: false,
    count: 0,
    largest: 0,
    aborted: undefined,
  }
  request.answered = true // a dump ends with NLMSG_DONE, never with an acknowledgement
  entry.dumping.add(sock)
  sock.core.counters.dumps += 1
}

/**
 * Writes the next messages of the dump in progress: one part on a socket that keeps datagram borders, otherwise as
 * many as the receive buffer takes. The dump is over when the last one and NLMSG_DONE have been written.
 */
export function pullDump(sock: Sock): void {
  const { dump } = sock
  if (dump === undefined || isFull(sock.rx)) return
  flush(sock)
  if (sock.rules.datagrams) pullPart(sock, dump)
  else while (sock.dump === dump && !isFull(sock.rx)) pullRun(sock, dump)
}

function pullPart(sock: Sock, dump: RunningDump): void {
  const budget = Math.min(partMax, Math.max(firstPartMax, sock.rx.largestRead))
  while (sock.dump === dump) {
    const used = unflushed(sock)
    if (used > 0 && used + dump.largest > budget) break
    pullOne(sock, dump)
    if (used > 0 && unflushed(sock) > budget) splitBefore(sock, used)
  }
  flush(sock)
}

/** A message that turned out too large for the part begins the next datagram. */
function splitBefore(sock: Sock, length: number): void {
  const { reply } = sock
  if (reply !== undefined) handOver(sock, reply, reply.start + length, reply.messages - 1)
}

function pullRun(sock: Sock, dump: RunningDump): void {
  const most = Math.min(runMax, sock.rx.hiwat - sock.rx.ccc)
  while (sock.dump === dump && unflushed(sock) < most) pullOne(sock, dump)
  flush(sock)
}

/** Writes one object, or the end. */
function pullOne(sock: Sock, dump: RunningDump): void {
  if (dump.aborted !== undefined) {
    failDump(sock, dump, dump.aborted)
    return
  }
  try {
    const next = dump.bodies.next()
    if (next.done === true) finish(sock, dump, undefined)
    else writeObject(sock, dump, next.value)
  } catch (error) {
    failDump(sock, dump, failureOf(dump.request, error))
  }
}

function writeObject(sock: Sock, dump: RunningDump, body: unknown): void {
  const reply = replyBuffer(sock)
  const before = reply.pos - reply.start
  const flags = (dump.request.flags & sock.rules.repliedFlags) | NLM_F_MULTI | dump.filtered | interrupted(sock, dump)
  try {
    appendBody(dump.request, reply, { type: dump.type, flags }, dump.schema, body)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    sock.core.counters.unencodable += 1 // an object that this ABI cannot express is left out
    return
  }
  dump.intr = false
  dump.count += 1
  const size = reply.pos - reply.start - before
  if (size > dump.largest) dump.largest = size
}

/** NLM_F_DUMP_INTR on the first message after a change of the dumped set, NLMSG_DONE at the latest. */
function interrupted(sock: Sock, dump: RunningDump): number {
  const now = dump.generation === undefined ? dump.seen : dump.generation()
  if (now !== dump.seen) dump.intr = true
  dump.seen = now
  if (sock.core.faults.armed && interruptedOnDemand(dump.request)) dump.intr = true
  return dump.intr ? NLM_F_DUMP_INTR : 0
}

function failDump(sock: Sock, dump: RunningDump, failure: Failure): void {
  endBodies(sock, dump)
  if (dump.count > 0 || dump.failsAsDone) finish(sock, dump, failure)
  else {
    endDump(sock, dump)
    refuse(dump.request, failure)
  }
}

function finish(sock: Sock, dump: RunningDump, failure: Failure | undefined): void {
  endDump(sock, dump)
  if (dump.doneApart) flush(sock)
  const { request } = dump
  const { rules, flags } = sock
  const reply = replyBuffer(sock)
  const tlvs = rules.extAckOnDone && flags.extAck && says(request, failure, rules)
  const doneFlags = rules.doneFlags | dump.filtered | interrupted(sock, dump) | (tlvs ? NLM_F_ACK_TLVS : 0)
  const mark = beginMessage(reply, NLMSG_DONE, doneFlags, request.seq, request.portid)
  reply.reserve(4)
  reply.words[reply.pos >> 2] = errorNumber(failure?.code, rules)
  reply.pos += 4
  if (tlvs) writeExtAck(reply, request, failure, rules)
  endMessage(reply, mark)
}

function endDump(sock: Sock, dump: RunningDump): void {
  sock.dump = undefined
  dump.entry.dumping.delete(sock)
  sock.core.counters.dumps -= 1
  checkUnused(dump.entry)
}

/** Ends a dump whose reader has gone; its generator runs its `finally` blocks. */
export function abandonDump(sock: Sock): void {
  const { dump } = sock
  if (dump === undefined) return
  endDump(sock, dump)
  endBodies(sock, dump)
}

function endBodies(sock: Sock, dump: RunningDump): void {
  try {
    dump.bodies.return?.()
  } catch (error) {
    sock.core.defect(error, 'the end of a dump')
  }
}
