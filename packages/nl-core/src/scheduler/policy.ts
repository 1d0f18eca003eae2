import type { Random } from '../model/time.ts'
import { below } from './random.ts'

/** A step as a policy sees it. */
export interface Waiting {
  readonly label: string
}

/** Decides which runnable step is next. There is always at least one; the answer is its position. */
export type Choose = (waiting: readonly Waiting[], step: number) => number

/** A way of choosing, made anew for each run from the run's own source of chance. */
export type Policy = (random: Random) => Choose

/** One step of a run. */
export interface TraceStep {
  readonly step: number
  readonly label: string
  /** Position of the step among those that could have run. */
  readonly choice: number
  /** Uptime in milliseconds. */
  readonly at: number
}

/** A schedule asked for a step that cannot run: the program is not the one that was recorded, or not deterministic. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError'
  /** The step, counted from 0. */
  readonly step: number
  constructor(step: number, wanted: string, waiting: readonly Waiting[]) {
    const could = waiting.map(({ label }) => label).join(', ')
    super(`step ${step}: the schedule wants ${wanted}, runnable are: ${could}`)
    this.step = step
  }
}

/** The lane of a label such as `sender: enter`: what stands before the first colon. Steps of one lane keep their order. */
export function laneOf(label: string): string {
  const colon = label.indexOf(':')
  return colon < 0 ? label : label.slice(0, colon)
}

/** Every runnable step is equally likely. */
export const randomPolicy: Policy = random => waiting => below(random, waiting.length)

/** Oldest first, as a queue. */
export const fifoPolicy: Policy = () => () => 0

/**
 * Probabilistic concurrency testing: lanes get random priorities, the highest one runs, and at `depth - 1` random
 * steps of the first `steps` the running lane falls behind all others. A bug that needs `depth` ordering constraints
 * between n lanes is found with probability 1/(n · steps^(depth-1)) at least, in every single run.
 */
export function pctPolicy(depth: number, steps = 200): Policy {
  return random => {
    const priorities = new Map<string, number>()
    const changes = new Set<number>()
    for (let i = 1; i < depth; i++) changes.add(below(random, steps))
    let lowest = 0

    const priorityOf = (waiting: Waiting): number => {
      const lane = laneOf(waiting.label)
      let priority = priorities.get(lane)
      if (priority === undefined) {
        priority = 1 + random.u32()
        priorities.set(lane, priority)
      }
      return priority
    }
    const highest = (waiting: readonly Waiting[]): number => {
      let best = 0
      let bestPriority = Number.NEGATIVE_INFINITY
      for (const [index, candidate] of waiting.entries()) {
        const priority = priorityOf(candidate)
        if (priority <= bestPriority) continue
        best = index
        bestPriority = priority
      }
      return best
    }

    return (waiting, step) => {
      const best = highest(waiting)
      if (!changes.has(step)) return best
      priorities.set(laneOf(waiting[best]?.label ?? ''), --lowest)
      return highest(waiting)
    }
  }
}

/**
 * A schedule written down: each word is a label, or a lane whose oldest step runs. After the last word steps run in the
 * order of queueing. @throws ScheduleError while running, if the step asked for cannot run.
 */
export function scriptPolicy(words: readonly string[]): Policy {
  return () => (waiting, step) => {
    const word = words[step]
    if (word === undefined) return 0
    const index = waiting.findIndex(({ label }) => label === word || laneOf(label) === word)
    if (index < 0) throw new ScheduleError(step, word, waiting)
    return index
  }
}

/** The schedule of an earlier run. @throws ScheduleError while running, if the program takes another course. */
export function replayPolicy(trace: readonly TraceStep[]): Policy {
  return () => (waiting, step) => {
    const recorded = trace[step]
    if (recorded === undefined) throw new ScheduleError(step, 'to have ended', waiting)
    if (waiting[recorded.choice]?.label !== recorded.label) throw new ScheduleError(step, recorded.label, waiting)
    return recorded.choice
  }
}
