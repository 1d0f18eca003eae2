import type { Cancel, Clock, Ctx, Lock, RtnlHeld, Scheduler } from '@nltool/nl-core/model'
import type { RouteNet } from './net.ts'
import { sweepAddresses, sweepRoutes } from './sweep.ts'

/** Ends paths of routes and addresses when their time has come. */
export interface Expiry {
  /** Something may now end earlier than all else did; `atMs` is the time of its end in milliseconds of uptime. */
  arm(atMs: number): void
  /** Removes what has ended, and arms the timer for what ends next. */
  sweep(ctx: Ctx, rtnl: RtnlHeld, net: RouteNet): void
  stop(): void
}

interface ExpiryOptions {
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly rtnl: Lock<'rtnl'>
  readonly context: (name: string) => Ctx
  readonly sweep: (ctx: Ctx, rtnl: RtnlHeld) => void
}

/** The longest time for which the timer is set, milliseconds: later ends are looked at again then. */
const longestMs = 24 * 3600 * 1000

/** Makes the timer of one network stack. */
export function createExpiry({ scheduler, clock, rtnl, context, sweep }: ExpiryOptions): Expiry {
  let due = Infinity
  let cancel: Cancel | undefined

  async function run(): Promise<void> {
    const ctx = context('expiry')
    due = Infinity
    cancel = undefined
    using held = await rtnl.acquire(ctx)
    sweep(ctx, held)
  }

  function arm(atMs: number): void {
    if (atMs >= due) return
    cancel?.()
    due = atMs
    const wait = Math.min(Math.max(atMs - clock.uptime(), 0), longestMs)
    cancel = scheduler.after(wait, () => void run(), 'expiry of routes and addresses')
  }

  return {
    arm,
    sweep(ctx, held, net) {
      const next = Math.min(sweepRoutes(ctx, held, net), sweepAddresses(ctx, held, net))
      if (next !== Infinity) arm(next)
    },
    stop() {
      cancel?.()
      cancel = undefined
      due = -Infinity
    },
  }
}
