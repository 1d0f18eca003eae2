import type { Cancel, Ctx, RtnlHeld } from '@nltool/nl-core/model'
import type { RouteNet } from './net.ts'
import { sweepAddresses, sweepRoutes } from './sweep.ts'

/** Ends paths of routes and addresses when their time has come. */
export interface Expiry {
  /** Something may now end earlier than all else did; `atMs` is the time of its end in milliseconds of uptime. */
  arm(atMs: number): void
  /** Removes what has ended, and arms the timer for what ends next. */
  sweep(ctx: Ctx, rtnl: RtnlHeld): void
  stop(): void
}

/** The longest time for which the timer is set, milliseconds: later ends are looked at again then. */
const longestMs = 24 * 3600 * 1000

/** Makes the timer of one network stack, which is asked for when there is something to do. */
export function createExpiry(net: () => RouteNet): Expiry {
  let due = Infinity
  let cancel: Cancel | undefined

  async function run(): Promise<void> {
    const { rtnl, context } = net()
    const ctx = context('expiry')
    due = Infinity
    cancel = undefined
    using held = await rtnl.acquire(ctx)
    sweep(ctx, held)
  }

  function arm(atMs: number): void {
    if (atMs >= due) return
    const { scheduler, clock } = net()
    cancel?.()
    due = atMs
    const wait = Math.min(Math.max(atMs - clock.uptime(), 0), longestMs)
    cancel = scheduler.after(wait, () => void run(), 'expiry of routes and addresses')
  }

  function sweep(ctx: Ctx, held: RtnlHeld): void {
    const next = Math.min(sweepRoutes(ctx, held, net()), sweepAddresses(ctx, held, net()))
    if (next !== Infinity) arm(next)
  }

  return {
    arm,
    sweep,
    stop() {
      cancel?.()
      cancel = undefined
      due = -Infinity
    },
  }
}
