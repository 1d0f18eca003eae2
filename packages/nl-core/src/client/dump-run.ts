import { NLM_F_DUMP, NLM_F_DUMP_INTR, NLMSG_ERROR } from '../constants.ts'
import type { KernelError } from '../errno/errors.ts'
import type { DumpTurns } from './dump-turns.ts'
import { encodeAgain, kernelError } from './failure.ts'
import type { Incoming } from './incoming.ts'
import type { Link } from './link.ts'
import type { Command } from './operation.ts'
import { outcomeOf } from './outcome.ts'
import { type OpenDump, openRecord } from './pending.ts'
import { timeoutOf } from './request.ts'
import { isPromise } from './sender.ts'
import { either } from './signal.ts'
import type { RequestOptions } from './types.ts'

/** A dump request on its way. */
export interface DumpState<T = unknown> {
  /** An object of the answer, or `undefined` for a message that is left out. */
  readonly decode: (message: Incoming) => T | undefined
  readonly turns: DumpTurns
  /** Objects received and not yet taken. */
  objects: T[]
  consistent: boolean
  /** Received without waiting for the reader. */
  ahead: boolean
  /** The reader wants everything at once. */
  readonly whole: boolean
  /** What came was of this dump since its time-out was last looked at. */
  heard: boolean
  /** A refusal that may not be one: see {@link dumpAnswered}. */
  refusal: KernelError | undefined
  /** Nothing more of it will come. */
  ended: boolean
  /** Why it ended early. */
  failure: { readonly cause: unknown } | undefined
  /** The reader has left: what still comes is thrown away. */
  abandoned: boolean
  /** Tells the reader that there is something for it. */
  wake: (() => void) | undefined
  /** Takes the listener off the caller's signal. */
  unlisten: (() => void) | undefined
}

/** One run of a dump, as its reader sees it. */
export interface DumpRun<T> {
  readonly consistent: boolean
  /** The next objects in the order received, all of them if `whole`; `undefined` at the end. @throws what ended it early */
  take(): Promise<T[] | undefined>
  /** Leaves the rest to be received and thrown away: the kernel has the dump open until then. */
  abandon(): void
}

/** What a dump asks for. */
export interface DumpRequest<Q> {
  readonly command: Command<Q>
  readonly value: Q
  readonly options: RequestOptions
}

/** How a dump is read. */
export interface DumpReading<T> {
  /** An object of the answer, or `undefined` for a message that is left out. */
  readonly decode: (message: Incoming) => T | undefined
  /** Everything is wanted at once. */
  readonly whole: boolean
  readonly signal?: AbortSignal | undefined
}

/** Sends a dump request when it is its turn. */
export async function startDump<Q, T>(
  link: Link,
  turns: DumpTurns,
  { command, value, options }: DumpRequest<Q>,
  { decode, whole, signal: readerSignal }: DumpReading<T>,
): Promise<DumpRun<T>> {
  const signal = either(readerSignal, options.signal)
  signal?.throwIfAborted()
  const turn = turns.enter(signal)
  if (turn !== undefined) await turn
  const state: DumpState<T> = {
    decode,
    turns,
    objects: [],
    consistent: true,
    ahead: whole,
    whole,
    heard: false,
    refusal: undefined,
    ended: false,
    failure: undefined,
    abandoned: false,
    wake: undefined,
    unlisten: undefined,
  }
  try {
    signal?.throwIfAborted()
    const seq = link.nextSeq(1)
    const bytes = link.encoder.encode(command, value, NLM_F_DUMP | (options.flags ?? 0), seq)
    const dump: OpenDump = {
      kind: 'dump',
      ...openRecord(seq, 1, timeoutOf(link, options), 0),
      command: command as Command<unknown>,
      value,
      state,
    }
    turns.begin(dump)
    if (signal !== undefined) listenTo(link, dump, signal)
    const sent = link.submit(dump, bytes)
    if (isPromise(sent)) sent.catch(error => dumpFailed(link, dump, error))
    return createRun(link, dump, state)
  } catch (error) {
    state.unlisten?.()
    turns.leave()
    throw error
  }
}

