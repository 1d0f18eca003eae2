import { NLM_F_ACK } from '../constants.ts'
import { NltoolError, SocketError } from '../errno/errors.ts'
import type { Body, Writer } from '../wire/codec.ts'
import { createWriter } from '../wire/frame.ts'
import { appendRequest } from './encoder.ts'
import { kernelError } from './failure.ts'
import type { Incoming } from './incoming.ts'
import type { Link } from './link.ts'
import type { Command } from './operation.ts'
import { isPlainAck, outcomeOf } from './outcome.ts'
import { type OpenBatch, openRecord, replyWeight } from './pending.ts'
import { timeoutOf } from './request.ts'
import { isPromise } from './sender.ts'
import type { Batch, BatchResult, WaitOptions } from './types.ts'

/** What has been added to a batch. The arrays run parallel: a request costs no object of its own. */
interface Filling {
  readonly writer: Writer
  readonly commands: Command<unknown>[]
  /** Schemas of the answers, of the requests that expect some. */
  readonly replies: Map<number, Body<unknown>>
  /** Where each request starts in the writer. */
  readonly starts: number[]
  /** Indexes of the requests that start a datagram, and the weight of each datagram. */
  readonly datagrams: number[]
  readonly weights: number[]
}

/** A batch whose answers are awaited. */
export interface BatchState extends Filling {
  readonly results: (BatchResult | undefined)[]
  /** Answers received for requests that expect some. */
  readonly received: Map<number, unknown[]>
  missing: number
  readonly resolve: (results: BatchResult[]) => void
}

const carriedOut: BatchResult = Object.freeze({ ok: true, replies: Object.freeze([]) })

function emptyFilling(writer: Writer): Filling {
  writer.pos = 0
  return { writer, commands: [], replies: new Map(), starts: [], datagrams: [], weights: [] }
}

/** Makes an empty batch. */
export function createBatch(link: Link, bytesMax: number): Batch {
  const { abi } = link.transport
  let spare: Writer | undefined
  let filling = emptyFilling(createWriter())

  function add<Q>(command: Command<Q>, value: Q, reply: Body<unknown> | undefined, flags: number): number {
    const { writer, commands, starts, datagrams, weights } = filling
    const start = writer.pos
    appendRequest(writer, abi, command, value, NLM_F_ACK | flags, 0)
    const index = commands.push(command as Command<unknown>) - 1
    if (reply !== undefined) filling.replies.set(index, reply)
    starts.push(start)
    const last = datagrams.length - 1
    const weight = reply === undefined ? 1 : replyWeight
    const together = (weights[last] ?? Infinity) + weight
    if (together > link.windowMax || writer.pos - (starts[datagrams[last] ?? 0] ?? 0) > bytesMax) {
      datagrams.push(index)
      weights.push(weight)
    } else weights[last] = together
    return index
  }

  return {
    get length() {
      return filling.commands.length
    },
    add: (command, value, flags = 0) => add(command, value, undefined, flags),
    get: (operation, value, flags = 0) => add(operation, value, operation.reply as Body<unknown>, flags),
    send(options = {}) {
      const filled = filling
      filling = emptyFilling(spare ?? createWriter())
      spare = undefined
      return sendFilling(link, filled, options).then(results => {
        spare ??= filled.writer // not after an abort: something may still have to be sent
        return results
      })
    },
  }
}

