import type { Scheduler } from '@nltool/nl-core/model'
import { type HostLoop, hostLoop, timerMsMax } from '../platform.ts'

/** How a {@link loopScheduler} shares the event loop. */
export interface LoopOptions {
  /** How many steps run before the host's input and output get a turn. Default 512. */
  readonly stepsPerTurn?: number
  /** The event loop; default: the engine's. */
  readonly host?: HostLoop
}

/** A {@link Scheduler} on the host's event loop. */
export interface LoopScheduler extends Scheduler, Disposable {
  /** Steps that wait to run now; timers do not count. */
  readonly pending: number
  /** Timers that have not fired. */
  readonly timers: number
  /**
   * For work that goes on in promises alone, without steps, and would keep the host's input and output waiting: nearly
   * always `undefined`, every `stepsPerTurn`-th time a promise that gives them a turn.
   */
  breathe(): Promise<void> | undefined
  /** Cancels every timer and forgets every step that waits. Later steps are forgotten too. */
  close(): void
}

interface Queued {
  readonly step: () => void
  next: Queued | undefined
}

/**
 * The default scheduler: steps run one per microtask, in the order in which they were queued, so what they resolve goes
 * on in between; after `stepsPerTurn` of them the host's input and output get a turn. A step that throws is reported as
 * an uncaught error of the host and stops nobody else's.
 */
export function loopScheduler({ stepsPerTurn = 512, host = hostLoop() }: LoopOptions = {}): LoopScheduler {
  const timers = new Set<() => void>()
  let first: Queued | undefined
  let last: Queued | undefined
  let pending = 0
  let turns = 0
  let closed = false

  // Every so often the next step comes by the longer way, also when each step is queued alone by the one before it.
  function arm(): void {
    if (++turns % stepsPerTurn === 0) host.macrotask(turn)
    else host.microtask(turn)
  }

  function schedule(step: () => void): void {
    if (closed) return
    const queued: Queued = { step, next: undefined }
    if (last === undefined) {
      first = queued
      arm()
    } else {
      last.next = queued
    }
    last = queued
    pending += 1
  }

  function turn(): void {
    const queued = first
    if (queued === undefined) return // closed meanwhile
    try {
      queued.step()
    } catch (error) {
      host.macrotask(() => {
        throw error
      })
    }
    // The step is unlinked only now: while it runs, `schedule` must find the queue armed.
    if (closed) return
    pending -= 1
    first = queued.next
    if (first === undefined) last = undefined
    else arm()
  }

  function after(ms: number, step: () => void): () => void {
    if (closed) return () => {}
    let cancelTimer: () => void
    const cancel = () => {
      timers.delete(cancel)
      cancelTimer()
    }
    const wait = (left: number): void => {
      if (left > timerMsMax) {
        cancelTimer = host.timer(() => wait(left - timerMsMax), timerMsMax)
        return
      }
      cancelTimer = host.timer(
        () => {
          timers.delete(cancel)
          schedule(step)
        },
        Math.max(0, left),
      )
    }
    wait(ms)
    timers.add(cancel)
    return cancel
  }

  function breathe(): Promise<void> | undefined {
    return ++turns % stepsPerTurn === 0 ? new Promise(resolve => host.macrotask(resolve)) : undefined
  }

  function close(): void {
    closed = true
    for (const cancel of [...timers]) cancel()
    first = undefined
    last = undefined
    pending = 0
  }

  return {
    schedule,
    after,
    breathe,
    close,
    [Symbol.dispose]: close,
    get pending() {
      return pending
    },
    get timers() {
      return timers.size
    },
  }
}
