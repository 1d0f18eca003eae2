import type { Clock, Random, Scheduler } from '../model/time.ts'
import type { ClientEnv } from './platform.ts'

/**
 * The environment of a client that shares order, time and chance with a kernel, for simulations: time-outs and pauses then
 * follow the scheduler's clock.
 */
export function schedulerEnv(scheduler: Scheduler, clock: Pick<Clock, 'uptime'>, random: Random): ClientEnv {
  return {
    now: () => clock.uptime(),
    after: (ms, step) => ({ cancel: scheduler.after(ms, step, 'client timer') }),
    random,
  }
}
