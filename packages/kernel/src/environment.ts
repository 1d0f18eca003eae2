import { type Cancel, type Clock, type Random, type Scheduler, sleep } from '@nltool/nl-core/model'
import { seededRandom } from '@nltool/nl-core/scheduler'
import { hostLoop, systemClock, systemRandom } from './platform.ts'
import { drivenScheduler } from './scheduler/driven.ts'
import { loopScheduler } from './scheduler/loop.ts'
import type { KernelOptions } from './types.ts'

/** Order, time and chance of one kernel. */
export interface Environment {
  /** As its owner knows it. */
  readonly scheduler: Scheduler
  /** The same, counting what waits: for the kernel's own use. */
  readonly steps: CountingScheduler
  readonly clock: Clock
  readonly random: Random
  /**
   * Lets everything run that waits to run now, and the promises that it settles. A scheduler that somebody must step is
   * stepped; its clock stays where it is.
   */
  turn(): Promise<void>
  /** Lets time pass: virtual time at once, the host's by waiting. */
  advance(ms: number): Promise<void>
  /** See {@link LoopScheduler.breathe}; never anything on other schedulers. */
  readonly breathe: () => Promise<void> | undefined
  /** Stops the scheduler, if the kernel made it. */
  stop(): void
}

/** A scheduler with what seeded and manual ones bring along. */
interface Equipped extends Scheduler {
  readonly clock?: Clock
  readonly random?: Random
  /** Labels of the steps that may run now, and a way to run one: of schedulers that do nothing by themselves. */
  readonly waiting?: readonly string[]
  step?(): boolean
  /** It runs its steps itself nevertheless. */
  readonly driven?: true
  breathe?(): Promise<void> | undefined
  /** Moves a virtual clock, running what falls due on the way. */
  advance?(ms: number): Promise<void> | void
}

/** Chooses what the options leave open. */
export function environmentOf(options: KernelOptions): Environment {
  const { seed } = options
  const own = options.scheduler === undefined ? makeScheduler(seed) : undefined
  const scheduler: Equipped = options.scheduler ?? (own as Scheduler)
  return {
    scheduler,
    steps: countingScheduler(scheduler),
    clock: options.clock ?? scheduler.clock ?? systemClock(),
    random: options.random ?? scheduler.random ?? (seed === undefined ? systemRandom() : seededRandom(seed)),
    turn: () => turn(scheduler),
    async advance(ms) {
      if (scheduler.advance === undefined) await sleep(scheduler, ms, 'advance')
      else await scheduler.advance(ms)
    },
    breathe: scheduler.breathe ?? (() => undefined),
    stop: () => own?.close(),
  }
}

async function turn(scheduler: Equipped): Promise<void> {
  if (scheduler.step === undefined || scheduler.driven === true) {
    await new Promise<void>(resolve => scheduler.schedule(resolve, 'settle'))
    return
  }
  await new Promise<void>(resolve => hostLoop().macrotask(resolve))
  while ((scheduler.waiting?.length ?? 0) > 0) scheduler.step()
}

function makeScheduler(seed: number | undefined): Scheduler & { close(): void } {
  return seed === undefined ? loopScheduler() : drivenScheduler(seed)
}

/** A {@link Scheduler} that knows how many of its steps wait; timers do not count before they are due. */
export interface CountingScheduler extends Scheduler {
  readonly waiting: number
}

function countingScheduler(inner: Scheduler): CountingScheduler {
  let waiting = 0
  return {
    get waiting() {
      return waiting
    },
    schedule(step, label) {
      waiting += 1
      inner.schedule(() => {
        waiting -= 1
        step()
      }, label)
    },
    after: (ms, step, label): Cancel => inner.after(ms, step, label),
  }
}

/**
 * A clock that shows the time since a boot at `bootAt` (milliseconds since the Unix epoch), however long ago and in
 * whichever process that was. It never goes back, even if the clock below it is set back.
 */
export function clockSince(bootAt: number, clock: Clock): Clock {
  let latest = 0
  return {
    now: () => clock.now(),
    uptime() {
      latest = Math.max(latest, clock.now() - bootAt)
      return latest
    },
  }
}
