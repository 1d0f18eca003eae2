import { sleep } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import { drivenScheduler } from './driven.ts'

/** Two tasks that take turns; what they log depends on the interleaving. */
async function race(seed: number): Promise<{ readonly log: string; readonly labels: string[] }> {
  using scheduler = drivenScheduler(seed)
  const log: string[] = []
  const task = (name: string) =>
    new Promise<void>(resolve => {
      let left = 5
      const step = () => {
        log.push(name)
        if (--left === 0) resolve()
        else scheduler.schedule(step, name)
      }
      scheduler.schedule(step, name)
    })
  await Promise.all([task('a'), task('b')])
  return { log: log.join(''), labels: scheduler.trace.map(({ label }) => label) }
}

describe('drivenScheduler', () => {
  it('runs by itself, in an order that depends on the seed alone', async () => {
    const runs = await Promise.all([1, 2, 3, 4, 5, 1].map(race))
    expect(runs[5]).toEqual(runs[0])
    expect(new Set(runs.map(({ log }) => log)).size).toBeGreaterThan(1)
    for (const { log } of runs) expect([...log].sort().join('')).toBe('aaaaabbbbb')
  })

  it('lets time pass only when it is told to', async () => {
    using scheduler = drivenScheduler(1)
    const seen: string[] = []
    const wait = async (ms: number) => {
      await sleep(scheduler, ms, 'wait')
      seen.push(`${ms} at ${scheduler.clock.uptime()}`)
    }
    const waits = [wait(30), wait(10), wait(20)]
    await new Promise<void>(resolve => scheduler.schedule(resolve, 'now'))
    expect(seen).toEqual([])
    await scheduler.advance(25)
    expect(seen).toEqual(['10 at 10', '20 at 20'])
    expect(scheduler.clock.uptime()).toBe(25)
    await scheduler.advance(5)
    await Promise.all(waits)
    expect(seen).toHaveLength(3)
  })

  it('lets each of several who advance it act at their own time', async () => {
    using scheduler = drivenScheduler(1)
    const seen: number[] = []
    const go = async (ms: number) => {
      await scheduler.advance(ms)
      await new Promise<void>(resolve => scheduler.schedule(resolve, 'act'))
      seen.push(scheduler.clock.uptime())
    }
    await Promise.all([go(20), go(10), go(10)])
    expect(seen).toEqual([10, 10, 20])
  })

  it('runs a timer of no time as soon as it can', async () => {
    using scheduler = drivenScheduler(1)
    const cancel = scheduler.after(0, () => expect.unreachable('cancelled'), 'cancelled')
    cancel()
    await sleep(scheduler, 0, 'now')
    expect(scheduler.clock.uptime()).toBe(0)
  })

  it('runs nothing after it was closed', async () => {
    const scheduler = drivenScheduler(1)
    scheduler.schedule(() => expect.unreachable('closed'), 'step')
    scheduler.close()
    await new Promise(resolve => setTimeout(resolve, 5))
  })
})
