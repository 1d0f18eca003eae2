import type { Scheduler } from '../model/time.ts'
import type { VirtualClock } from './clock.ts'
import { createStepQueue } from './queue.ts'

/** A scheduler that does nothing by itself: steps run in the order of queueing, when they are told to. */
export interface ManualScheduler extends Scheduler {
  /** Moves only in {@link ManualScheduler.advance}. */
  readonly clock: VirtualClock
  /** Labels of the steps that may run now, oldest first. */
  readonly waiting: readonly string[]
  /** Runs the oldest step. False if none may run. */
  step(): boolean
  /** Runs steps, also those that they queue, until none may run. Returns how many ran. */
  runUntilIdle(): number
  /** Runs until idle, then goes `ms` milliseconds on, from one due time to the next, running what falls due. */
  advance(ms: number): void
}

/** Makes a manual scheduler. Without a clock it brings one that starts at 0. */
export function manualScheduler(clock?: VirtualClock): ManualScheduler {
  const queue = createStepQueue(clock)

  function step(): boolean {
    if (queue.runnable().length === 0) return false
    queue.take(0).run()
    return true
  }

  function runUntilIdle(): number {
    let ran = 0
    while (step()) ran += 1
    return ran
  }

  return {
    ...queue.scheduler,
    clock: queue.clock,
    get waiting() {
      return queue.runnable().map(waiting => waiting.label)
    },
    step,
    runUntilIdle,
    advance(ms) {
      const end = queue.clock.uptime() + ms
      runUntilIdle()
      for (let due = queue.nextDue(); due !== undefined && due <= end; due = queue.nextDue()) {
        queue.advanceTo(due)
        runUntilIdle()
      }
      queue.advanceTo(end)
    },
  }
}
