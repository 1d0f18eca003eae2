import type { Cancel, Random } from '../model/time.ts'

/** A timer that a client waits with. */
export interface ClientTimer {
  readonly cancel: Cancel
  /** Whether the timer may keep the program alive. A connection without open requests lets it go. */
  readonly hold?: (alive: boolean) => void
}

/** What a client takes from its surroundings: time for time-outs and pauses, chance for sequence numbers and jitter. */
export interface ClientEnv {
  /** Milliseconds from any origin; never goes back. */
  now(): number
  /** Runs a step `ms` milliseconds from now. */
  after(ms: number, step: () => void): ClientTimer
  readonly random: Random
}

/** What Node's timers add to the numbers that browsers return. */
interface NodeTimer {
  ref?(): unknown
  unref?(): unknown
}

/** The functions of the platform that {@link platformEnv} stands on. */
export interface PlatformGlobals {
  readonly performance: { now(): number }
  readonly crypto: { getRandomValues(words: Uint32Array<ArrayBuffer>): unknown }
  readonly setTimeout: (step: () => void, ms: number) => number | object
  readonly clearTimeout: (timer: never) => void
}

function randomWord(platform: PlatformGlobals): number {
  const word = new Uint32Array(1)
  platform.crypto.getRandomValues(word)
  return word[0] ?? 0
}

/** The environment of a program that runs in real time. The one place where clients touch the platform's globals. */
export function platformEnv(platform: PlatformGlobals = globalThis): ClientEnv {
  return {
    now: () => platform.performance.now(),
    after(ms, step) {
      const timer = platform.setTimeout(step, ms)
      const node: NodeTimer = typeof timer === 'object' ? timer : {}
      return {
        cancel: () => platform.clearTimeout(timer as never),
        hold: alive => void (alive ? node.ref?.() : node.unref?.()),
      }
    },
    random: { u32: () => randomWord(platform) },
  }
}

/** Waits, unless the signal has it otherwise: then rejects with the signal's reason. */
export function pause(env: ClientEnv, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = env.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The wall clock of the platform: milliseconds since the Unix epoch. */
export function platformNow(platform: { readonly Date: { now(): number } } = globalThis): () => number {
  return () => platform.Date.now()
}
