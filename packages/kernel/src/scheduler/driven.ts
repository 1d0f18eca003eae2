import type { Cancel } from '@nltool/nl-core/model'
import { type SeededOptions, type SeededScheduler, seededScheduler } from '@nltool/nl-core/scheduler'
import { type HostLoop, hostLoop } from '../platform.ts'

/** A seeded scheduler that runs by itself on the host's event loop. */
export interface DrivenScheduler extends SeededScheduler, Disposable {
  /** Nobody need step it. */
  readonly driven: true
  /**
   * Lets `ms` milliseconds of virtual time pass: whatever falls due on the way runs in its order. Time stands still
   * otherwise, however long the program takes.
   */
  advance(ms: number): Promise<void>
  /** Runs nothing any more. */
  close(): void
}

/**
 * Runs a {@link seededScheduler} for a program that only awaits: before every step the host settles the promises of the
 * one before, so the choice among the waiting steps depends on the seed and on nothing else. One step costs a turn of
 * the event loop, about a microsecond in Node.
 */
export function drivenScheduler(
  seed: number,
  { host = hostLoop(), ...options }: SeededOptions & { readonly host?: HostLoop } = {},
): DrivenScheduler {
  const inner = seededScheduler(seed, options)
  let armed = false
  let advancing = 0 // times that somebody waits for
  const reached: (() => void)[] = []
  let closed = false

  function arm(): void {
    if (armed || closed) return
    armed = true
    host.macrotask(turn)
  }

  function turn(): void {
    armed = false
    if (closed) return
    if (inner.waiting.length === 0) {
      if (reached.length > 0) {
        arrive()
        arm() // what they do next comes before time goes on for others
        return
      }
      // `step` moves the clock when nothing waits: wanted while somebody advances it, and only then.
      if (advancing === 0) return
    }
    try {
      inner.step()
    } finally {
      arm()
    }
  }

  /** Whoever has waited for this time hears of it when all that fell due has run. */
  function arrive(): void {
    const there = reached.splice(0)
    advancing -= there.length
    for (const resolve of there) resolve()
  }

  function schedule(step: () => void, label: string): void {
    inner.schedule(step, label)
    arm()
  }

  function after(ms: number, step: () => void, label: string): Cancel {
    if (ms > 0) return inner.after(ms, step, label)
    let cancelled = false
    schedule(() => {
      if (!cancelled) step()
    }, label)
    return () => {
      cancelled = true
    }
  }

  function advance(ms: number): Promise<void> {
    advancing += 1
    arm()
    return new Promise(resolve => {
      inner.after(ms, () => void reached.push(resolve), 'advance')
    })
  }

  function close(): void {
    closed = true
  }

  return Object.assign(Object.create(inner) as SeededScheduler, {
    driven: true as const,
    schedule,
    after,
    advance,
    close,
    [Symbol.dispose]: close,
  })
}
