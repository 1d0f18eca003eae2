import type { ClientEnv } from '../client/platform.ts'
import { testRandom } from './random.ts'

/** A client's environment whose time stands still until a test moves it. */
export interface ManualEnv extends ClientEnv {
  /** Lets time pass, milliseconds, and runs what falls due, in order; promises are settled in between. */
  advance(ms: number): Promise<void>
  /** How many timers are set. */
  readonly timers: number
  /** How many of them keep the program alive. */
  readonly held: number
}

interface ManualTimer {
  readonly at: number
  readonly step: () => void
  held: boolean
}

/** Makes an environment at time 0 with a seeded random source. */
export function manualEnv(seed = 1): ManualEnv {
  const timers = new Set<ManualTimer>()
  let now = 0

  function due(until: number): ManualTimer | undefined {
    let first: ManualTimer | undefined
    for (const timer of timers) {
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer
    }
    return first
  }

  return {
    now: () => now,
    random: testRandom(seed),
    after(ms, step) {
      const timer = { at: now + ms, step, held: true }
      timers.add(timer)
      return {
        cancel: () => void timers.delete(timer),
        hold(alive) {
          timer.held = alive
        },
      }
    },
    async advance(ms) {
      const until = now + ms
      await settled()
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        timers.delete(timer)
        now = timer.at
        timer.step()
        await settled()
      }
      now = until
    },
    get timers() {
      return timers.size
    },
    get held() {
      return [...timers].filter(timer => timer.held).length
    },
  }
}

/** Resolves when promises that were ready have been acted on, and those that this made ready, thirty times over. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await undefined
}
