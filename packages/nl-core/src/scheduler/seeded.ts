import type { Random, Scheduler } from '../model/time.ts'
import type { VirtualClock } from './clock.ts'
import { type Policy, randomPolicy, replayPolicy, type TraceStep } from './policy.ts'
import { createStepQueue } from './queue.ts'
import { seededRandom } from './random.ts'

/** Options of {@link seededScheduler}. */
export interface SeededOptions {
  /** Default: every runnable step is equally likely. */
  readonly policy?: Policy
  /** Default: a clock that starts at 0. */
  readonly clock?: VirtualClock
  /** A run that takes more steps is given up with an error, default 1,000,000. */
  readonly stepsMax?: number
}

/**
 * Lets the host run what it has queued itself: promise reactions. Resolves when none is left, e.g. from `setImmediate`
 * or a `MessageChannel`. The core knows no host, so the caller passes it.
 */
export type Settle = () => Promise<void>

/** A scheduler that chooses every interleaving from a seed. */
export interface SeededScheduler extends Scheduler {
  readonly seed: number
  /** Moves only when no step may run, and then to the next due time. */
  readonly clock: VirtualClock
  /** A source of chance for the program under test, independent of the one that chooses steps. */
  readonly random: Random
  /** Every step that has run. Equal for equal seeds and programs, on every machine. */
  readonly trace: readonly TraceStep[]
  /** Labels of the steps that may run now, oldest first. */
  readonly waiting: readonly string[]
  /** Runs one step, after moving the clock if nothing else is left. False if nothing waits at all. */
  step(): boolean
  /** Runs a program without promises to its end. Returns how many steps ran. */
  runUntilIdle(): number
  /** Runs to the end, letting the host run promise reactions before every step. Returns how many steps ran. */
  run(settle: Settle): Promise<number>
}

/** Makes a scheduler whose every choice follows from `seed` (32 bits). */
export function seededScheduler(seed: number, options: SeededOptions = {}): SeededScheduler {
  const { policy = randomPolicy, stepsMax = 1_000_000 } = options
  const queue = createStepQueue(options.clock)
  const choose = policy(seededRandom(seed))
  const trace: TraceStep[] = []

  function step(): boolean {
    if (queue.runnable().length === 0) {
      const due = queue.nextDue()
      if (due === undefined) return false
      queue.advanceTo(due)
    }
    if (trace.length >= stepsMax) throw new Error(`seed ${seed}: not idle after ${stepsMax} steps`)
    const choice = choose(queue.runnable(), trace.length)
    const chosen = queue.take(choice)
    trace.push({ step: trace.length, label: chosen.label, choice, at: queue.clock.uptime() })
    chosen.run()
    return true
  }

  return {
    ...queue.scheduler,
    seed,
    clock: queue.clock,
    random: seededRandom(~seed),
    trace,
    get waiting() {
      return queue.runnable().map(waiting => waiting.label)
    },
    step,
    runUntilIdle() {
      const before = trace.length
      while (step());
      return trace.length - before
    },
    async run(settle) {
      const before = trace.length
      do await settle()
      while (step())
      return trace.length - before
    },
  }
}

/** A scheduler that repeats a recorded run step by step. @throws ScheduleError while running, if the program differs. */
export function replay(seed: number, trace: readonly TraceStep[], options: SeededOptions = {}): SeededScheduler {
  return seededScheduler(seed, { ...options, policy: replayPolicy(trace) })
}
