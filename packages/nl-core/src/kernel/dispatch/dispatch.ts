import { NLM_F_DUMP, NLM_F_REQUEST, NLMSG_HDRLEN, NLMSG_MIN_TYPE } from '../../constants.ts'
import { NetlinkError } from '../../errno/errors.ts'
import { privileged } from '../../model/cred.ts'
import type { RtnlHeld } from '../../model/lock.ts'
import type { Ctx } from '../../model/task.ts'
import type { Awaitable } from '../../model/time.ts'
import type { Body } from '../../wire/codec.ts'
import { strikeRequest } from '../debug/strike.ts'
import type { AnyHandler } from '../handler.ts'
import { checkUnused, type ProtocolEntry } from '../protocol-table.ts'
import { acknowledge, refuse } from './ack.ts'
import { flush } from './deliver.ts'
import { startDump } from './dump.ts'
import { failureOf } from './failure.ts'
import { replyWith } from './reply.ts'
import type { RequestRecord } from './request.ts'

/**
 * Serves one message: finds its handler, checks privilege, decodes, runs, answers. Returns a promise only where the
 * handler or a lock has to be waited for; whatever goes wrong becomes an answer.
 */
export function serveRequest(request: RequestRecord): Promise<void> | undefined {
  if ((request.flags & NLM_F_REQUEST) === 0 || request.type < NLMSG_MIN_TYPE) {
    acknowledge(request)
    return undefined
  }
  try {
    const waiting = perform(request)
    if (waiting !== undefined) return finishLater(request, waiting)
    if (!request.answered) acknowledge(request)
  } catch (error) {
    refuse(request, failureOf(request, error))
  }
  checkLocks(request)
  return undefined
}

/** A handler gives back every lock that it takes: one left behind would stop everyone else for ever. */
function checkLocks({ sock, type }: RequestRecord): void {
  const { held } = sock.task
  if (held.length === 0) return
  const names = held.map(({ name }) => name)
  sock.core.defect(
    new Error(`locks left behind: ${names.join(', ')}`),
    `message type ${type} of protocol ${sock.protocol}`,
  )
}

async function finishLater(request: RequestRecord, waiting: Promise<void>): Promise<void> {
  const entry = request.sock.core.protocols.find(request.sock.protocol)
  if (entry !== undefined) entry.running += 1
  flush(request.sock) // what is answered need not wait
  try {
    await waiting
    if (!request.answered) acknowledge(request)
  } catch (error) {
    refuse(request, failureOf(request, error))
  } finally {
    checkLocks(request)
    if (entry !== undefined) {
      entry.running -= 1
      checkUnused(entry)
    }
  }
}

function perform(request: RequestRecord): Promise<void> | undefined {
  if (!request.sock.core.faults.armed) return serve(request)
  const waiting = strikeRequest(request)
  return waiting === undefined ? serve(request) : waiting.then(() => serve(request))
}

/** Unknown type, privilege, jail, parse errors: in this order, as FreeBSD's dispatchers check. */
function serve(request: RequestRecord): Promise<void> | undefined {
  const { sock } = request
  const entry = sock.core.protocols.find(sock.protocol)
  if (entry === undefined) throw new NetlinkError('EPROTONOSUPPORT', 'the protocol has been taken back')
  const handler = entry.protocol.handlerOf(request)
  checkPrivilege(request, handler)
  if (handler.needsCaller === true && request.caller === undefined) {
    throw new NetlinkError('EOPNOTSUPP', 'operation needs NETLINK_SND_SYNC')
  }
  if (handler.do === undefined) refuseSecondDump(request) // ahead of its attributes, where that can be told already
  decode(request, handler)
  if (wantsDump(request, handler)) return dump(request, entry, handler)
  return act(request, entry, handler)
}

function checkPrivilege({ sock, caller, addressed }: RequestRecord, handler: AnyHandler): void {
  const { priv } = handler
  if (priv !== undefined) {
    const sender = sock.core.personality.privilegeOf === 'socket-and-sender' ? caller : undefined
    // Who names the destination answers for the message alone: netlink_capable() of Linux.
    const opener = sender !== undefined && addressed ? undefined : sock.cred
    if (opener !== undefined && !privileged(opener, priv)) throw new NetlinkError('EPERM')
    if (sender !== undefined && !privileged(sender.cred, priv)) throw new NetlinkError('EPERM')
  }
  if (!sock.cred.ownVnet && handler.jail !== true) throw new NetlinkError('EPERM')
}