function sendFilling(link: Link, filled: Filling, options: WaitOptions): Promise<BatchResult[]> {
  const count = filled.commands.length
  return new Promise((resolve, reject) => {
    const { signal } = options
    if (signal?.aborted) return reject(signal.reason)
    if (count === 0) return resolve([])
    const open: OpenBatch[] = []
    const onAbort = (): void => {
      for (const batch of open) link.drop(batch)
      reject(signal?.reason)
    }
    const state: BatchState = {
      ...filled,
      results: new Array(count),
      received: new Map(),
      missing: count,
      resolve(results) {
        signal?.removeEventListener('abort', onAbort)
        resolve(results)
      },
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    for (const datagram of filled.datagrams.keys())
      open.push(sendDatagram(link, state, datagram, timeoutOf(link, options)))
  })
}

function sendDatagram(link: Link, state: BatchState, datagram: number, timeoutMs: number): OpenBatch {
  const { starts, datagrams, writer } = state
  const first = datagrams[datagram] ?? 0
  const after = datagrams[datagram + 1] ?? starts.length
  const seq = link.nextSeq(after - first)
  for (let i = first; i < after; i++) writer.view.setUint32((starts[i] ?? 0) + 8, seq + i - first, true)
  const bytes = writer.bytes.subarray(starts[first], starts[after] ?? writer.pos)
  const batch: OpenBatch = {
    kind: 'batch',
    ...openRecord(seq, after - first, timeoutMs, state.weights[datagram] ?? 0),
    state,
    first,
    missing: after - first,
  }
  try {
    const sent = link.submit(batch, bytes)
    if (isPromise(sent)) sent.catch(error => batchFailed(link, batch, error))
  } catch (error) {
    batchFailed(link, batch, error)
  }
  return batch
}

/** Index among the results of the request that a message answers. */
function indexOf(batch: OpenBatch, message: Incoming): number {
  return batch.first + message.seq - batch.seq
}

function requestBytes({ writer, starts }: BatchState, index: number): Uint8Array {
  return writer.bytes.slice(starts[index], starts[index + 1] ?? writer.pos)
}

/** An answer before the acknowledgement. False if none is expected: then it is a notification of what was done. */
export function batchMessage(link: Link, batch: OpenBatch, message: Incoming): boolean {
  const { state } = batch
  const index = indexOf(batch, message)
  const reply = state.replies.get(index)
  if (reply === undefined) return false
  try {
    const replies = state.received.get(index)
    const value = message.decode(reply)
    if (replies === undefined) state.received.set(index, [value])
    else replies.push(value)
  } catch (error) {
    settle(link, batch, index, { ok: false, error: asError(error) })
  }
  return true
}

/** The acknowledgement of one request. */
export function batchAnswered(link: Link, batch: OpenBatch, message: Incoming): void {
  const { state } = batch
  const index = indexOf(batch, message)
  const replies = state.received.size > 0 ? state.received.get(index) : undefined
  const success: BatchResult = replies === undefined ? carriedOut : { ok: true, replies }
  if (isPlainAck(message)) {
    settle(link, batch, index, success)
    return
  }
  const outcome = outcomeOf(message, link.transport.abi)
  const command = state.commands[index] as Command<unknown>
  if (outcome.errno === 0) {
    if (outcome.extAck.msg !== undefined) link.warn(outcome.extAck.msg, command.name)
    settle(link, batch, index, success)
  } else {
    const context = { command, seq: message.seq, index, bytes: () => requestBytes(state, index) }
    settle(link, batch, index, { ok: false, error: kernelError(outcome, link.transport.abi, context) })
  }
}

function settle(link: Link, batch: OpenBatch, index: number, result: BatchResult): void {
  const { state } = batch
  if (state.results[index] !== undefined) return
  state.results[index] = result
  batch.missing--
  state.missing--
  if (batch.missing === 0) link.drop(batch)
  if (state.missing === 0) state.resolve(state.results as BatchResult[])
}

/** The answers of a datagram that have not come by now will not. */
export function batchFailed(link: Link, batch: OpenBatch, error: unknown): void {
  link.drop(batch)
  const result: BatchResult = { ok: false, error: asError(error) }
  for (let index = batch.first; index < batch.first + batch.count; index++) settle(link, batch, index, result)
}

function asError(error: unknown): NltoolError {
  return error instanceof NltoolError ? error : new SocketError('EIO', 'the answer cannot be read', { cause: error })
}
