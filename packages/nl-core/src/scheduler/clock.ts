import type { Clock } from '../model/time.ts'

/** A clock that stands still until somebody moves it. */
export interface VirtualClock extends Clock {
  /** Moves the clock forward to an uptime in milliseconds. @throws RangeError if that would turn it back. */
  advanceTo(uptime: number): void
}

/** Makes a clock that shows uptime 0. `epochMs` is the time of day at boot, milliseconds since the Unix epoch. */
export function virtualClock(epochMs = 0): VirtualClock {
  let uptime = 0
  return {
    now: () => epochMs + uptime,
    uptime: () => uptime,
    advanceTo(to) {
      if (!(to >= uptime)) throw new RangeError(`a clock at ${uptime} ms does not go back to ${to} ms`)
      uptime = to
    },
  }
}