function createRun<T>(link: Link, dump: OpenDump, state: DumpState<T>): DumpRun<T> {
  const run: DumpRun<T> = {
    get consistent() {
      return state.consistent
    },
    async take() {
      while (state.objects.length === 0 || (state.whole && !state.ended)) {
        if (state.failure !== undefined) throw state.failure.cause
        if (state.ended) return undefined
        await new Promise<void>(resolve => {
          state.wake = resolve
          state.heard = false
          link.await(dump)
          link.want(dump, true)
        })
      }
      if (state.whole && state.failure !== undefined) throw state.failure.cause
      const { objects } = state
      state.objects = []
      return objects
    },
    abandon: () => abandon(link, dump),
  }
  return run
}

function listenTo(link: Link, dump: OpenDump, signal: AbortSignal): void {
  const onAbort = (): void => {
    dump.state.failure = { cause: signal.reason }
    abandon(link, dump)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  dump.state.unlisten = () => signal.removeEventListener('abort', onAbort)
}

function abandon(link: Link, dump: OpenDump): void {
  const { state } = dump
  state.abandoned = true
  state.objects = []
  wake(state)
  state.unlisten?.()
  if (!state.ended) hurryDump(link, dump)
}

/** Receives the rest of a dump without waiting for its reader. */
export function hurryDump(link: Link, dump: OpenDump): void {
  dump.state.ahead = true
  link.await(dump)
  link.want(dump, true)
}

function wake(state: DumpState): void {
  const { wake: resume } = state
  state.wake = undefined
  resume?.()
}

/** A part of the answer. */
export function dumpMessage(link: Link, dump: OpenDump, message: Incoming): true {
  const { state } = dump
  state.heard = true
  state.refusal = undefined
  if ((message.flags & NLM_F_DUMP_INTR) !== 0) state.consistent = false
  if (!state.abandoned) keep(link, dump, message)
  // The reader resumes after the datagram has been gone through: it finds all that this one holds.
  if (!state.whole) wake(state)
  if (dump.wanted && !state.ahead) rest(link, dump)
  return true
}

function keep(link: Link, dump: OpenDump, message: Incoming): void {
  const { state } = dump
  try {
    const object = state.decode(message)
    if (object !== undefined) state.objects.push(object)
  } catch (error) {
    state.failure = { cause: error }
    abandon(link, dump)
  }
}

/** Receives nothing more until the reader asks. */
function rest(link: Link, dump: OpenDump): void {
  link.idle(dump)
  link.want(dump, false)
}

/**
 * The end: NLMSG_DONE, NLMSG_ERROR, or the acknowledgement of a request that the kernel did not take for a dump.
 * Linux says ENOBUFS when the receive buffer is full as a dump starts, but has started it (netlink_dump() in af_netlink.c):
 * its parts come when there is room, and another one would be refused with EBUSY. If nothing comes, it was a refusal.
 */
export function dumpAnswered(link: Link, dump: OpenDump, message: Incoming): void {
  if ((message.flags & NLM_F_DUMP_INTR) !== 0) dump.state.consistent = false
  const outcome = outcomeOf(message, link.transport.abi)
  const { command, value, seq } = dump
  const { abi } = link.transport
  const bytes = (): Uint8Array | undefined => encodeAgain(abi, command, value)
  const error = outcome.errno === 0 ? undefined : kernelError(outcome, abi, { command, seq, bytes })
  if (error?.code === 'ENOBUFS' && abi === 'linux' && message.type === NLMSG_ERROR) {
    dump.state.refusal = error
    return
  }
  if (error !== undefined) dump.state.failure ??= { cause: error }
  else if (outcome.extAck.msg !== undefined) link.warn(outcome.extAck.msg, dump.command.name)
  end(link, dump)
}

/** No end will come. */
export function dumpFailed(link: Link, dump: OpenDump, error: unknown): void {
  dump.state.failure ??= { cause: dump.state.refusal ?? error }
  end(link, dump)
}

/** Messages were lost: parts of this answer may be among them. */
export function dumpInterrupted(dump: OpenDump): void {
  dump.state.consistent = false
}

function end(link: Link, dump: OpenDump): void {
  const { state } = dump
  if (state.ended) return
  state.ended = true
  state.unlisten?.()
  link.drop(dump)
  state.turns.leave()
  wake(state)
}
