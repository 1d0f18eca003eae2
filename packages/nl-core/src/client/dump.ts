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
  /** Sends the request. */
  start<T>(reading: DumpReading<T>): Promise<DumpRun<T>>
}

/** Pauses before each restart of an interrupted dump, milliseconds (R-DC-11); the last one stands for any further. */
const restartDelaysMs = [0, 10, 20, 40, 80]

/** Makes the dump that decodes the messages of a source. */
export function createDump<T>(source: DumpSource, decode: (message: Incoming) => T | undefined): Dump<T> {
  let end: DumpEnd | undefined

  async function snapshot({
    signal,
    restarts = restartDelaysMs.length,
  }: CollectOptions = {}): Promise<Snapshot<T> & { attempts: number }> {
    for (let attempts = 1; ; attempts++) {
      const run = await source.start({ decode, whole: true, signal })
      const items = (await run.take()) ?? []
      if (run.consistent || attempts > restarts) return { items, consistent: run.consistent, attempts }
      await pauseBeforeRestart(source.env, attempts, signal)
    }
  }

  return {
    get end() {
      return end
    },
    [Symbol.asyncIterator]: () =>
      iterate(
        () => source.start({ decode, whole: false }),
        ended => {
          end = ended
        },
      ),
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

/**
 * Iterates over one run of a dump. What has been received is handed out without waiting; `next()` may be called again
 * before it has answered, as with a generator.
 */
function iterate<T>(
  open: () => Promise<DumpRun<T>>,
  onEnd: (end: DumpEnd) => void,
): AsyncIterator<T, DumpEnd, undefined> {
  let run: DumpRun<T> | undefined
  let objects: T[] = []
  let at = 0
  let finished: DumpEnd | undefined
  let last: Promise<unknown> | undefined // of a `next()` that waits; never rejects

  async function advance(): Promise<IteratorResult<T, DumpEnd>> {
    try {
      run ??= await open()
      if (finished !== undefined) run.abandon()
      while (at === objects.length && finished === undefined) await refill(run)
    } catch (error) {
      finished ??= { consistent: false }
      throw error
    }
    if (at < objects.length) return { done: false, value: objects[at++] as T }
    return { done: true, value: finished ?? { consistent: false } }
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
