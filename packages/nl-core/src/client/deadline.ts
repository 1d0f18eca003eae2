import type { Pending, PendingTable } from './pending.ts'
import type { ClientEnv, ClientTimer } from './platform.ts'

/** The time-outs of all open requests, on one timer. */
export interface Deadlines {
  /** Starts the clock of a record, anew if it runs. */
  start(pending: Pending): void
  /** Stops it. */
  stop(pending: Pending): void
  /** Tells that the table may have become empty. */
  settle(): void
  /** Ends the timer. */
  close(): void
}

/**
 * Makes the time-outs of a connection. The timer is set once for the earliest deadline and found out of date when it
 * fires: a request that is answered costs no timer call.
 */
export function createDeadlines(env: ClientEnv, table: PendingTable, expire: (pending: Pending) => void): Deadlines {
  let timer: ClientTimer | undefined
  let timerAt = Infinity
  let holding = true

  function arm(at: number): void {
    timer?.cancel()
    timerAt = at
    timer = env.after(Math.max(0, at - env.now()), sweep)
    holding = true
  }

  function hold(alive: boolean): void {
    if (holding === alive) return
    holding = alive
    timer?.hold?.(alive)
  }

  function sweep(): void {
    timer = undefined
    timerAt = Infinity
    const now = env.now()
    let earliest = Infinity
    for (const pending of table.list()) {
      if (pending.deadline <= now) expire(pending)
      else earliest = Math.min(earliest, pending.deadline)
    }
    if (earliest < timerAt) arm(earliest)
  }

  return {
    start(pending) {
      if (pending.timeoutMs === Infinity) return
      pending.deadline = env.now() + pending.timeoutMs
      if (pending.deadline < timerAt) arm(pending.deadline)
      hold(true)
    },
    stop(pending) {
      pending.deadline = Infinity
    },
    settle() {
      if (table.size === 0) hold(false)
    },
    close() {
      timer?.cancel()
      timer = undefined
      timerAt = Infinity
    },
  }
}
