import type { Cancel, Clock, Random } from '@nltool/nl-core/model'

/**
 * The only file of the kernel that touches the host: time, chance and the event loop, by what every JavaScript engine
 * has on `globalThis`. Everything else receives them as arguments.
 */

/** The host's event loop, as {@link loopScheduler} uses it. */
export interface HostLoop {
  /** Runs `step` once the code that is running now has returned, before the host does anything else. */
  microtask(step: () => void): void
  /** Runs `step` after the host had a chance to do input and output. */
  macrotask(step: () => void): void
  /** Runs `step` in `ms` milliseconds, at most {@link timerMsMax}. */
  timer(step: () => void, ms: number): Cancel
}

/** The longest time that a host's timer can wait, milliseconds; longer ones fire at once. */
export const timerMsMax = 0x7fffffff

/** The event loop of the engine that runs this. */
export function hostLoop(): HostLoop {
  return {
    microtask: step => queueMicrotask(step),
    macrotask: macrotaskOf(),
    timer(step, ms) {
      const handle = setTimeout(step, ms)
      return () => clearTimeout(handle)
    },
  }
}

/** `setImmediate` where there is one: setTimeout(0) costs a millisecond in Node and four in a browser. */
function macrotaskOf(): (step: () => void) => void {
  const immediate: unknown = Reflect.get(globalThis, 'setImmediate')
  if (typeof immediate === 'function') return step => void Reflect.apply(immediate, undefined, [step])
  return step => void setTimeout(step, 0)
}

/** The host's clock; `uptime` counts from this call. */
export function systemClock(): Clock {
  const boot = performance.now()
  return {
    now: () => performance.timeOrigin + performance.now(),
    uptime: () => performance.now() - boot,
  }
}

/** Unpredictable numbers of the host's cryptographic generator, fetched 64 at a time. */
export function systemRandom(): Random {
  const pool = new Uint32Array(64)
  let next = pool.length
  return {
    u32() {
      if (next === pool.length) {
        crypto.getRandomValues(pool)
        next = 0
      }
      return pool[next++] as number
    },
  }
}
