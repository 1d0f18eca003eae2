import { createKernel, type Kernel } from '@nltool/kernel'
import { type ClientEnv, schedulerEnv } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import { below, type SeededScheduler, seededScheduler } from '@nltool/nl-core/scheduler'
import { openRoute, type RouteClient } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

/**
 * SIM_SEEDS=10000 is the long run; SIM_FIRST names the first seed, to repeat one that failed. A kernel with 1,200 routes
 * takes its time: this is the hundredth part of it.
 */
const seeds = Math.ceil(Number(process.env['SIM_SEEDS'] ?? 600) / 100)
const first = Number(process.env['SIM_FIRST'] ?? 1)
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Destinations that are there all the while, some 70 KiB in a dump, and those that come and go. */
const steady = Array.from({ length: 1200 }, (_, i) => `198.18.${i >> 8}.${i & 255}/32`)
const fleeting = Array.from({ length: 24 }, (_, i) => `198.18.${i % 5}.${10 * i}/31`)

interface World {
  readonly scheduler: SeededScheduler
  readonly kernel: Kernel
  readonly env: ClientEnv
}

async function client({ kernel, env }: World, abi: Abi): Promise<RouteClient> {
  return openRoute(kernel.spawn({ abi }), { env, timeoutMs: 0, receiveBuffer: 8192 })
}

/** Changes routes one by one. Returns every set of fleeting routes that there has been. */
async function write(world: World, done: () => boolean): Promise<Set<string>[]> {
  const route = await client(world, 'freebsd')
  const { random } = world.scheduler
  const pauseMax = [4, 40, 400][below(random, 3)] as number // steps between two changes
  const present = new Set<string>()
  const history = [new Set(present)]
  while (!done()) {
    for (let pause = below(random, pauseMax); pause > 0; pause--) await hop(world, 'writer')
    const dst = fleeting[below(random, fleeting.length)] as string
    if (present.delete(dst)) await route.route.delete({ dst })
    else {
      present.add(dst)
      await route.route.add({ dst, gateway: '192.0.2.2' })
    }
    history.push(new Set(present))
  }
  await route.close()
  return history
}

/** Reads a dump, now and then letting others run. */
async function read(world: World, route: RouteClient): Promise<{ seen: string[]; consistent: boolean }> {
  const seen: string[] = []
  const dump = route.route.dump({ family: 'inet' })
  for await (const { dst } of dump) {
    if (dst.startsWith('198.18.')) seen.push(dst)
    if (below(world.scheduler.random, 50) === 0) await hop(world, 'reader')
  }
  return { seen, consistent: dump.end?.consistent === true }
}

const hop = ({ scheduler }: World, label: string): Promise<void> =>
  new Promise(resolve => scheduler.schedule(resolve, label))

const keyOf = (set: ReadonlySet<string>): string => [...set].sort().join(' ')

/** Dumps while somebody writes. Returns how many dumps were consistent, and how many were not. */
async function dumpThrough(seed: number, abi: Abi): Promise<{ consistent: number; interrupted: number }> {
  const scheduler = seededScheduler(seed)
  const kernel = createKernel({ scheduler, clock: scheduler.clock, random: scheduler.random })
  const world: World = { scheduler, kernel, env: schedulerEnv(scheduler, scheduler.clock, scheduler.random) }
  const outcome = { consistent: 0, interrupted: 0 }
  const program = async (): Promise<void> => {
    const route = await client(world, abi)
    await route.link.create({ kind: 'epair', name: 'epair0' })
    await route.link.set({ ifname: 'epair0a', up: true })
    await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
    await Promise.all(steady.map(dst => route.route.add({ dst, gateway: '192.0.2.2' })))
    let left = 6
    const history = write(world, () => left === 0)
    const readings: { readonly key: string; readonly consistent: boolean }[] = []
    for (; left > 0; left--) {
      const { seen, consistent } = await read(world, route)
      // P-7: what is there all the while appears exactly once, in a flagged answer too.
      expect(seen.filter(dst => dst.endsWith('/32'))).toHaveLength(steady.length)
      expect(new Set(seen).size).toBe(seen.length)
      readings.push({ key: keyOf(new Set(seen.filter(dst => !dst.endsWith('/32')))), consistent })
    }
    const states = new Set((await history).map(keyOf))
    for (const { key, consistent } of readings) {
      outcome[consistent ? 'consistent' : 'interrupted']++
      // P-4: an answer without NLM_F_DUMP_INTR is a state that there has been.
      if (consistent) expect([...states]).toContain(key)
    }
    await route.close()
  }
  const ended = program()
  ended.catch(() => undefined)
  await scheduler.run(settle)
  await ended
  const closed = kernel.close()
  await scheduler.run(settle)
  await closed
  return outcome
}

describe.each(['freebsd', 'linux'] as const)('P-4, P-7: dumps of routes that change (%s socket)', abi => {
  it('show a state that there has been, or say that they were interrupted', async () => {
    const total = { consistent: 0, interrupted: 0 }
    for (let seed = first; seed < first + seeds; seed++) {
      try {
        const { consistent, interrupted } = await dumpThrough(seed, abi)
        total.consistent += consistent
        total.interrupted += interrupted
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }
    expect(total.consistent).toBeGreaterThan(0)
    expect(total.interrupted).toBeGreaterThan(0)
  }, 600_000)
})
