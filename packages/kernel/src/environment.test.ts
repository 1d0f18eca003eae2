import type { Clock, Scheduler } from '@nltool/nl-core/model'
import { manualScheduler, seededRandom, seededScheduler, virtualClock } from '@nltool/nl-core/scheduler'
import { describe, expect, it } from 'vitest'
import { clockSince, environmentOf } from './environment.ts'

describe('environmentOf', () => {
  it('takes clock and chance from a scheduler that brings them', () => {
    const seeded = seededScheduler(3)
    expect(environmentOf({ scheduler: seeded })).toMatchObject({ clock: seeded.clock, random: seeded.random })
    const manual = manualScheduler()
    expect(environmentOf({ scheduler: manual }).clock).toBe(manual.clock)
  })

  it('lets every part be given by itself', () => {
    const [scheduler, clock, random] = [seededScheduler(3), virtualClock(), seededRandom(1)]
    expect(environmentOf({ scheduler, clock, random, seed: 9 })).toMatchObject({ scheduler, clock, random })
  })

  it('draws chance from the seed where the scheduler brings none', () => {
    const words = () => {
      const { random } = environmentOf({ seed: 5, scheduler: manualScheduler() })
      return [random.u32(), random.u32()]
    }
    expect(words()).toEqual(words())
  })

  it('counts the steps that wait, not the timers', () => {
    const scheduler = manualScheduler()
    const { steps } = environmentOf({ scheduler })
    steps.schedule(() => {}, 'one')
    steps.after(10, () => {}, 'later')
    expect(steps.waiting).toBe(1)
    scheduler.runUntilIdle()
    expect(steps.waiting).toBe(0)
  })

  it('settles a plain scheduler by a step of its own', async () => {
    const labels: string[] = []
    const plain: Scheduler = {
      schedule(step, label) {
        labels.push(label)
        queueMicrotask(step)
      },
      after: () => () => {},
    }
    await environmentOf({ scheduler: plain }).turn()
    expect(labels).toEqual(['settle'])
  })
})

describe('clockSince', () => {
  it('counts uptime from a boot in the past, and never goes back', () => {
    let now = 5000
    const host: Clock = { now: () => now, uptime: () => 1 }
    const clock = clockSince(2000, host)
    expect(clock.uptime()).toBe(3000)
    now = 4000 // somebody has set the host's clock back
    expect(clock.uptime()).toBe(3000)
    now = 6000
    expect([clock.now(), clock.uptime()]).toEqual([6000, 4000])
  })

  it('is 0 for a boot in the future: a file that came from another clock', () => {
    expect(clockSince(2000, { now: () => 0, uptime: () => 0 }).uptime()).toBe(0)
  })
})
