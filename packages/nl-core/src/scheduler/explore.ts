import type { Awaitable } from '../model/time.ts'
import { laneOf, type Policy, ScheduleError, type Waiting } from './policy.ts'

/** Bounds of {@link explore}. */
export interface ExploreOptions {
  /** How often a lane that could go on may be interrupted in one schedule. */
  readonly preemptionsMax: number
  /** Gives up after this many schedules, default 1,000,000. */
  readonly schedulesMax?: number
}

/** Result of {@link explore}. */
export interface Explored {
  readonly schedules: number
  /** Every schedule within the bound on preemptions was run. */
  readonly complete: boolean
}

/** A point of choice: the positions that may be taken, the usual one first, and which of them is being tried. */
interface Branch {
  readonly options: readonly number[]
  tried: number
}

/**
 * Runs a program under every schedule with at most `preemptionsMax` preemptions, depth first. `run` makes a scheduler
 * with the policy it is given, runs the program to its end and checks the outcome; what it throws ends the search.
 */
export async function explore(options: ExploreOptions, run: (policy: Policy) => Awaitable<void>): Promise<Explored> {
  const { schedulesMax = 1_000_000 } = options
  const branches: Branch[] = []
  let schedules = 0
  while (schedules < schedulesMax) {
    await run(depthFirst(branches, options.preemptionsMax))
    schedules += 1
    while (branches.length > 0 && exhausted(branches[branches.length - 1] as Branch)) branches.pop()
    const last = branches[branches.length - 1]
    if (last === undefined) return { schedules, complete: true }
    last.tried += 1
  }
  return { schedules, complete: false }
}

const exhausted = (branch: Branch): boolean => branch.tried + 1 >= branch.options.length

/** Follows the branches that are there, then takes the usual way and notes what else could be taken. */
function depthFirst(branches: Branch[], preemptionsMax: number): Policy {
  return () => {
    let lane: string | undefined
    let preemptions = 0
    return (waiting, step) => {
      const goesOn = waiting.findIndex(({ label }) => laneOf(label) === lane)
      const branch = branches[step] ?? { options: optionsOf(waiting, goesOn, preemptions < preemptionsMax), tried: 0 }
      if (step === branches.length) branches.push(branch)
      const choice = branch.options[branch.tried]
      if (choice === undefined || waiting[choice] === undefined)
        throw new ScheduleError(step, 'what it did before', waiting)
      if (goesOn >= 0 && choice !== goesOn) preemptions += 1
      lane = laneOf(waiting[choice].label)
      return choice
    }
  }
}

/** The oldest step of each lane; the lane that ran last comes first, and alone if no preemption is left. */
function optionsOf(waiting: readonly Waiting[], goesOn: number, mayPreempt: boolean): number[] {
  if (goesOn >= 0 && !mayPreempt) return [goesOn]
  const lanes = new Map<string, number>()
  for (const [index, { label }] of waiting.entries()) {
    if (!lanes.has(laneOf(label))) lanes.set(laneOf(label), index)
  }
  const options = [...lanes.values()]
  return goesOn < 0 ? options : [goesOn, ...options.filter(index => index !== goesOn)]
}
