import { KernelError } from '../errno/errors.ts'
import type { DumpReading, DumpRun } from './dump-run.ts'
import { DumpInterruptedError } from './errors.ts'
import type { Incoming } from './incoming.ts'
import { type ClientEnv, pause } from './platform.ts'
import type { CollectOptions, Dump, DumpEnd, Snapshot } from './types.ts'

/** What a dump is read from. */
export interface DumpSource {
  /** Name of the request, for errors. */
  readonly name: string
  readonly env: ClientEnv
  /** Says that somebody began (1) or ceased (-1) to wait for messages, whichever. */
  listen(change: 1 | -1): void
  /** Sends the request. */
  start<T>(reading: DumpReading<T>): Promise<DumpRun<T>>
}

/** Pauses before each restart of an interrupted dump, milliseconds (R-DC-11); the last one stands for any further. */
const restartDelaysMs = [0, 10, 20, 40, 80]

/** Makes the dump that decodes the messages of a source. */
export function createDump<T>(source: DumpSource, decode: (message: Incoming) => T | undefined): Dump<T> {
  let end: DumpEnd | undefined

  async function attempt(signal: AbortSignal | undefined, last: boolean): Promise<Snapshot<T>> {
    try {
      const run = await source.start({ decode, whole: true, signal })
      const items = (await run.take()) ?? []
      return { items, consistent: run.consistent }
    } catch (error) {
      if (last || !isTransient(error)) throw error
      return { items: [], consistent: false }
    }
  }

  async function snapshot({
    signal,
    restarts = restartDelaysMs.length,
  }: CollectOptions = {}): Promise<Snapshot<T> & { attempts: number }> {
    source.listen(1) // between attempts too: what fills the receive buffer may be what stands in the way
    try {
      for (let attempts = 1; ; attempts++) {
        const result = await attempt(signal, attempts > restarts)
        if (result.consistent || attempts > restarts) return { ...result, attempts }
        await pauseBeforeRestart(source.env, attempts, signal)
      }
    } finally {
      source.listen(-1)
    }
  }

  return {
    get end() {
      return end
    },
    [Symbol.asyncIterator]: () =>
      iterate(source, decode, ended => {
        end = ended
      }),
    async snapshot(options) {
      const { items, consistent } = await snapshot(options)
      return { items, consistent }
    },
    async collect(options) {
      const { items, consistent, attempts } = await snapshot(options)
      if (!consistent) throw new DumpInterruptedError(source.name, attempts, items)
      return items
    },
    map: select =>
      createDump(source, message => {
        const value = decode(message)
        return value === undefined ? undefined : select(value)
      }),
  }
}

/** Waits the longer the more often, give or take a half, so that clients that disturb each other drift apart. */
async function pauseBeforeRestart(env: ClientEnv, attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const ms = restartDelaysMs[Math.min(attempt, restartDelaysMs.length) - 1] ?? 0
  if (ms > 0) await pause(env, ms * (0.5 + env.random.u32() / 0x1_0000_0000), signal)
}

/** Whether a dump was refused for what passes: a receive buffer that is full, another dump that is not over (NS 5.4). */
function isTransient(error: unknown): boolean {
  return error instanceof KernelError && (error.code === 'ENOBUFS' || error.code === 'EBUSY')
}

/**
 * Iterates over one run of a dump. What has been received is handed out without waiting; `next()` may be called again
 * before it has answered, as with a generator.
 */
function iterate<T>(
  source: DumpSource,
  decode: (message: Incoming) => T | undefined,
  onEnd: (end: DumpEnd) => void,
): AsyncIterator<T, DumpEnd, undefined> {
  let run: DumpRun<T> | undefined
  let objects: T[] = []
  let at = 0
  let finished: DumpEnd | undefined
  let last: Promise<unknown> | undefined // of a `next()` that waits; never rejects

  async function advance(): Promise<IteratorResult<T, DumpEnd>> {
    try {
      while (at === objects.length && finished === undefined) await (run === undefined ? begin() : refill(run))
    } catch (error) {
      finished ??= { consistent: false }
      throw error
    }
    if (at < objects.length) return { done: false, value: objects[at++] as T }
    return { done: true, value: finished ?? { consistent: false } }
  }

  /** Starts the run and receives its first objects. */
  async function begin(): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      run = await source.start({ decode, whole: false })
      if (finished !== undefined) run.abandon() // the reader has left meanwhile
      try {
        await refill(run)
        return
      } catch (error) {
        if (attempts > restartDelaysMs.length || !isTransient(error)) throw error
      }
      source.listen(1)
      await pauseBeforeRestart(source.env, attempts, undefined).finally(() => source.listen(-1))
    }
  }

  async function refill(from: DumpRun<T>): Promise<void> {
    const more = await from.take()
    if (more !== undefined) {
      objects = more
      at = 0
    } else {
      finished = { consistent: from.consistent }
      onEnd(finished)
    }
  }

  function inTurn(): Promise<IteratorResult<T, DumpEnd>> {
    const result = last === undefined ? advance() : last.then(advance)
    const settled: Promise<unknown> = result.then(forget, forget)
    last = settled
    return result
    function forget(): void {
      if (last === settled) last = undefined
    }
  }

  return {
    next() {
      if (last === undefined && at < objects.length) return Promise.resolve({ done: false, value: objects[at++] as T })
      return inTurn()
    },
    async return() {
      if (finished === undefined) run?.abandon()
      finished ??= { consistent: false }
      objects = []
      at = 0
      return { done: true, value: finished }
    },
  }
}
