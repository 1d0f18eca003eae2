import { NLM_F_ACK, NLMSG_DONE } from '../constants.ts'
import { SocketError } from '../errno/errors.ts'
import type { Body } from '../wire/codec.ts'
import { encodeAgain, kernelError } from './failure.ts'
import type { Incoming } from './incoming.ts'
import type { Link } from './link.ts'
import type { Command } from './operation.ts'
import { isPlainAck, outcomeOf, plainAck } from './outcome.ts'
import { type OpenRequest, replyWeight } from './pending.ts'
import { isPromise } from './sender.ts'
import type { RequestOptions } from './types.ts'

const noOptions: RequestOptions = {}

/** Sends one request and waits for its acknowledgement. */
export function sendRequest<Q>(
  link: Link,
  command: Command<Q>,
  value: Q,
  reply: undefined,
  options?: RequestOptions,
): Promise<void>
/** The same, and resolves to its answers. */
export function sendRequest<Q, R>(
  link: Link,
  command: Command<Q>,
  value: Q,
  reply: Body<R>,
  options?: RequestOptions,
): Promise<R[]>
export function sendRequest<Q, R>(
  link: Link,
  command: Command<Q>,
  value: Q,
  reply: Body<R> | undefined,
  options: RequestOptions = noOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { signal } = options
    if (signal?.aborted) return reject(signal.reason)
    const seq = link.nextSeq(1)
    const bytes = link.encoder.encode(command, value, NLM_F_ACK | (options.flags ?? 0), seq)
    const pending: OpenRequest = {
      kind: 'request', // the fields one by one: spreading a record costs more than the rest of this function
      seq,
      count: 1,
      deadline: Infinity,
      timeoutMs: timeoutOf(link, options),
      weight: reply === undefined ? 1 : replyWeight,
      sent: false,
      open: true,
      doubtful: false,
      wanted: true,
      command: command as Command<unknown>,
      value,
      reply: reply as Body<unknown> | undefined,
      replies: undefined,
      resolve,
      reject,
      unlisten: undefined,
    }
    if (signal !== undefined) listenTo(link, pending, signal)
    const sent = link.submit(pending, bytes)
    if (isPromise(sent)) sent.catch(error => requestFailed(link, pending, error))
  })
}

/** The time-out that options ask for, milliseconds; Infinity for none. */
export function timeoutOf(link: Link, options: { readonly timeoutMs?: number | undefined }): number {
  const ms = options.timeoutMs ?? link.timeoutMs
  return ms === 0 ? Infinity : ms
}

function listenTo(link: Link, pending: OpenRequest, signal: AbortSignal): void {
  const onAbort = (): void => requestFailed(link, pending, signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  pending.unlisten = () => signal.removeEventListener('abort', onAbort)
}

function close(link: Link, pending: OpenRequest): void {
  link.drop(pending)
  pending.unlisten?.()
}

/** An answer. False if none is expected: then it is a notification of what the request did. */
export function requestMessage(link: Link, pending: OpenRequest, message: Incoming): boolean {
  if (pending.reply === undefined) return false
  try {
    const value = message.decode(pending.reply)
    if (pending.replies === undefined) pending.replies = [value]
    else pending.replies.push(value)
  } catch (error) {
    requestFailed(link, pending, error)
  }
  return true
}

/** The acknowledgement, or NLMSG_DONE behind the answers of a request that the kernel took for a dump. */
export function requestAnswered(link: Link, pending: OpenRequest, message: Incoming): void {
  close(link, pending)
  const outcome = message.type !== NLMSG_DONE && isPlainAck(message) ? plainAck : outcomeOf(message, link.transport.abi)
  if (outcome.errno !== 0) {
    const { command, value, seq } = pending
    const { abi } = link.transport
    pending.reject(kernelError(outcome, abi, { command, seq, bytes: () => encodeAgain(abi, command, value) }))
    return
  }
  if (outcome.extAck.msg !== undefined) link.warn(outcome.extAck.msg, pending.command.name)
  pending.resolve(pending.reply === undefined ? undefined : (pending.replies ?? []))
}

/** No answer will come, or nobody waits for it any more. */
export function requestFailed(link: Link, pending: OpenRequest, error: unknown): void {
  close(link, pending)
  pending.reject(
    error instanceof SocketError
      ? new SocketError(error.code, `${pending.command.name}: ${reason(error)}`, { cause: error })
      : error,
  )
}

/** The text of an error without the errno that starts it. */
function reason(error: SocketError): string {
  return error.message.replace(/^E[A-Z0-9]+: /, '')
}
