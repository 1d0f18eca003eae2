/** Time as a kernel sees it. Both readings are milliseconds and may have a fraction. */
export interface Clock {
  /** Since the Unix epoch. */
  now(): number
  /** Since boot; never goes back. */
  uptime(): number
}

/** Chance as a kernel sees it: unsigned 32-bit numbers, uniformly distributed. */
export interface Random {
  u32(): number
}

/** Takes back a step that was to run later. Without effect once the step has run. */
export type Cancel = () => void

/**
 * Order as a kernel sees it. A step is a synchronous piece of work; the scheduler decides which of the waiting steps
 * runs next, and never runs one inside another.
 */
export interface Scheduler {
  /** Queues a step. `label` names it in traces. */
  schedule(step: () => void, label: string): void
  /** Queues a step to run `ms` milliseconds of the kernel's clock from now. */
  after(ms: number, step: () => void, label: string): Cancel
}

/** A value now, or a promise of it. What is nearly always ready stays synchronous. */
export type Awaitable<T> = T | Promise<T>

/** A point at which other tasks may run: resolves when the scheduler comes back to the caller. */
export function preempt(scheduler: Scheduler, label: string): Promise<void> {
  return new Promise(resolve => scheduler.schedule(resolve, label))
}

/** Waits for a time of the kernel's clock. */
export function sleep(scheduler: Scheduler, ms: number, label: string): Promise<void> {
  return new Promise(resolve => {
    scheduler.after(ms, resolve, label)
  })
}
