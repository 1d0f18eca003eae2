import { describe, expect, it, vi } from 'vitest'
import type { HostLoop } from '../platform.ts'
import { loopScheduler } from './loop.ts'

/** An event loop that is turned by hand. */
function handLoop() {
  const micro: (() => void)[] = []
  const macro: (() => void)[] = []
  const timers: { readonly step: () => void; readonly ms: number }[] = []
  const host: HostLoop = {
    microtask: step => void micro.push(step),
    macrotask: step => void macro.push(step),
    timer(step, ms) {
      const timer = { step, ms }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
  }
  const drain = (queue: (() => void)[]) => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) step()
  }
  const fire = () => {
    for (const timer of timers.splice(0)) timer.step()
  }
  return { host, micro, macro, timers, fire, drainMicro: () => drain(micro), drainMacro: () => drain(macro) }
}

describe('loopScheduler', () => {
  it('runs steps in the order in which they were queued, one inside none', () => {
    const hand = handLoop()
    const scheduler = loopScheduler({ host: hand.host })
    const seen: string[] = []
    scheduler.schedule(() => {
      seen.push('a begins')
      scheduler.schedule(() => seen.push('c'), 'c')
      seen.push('a ends')
    }, 'a')
    scheduler.schedule(() => seen.push('b'), 'b')
    expect(scheduler.pending).toBe(2)
    hand.drainMicro()
    expect(seen).toEqual(['a begins', 'a ends', 'b', 'c'])
    expect(scheduler.pending).toBe(0)
  })

  it('lets the host do input and output after a number of steps, even when each is queued alone', () => {
    const hand = handLoop()
    const scheduler = loopScheduler({ host: hand.host, stepsPerTurn: 4 })
    let steps = 0
    const again = () => {
      steps += 1
      if (steps < 10) scheduler.schedule(again, 'again')
    }
    scheduler.schedule(again, 'again')
    hand.drainMicro()
    expect(steps).toBe(3)
    expect(hand.macro).toHaveLength(1)
    hand.drainMacro()
    hand.drainMicro()
    expect(steps).toBe(7)
  })

  it('gives work without steps a pause now and then', async () => {
    const hand = handLoop()
    const scheduler = loopScheduler({ host: hand.host, stepsPerTurn: 3 })
    const pauses = [scheduler.breathe(), scheduler.breathe(), scheduler.breathe(), scheduler.breathe()]
    expect(pauses.map(pause => pause !== undefined)).toEqual([false, false, true, false])
    hand.drainMacro()
    await pauses[2]
  })

  it('goes on after a step that throws, and reports it to the host', () => {
    const hand = handLoop()
    const scheduler = loopScheduler({ host: hand.host })
    const after = vi.fn()
    scheduler.schedule(() => {
      throw new Error('a defect')
    }, 'bad')
    scheduler.schedule(after, 'good')
    hand.drainMicro()
    expect(after).toHaveBeenCalledOnce()
    expect(hand.drainMacro).toThrow('a defect')
  })

  it('runs a timer as a step of the queue, never inside another', () => {
    const hand = handLoop()
    const scheduler = loopScheduler({ host: hand.host })
    const step = vi.fn()
    scheduler.after(5, step, 'later')
    expect(hand.timers.map(timer => timer.ms)).toEqual([5])
    hand.fire()
    expect(step).not.toHaveBeenCalled()
    hand.drainMicro()
    expect(step).toHaveBeenCalledOnce()
    expect(scheduler.timers).toBe(0)
  })

  it('waits longer than a host timer can, in parts', () => {
    const hand = handLoop()
    const scheduler = loopScheduler({ host: hand.host })
    const step = vi.fn()
    scheduler.after(0x7fffffff + 1000, step, 'in 25 days')
    expect(hand.timers[0]?.ms).toBe(0x7fffffff)
    hand.fire()
    expect(hand.timers[0]?.ms).toBe(1000)
    hand.fire()
    hand.drainMicro()
    expect(step).toHaveBeenCalledOnce()
  })

  it('takes back a timer in any part of its wait', () => {
    const hand = handLoop()
    const scheduler = loopScheduler({ host: hand.host })
    const step = vi.fn()
    const cancel = scheduler.after(0x7fffffff + 1000, step, 'in 25 days')
    hand.fire()
    cancel()
    cancel()
    expect(hand.timers).toEqual([])
    expect(scheduler.timers).toBe(0)
  })

  it('forgets everything when it is closed', () => {
    const hand = handLoop()
    const step = vi.fn()
    {
      using scheduler = loopScheduler({ host: hand.host })
      scheduler.schedule(step, 'now')
      scheduler.after(5, step, 'later')
    }
    hand.drainMicro()
    hand.fire()
    expect(hand.timers).toEqual([])
    expect(step).not.toHaveBeenCalled()
  })

  it('runs on the engine’s own event loop by default', async () => {
    using scheduler = loopScheduler({ stepsPerTurn: 2 })
    const seen: number[] = []
    await new Promise<void>(resolve => {
      for (let n = 0; n < 5; n++) scheduler.schedule(() => seen.push(n), 'count')
      scheduler.after(1, resolve, 'end')
    })
    expect(seen).toEqual([0, 1, 2, 3, 4])
  })
})
