import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { preempt, type Scheduler, sleep } from '../model.ts'
import {
  explore,
  fifoPolicy,
  manualScheduler,
  type Policy,
  pctPolicy,
  replay,
  ScheduleError,
  scriptPolicy,
  seededRandom,
  seededScheduler,
  virtualClock,
} from '../scheduler.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Two lanes that read and write one variable without a lock: an update is lost if they interleave. */
function lostUpdate(scheduler: Scheduler): { readonly value: () => number } {
  let value = 0
  for (const lane of ['a', 'b']) {
    scheduler.schedule(() => {
      const read = value
      scheduler.schedule(() => {
        value = read + 1
      }, `${lane}: write`)
    }, `${lane}: read`)
  }
  return { value: () => value }
}

describe('manualScheduler', () => {
  it('runs steps in the order of queueing, when told to', () => {
    const scheduler = manualScheduler()
    const ran: string[] = []
    scheduler.schedule(() => ran.push('a'), 'a')
    scheduler.schedule(() => ran.push('b'), 'b')
    expect(scheduler.waiting).toEqual(['a', 'b'])
    expect(scheduler.step()).toBe(true)
    expect(ran).toEqual(['a'])
    expect(scheduler.runUntilIdle()).toBe(1)
    expect(scheduler.step()).toBe(false)
  })

  it('goes from one due time to the next', () => {
    const scheduler = manualScheduler()
    const ran: string[] = []
    const note = (name: string) => () => void ran.push(`${name} at ${scheduler.clock.uptime()}`)
    scheduler.after(20, note('late'), 'late')
    scheduler.after(10, () => scheduler.after(5, note('again'), 'again'), 'early')
    const cancel = scheduler.after(12, note('cancelled'), 'cancelled')
    cancel()
    scheduler.advance(17)
    expect(ran).toEqual(['again at 15'])
    expect(scheduler.clock.uptime()).toBe(17)
    scheduler.advance(3)
    expect(ran).toEqual(['again at 15', 'late at 20'])
  })

  it('runs no step whose timer is cancelled after it fell due', () => {
    const scheduler = manualScheduler()
    const ran: string[] = []
    const cancel = { later: () => {} }
    scheduler.after(1, () => cancel.later(), 'first')
    cancel.later = scheduler.after(1, () => void ran.push('second'), 'second')
    scheduler.advance(5)
    expect(ran).toEqual([])
  })

  it('runs timers in order of their times, equal ones in order of queueing', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), delays => {
        const scheduler = manualScheduler()
        const ran: [number, number][] = []
        for (const [i, ms] of delays.entries()) scheduler.after(ms, () => ran.push([ms, i]), `${i}`)
        scheduler.advance(50)
        const expected = delays.map((ms, i): [number, number] => [ms, i]).sort(([a, i], [b, j]) => a - b || i - j)
        expect(ran).toEqual(expected)
      }),
    )
  })
})

describe('virtualClock', () => {
  it('does not go back', () => {
    const clock = virtualClock(1_000_000)
    clock.advanceTo(5)
    expect([clock.now(), clock.uptime()]).toEqual([1_000_005, 5])
    expect(() => clock.advanceTo(4)).toThrow(RangeError)
    expect(() => clock.advanceTo(Number.NaN)).toThrow(RangeError)
  })
})

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, on every machine', () => {
    const random = seededRandom(1)
    expect([random.u32(), random.u32(), random.u32()]).toEqual([1_580_013_426, 350_525_680, 3_524_174_333])
  })
})

describe('seededScheduler', () => {
  const values = (policy?: Policy): Set<number> => {
    const found = new Set<number>()
    for (let seed = 1; seed <= 50; seed++) {
      const scheduler = seededScheduler(seed, policy === undefined ? {} : { policy })
      const program = lostUpdate(scheduler)
      scheduler.runUntilIdle()
      found.add(program.value())
    }
    return found
  }

  it('finds both outcomes of a race among fifty seeds', () => {
    expect(values()).toEqual(new Set([1, 2]))
    expect(values(pctPolicy(2, 4))).toEqual(new Set([1, 2]))
  })

  it('finds only one outcome if it always takes the oldest step', () => {
    expect(values(fifoPolicy)).toEqual(new Set([1]))
  })

  it('takes the same course for the same seed, and when it is replayed', () => {
    const first = seededScheduler(3)
    lostUpdate(first)
    first.runUntilIdle()
    const second = seededScheduler(3)
    lostUpdate(second)
    second.runUntilIdle()
    expect(second.trace).toEqual(first.trace)
    const again = replay(3, first.trace)
    lostUpdate(again)
    again.runUntilIdle()
    expect(again.trace).toEqual(first.trace)
  })

  it('refuses to replay what the program does not do', () => {
    const scheduler = seededScheduler(3)
    lostUpdate(scheduler)
    scheduler.runUntilIdle()
    const again = replay(3, scheduler.trace)
    again.schedule(() => {}, 'c: other')
    expect(() => again.runUntilIdle()).toThrow(ScheduleError)
  })

  it('follows a script of labels and lanes', () => {
    const scheduler = seededScheduler(1, { policy: scriptPolicy(['b', 'b: write', 'a']) })
    const program = lostUpdate(scheduler)
    scheduler.runUntilIdle()
    expect(scheduler.trace.map(({ label }) => label)).toEqual(['b: read', 'b: write', 'a: read', 'a: write'])
    expect(program.value()).toBe(2)
    const wrong = seededScheduler(1, { policy: scriptPolicy(['c']) })
    lostUpdate(wrong)
    expect(() => wrong.step()).toThrow('step 0: the schedule wants c, runnable are: a: read, b: read')
  })

  it('moves the clock only when nothing else can run', async () => {
    const scheduler = seededScheduler(9)
    const seen: number[] = []
    const program = async (ms: number): Promise<void> => {
      await sleep(scheduler, ms, `${ms}: sleeps`)
      for (let i = 0; i < 3; i++) await preempt(scheduler, `${ms}: works`)
      seen.push(scheduler.clock.uptime())
    }
    void program(10)
    void program(20)
    await scheduler.run(settle)
    expect(seen).toEqual([10, 20])
  })

  it('gives up a program that never ends', () => {
    const scheduler = seededScheduler(1, { stepsMax: 100 })
    const again = (): void => scheduler.schedule(again, 'again')
    again()
    expect(() => scheduler.runUntilIdle()).toThrow('seed 1: not idle after 100 steps')
  })
})

describe('explore', () => {
  const outcomes = async (preemptionsMax: number): Promise<{ schedules: number; values: Set<number> }> => {
    const values = new Set<number>()
    const { schedules, complete } = await explore({ preemptionsMax }, policy => {
      const scheduler = seededScheduler(1, { policy })
      const program = lostUpdate(scheduler)
      scheduler.runUntilIdle()
      values.add(program.value())
    })
    expect(complete).toBe(true)
    return { schedules, values }
  }

  it('runs each schedule once', async () => {
    expect(await outcomes(0)).toEqual({ schedules: 2, values: new Set([2]) })
    // Two steps of one lane among two of the other: 4!/(2!·2!).
    expect(await outcomes(4)).toEqual({ schedules: 6, values: new Set([1, 2]) })
  })

  it('says when it has not run them all', async () => {
    const found = await explore({ preemptionsMax: 4, schedulesMax: 3 }, policy => {
      const scheduler = seededScheduler(1, { policy })
      lostUpdate(scheduler)
      scheduler.runUntilIdle()
    })
    expect(found).toEqual({ schedules: 3, complete: false })
  })
})