function decode(request: RequestRecord, handler: AnyHandler): void {
  const { frame, end, abi } = request
  const schema: Body<unknown> = handler.body
  request.schema = schema
  const codec = schema.codec(abi)
  const start = request.start + NLMSG_HDRLEN
  const short = end - start < schema.header.size
  if (short) refuseShort(request, handler, schema.header.size, end - start)
  const body = short ? codec.decodeShort(frame, start, end) : codec.decode(frame, start, end)
  request.body = request.sock.rules.translates && schema.linux !== undefined ? schema.linux.fromAbi(body) : body
  const text = request.strict ? handler.strictHeader?.(request.body) : undefined
  if (text !== undefined) throw new NetlinkError('EINVAL', text)
}

/** FreeBSD fills a header that is cut short with zeros unless checking is strict; Linux programs may so only in GETs. */
function refuseShort(request: RequestRecord, handler: AnyHandler, expected: number, got: number): void {
  if (request.strict) throw new NetlinkError('EINVAL', `header too short: expected ${expected}, got ${got}`)
  if (!request.sock.rules.extendsHeaders && handler.shortHeader !== true) throw new NetlinkError('EBADMSG')
}

function wantsDump(request: RequestRecord, handler: AnyHandler): boolean {
  if (handler.dump === undefined) return false
  if (handler.isDump !== undefined) return handler.isDump(request)
  return handler.do === undefined || (request.flags & NLM_F_DUMP) !== 0
}

function refuseSecondDump({ sock }: RequestRecord): void {
  if (sock.dump !== undefined) throw new NetlinkError('EBUSY', 'a dump is in progress on this socket')
}

function dump(request: RequestRecord, entry: ProtocolEntry, handler: AnyHandler): undefined {
  refuseSecondDump(request)
  const answer = handler.dump?.(request, request.context())
  if (answer === undefined) throw new NetlinkError('EOPNOTSUPP')
  startDump(request, entry, handler.reply ?? handler.body, answer)
  return undefined
}

function act(request: RequestRecord, entry: ProtocolEntry, handler: AnyHandler): Promise<void> | undefined {
  if (handler.do === undefined) throw new NetlinkError('EOPNOTSUPP')
  const ctx = request.context()
  if (handler.lock !== 'rtnl') return answerWith(request, entry, handler, handler.do(request, ctx))
  const held = request.sock.core.rtnl.acquire(ctx)
  if (held instanceof Promise) return actLater(request, entry, handler, ctx, held)
  let result: Awaitable<unknown>
  try {
    result = handler.do(request, ctx, held)
  } catch (error) {
    held.release()
    throw error
  }
  if (result instanceof Promise)
    return answerLater(
      request,
      entry,
      handler,
      result.finally(() => held.release()),
    )
  held.release()
  answer(request, entry, handler, result)
  return undefined
}

async function actLater(
  request: RequestRecord,
  entry: ProtocolEntry,
  handler: AnyHandler,
  ctx: Ctx,
  waiting: Promise<RtnlHeld>,
): Promise<void> {
  const held = await waiting
  try {
    answer(request, entry, handler, await handler.do?.(request, ctx, held))
  } finally {
    held.release()
  }
}

function answerWith(
  request: RequestRecord,
  entry: ProtocolEntry,
  handler: AnyHandler,
  result: Awaitable<unknown>,
): Promise<void> | undefined {
  if (result instanceof Promise) return answerLater(request, entry, handler, result)
  answer(request, entry, handler, result)
  return undefined
}

async function answerLater(
  request: RequestRecord,
  entry: ProtocolEntry,
  handler: AnyHandler,
  result: Promise<unknown>,
): Promise<void> {
  answer(request, entry, handler, await result)
}

function answer(request: RequestRecord, entry: ProtocolEntry, handler: AnyHandler, body: unknown): void {
  if (body === undefined) return
  try {
    replyWith(request, entry.protocol.replyType(request), handler.reply ?? handler.body, body)
  } catch (error) {
    // Not the requester's fault, as a WireError would say: the handler made what its own schema cannot express.
    throw new Error('an answer could not be encoded', { cause: error })
  }
}
