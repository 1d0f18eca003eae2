import type { Cancel, Scheduler } from '../model/time.ts'
import { type VirtualClock, virtualClock } from './clock.ts'
import { createTimers, type Step } from './timers.ts'

/** What virtual schedulers have in common: the steps that may run, those that wait for their time, and the clock. */
export interface StepQueue {
  readonly scheduler: Scheduler
  readonly clock: VirtualClock
  /** Steps that may run now, oldest first. */
  runnable(): readonly Step[]
  /** Takes a step out of the runnable ones and returns it. */
  take(index: number): Step
  /** Uptime at which the next timer falls due, or `undefined` if none waits. */
  nextDue(): number | undefined
  /** Moves the clock to `uptime`; what falls due on the way becomes runnable in order of time. */
  advanceTo(uptime: number): void
}

export function createStepQueue(clock: VirtualClock = virtualClock()): StepQueue {
  const timers = createTimers()
  let ready: Step[] = []
  let cancelled = 0
  let seq = 0

  function newStep(run: () => void, label: string, due: number): Step {
    return { run, label, seq: seq++, due, cancelled: false }
  }

  function after(ms: number, run: () => void, label: string): Cancel {
    const step = newStep(run, label, clock.uptime() + Math.max(0, ms))
    timers.add(step)
    return () => {
      if (step.cancelled) return
      step.cancelled = true
      cancelled += 1
    }
  }

  return {
    clock,
    scheduler: {
      schedule(run, label) {
        ready.push(newStep(run, label, clock.uptime()))
      },
      after,
    },
    runnable() {
      if (cancelled > 0) {
        ready = ready.filter(step => !step.cancelled)
        cancelled = 0
      }
      return ready
    },
    take(index) {
      const [step] = ready.splice(index, 1)
      if (step === undefined) throw new RangeError(`no runnable step ${index} of ${ready.length}`)
      return step
    },
    nextDue: () => timers.next(),
    advanceTo(uptime) {
      clock.advanceTo(uptime)
      for (let step = timers.take(uptime); step !== undefined; step = timers.take(uptime)) ready.push(step)
    },
  }
}
