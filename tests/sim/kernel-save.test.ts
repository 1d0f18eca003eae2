import { createKernel, type Kernel, restoreKernel, seededScheduler } from '@nltool/kernel'
import { schedulerEnv } from '@nltool/nl-core'
import { openRoute } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Programs that create, change and destroy at once, from several network stacks. */
async function work(kernel: Kernel, n: number): Promise<void> {
  const env = schedulerEnv(kernel.scheduler, kernel.clock, kernel.random)
  await using route = await openRoute(kernel.spawn(), { env, timeoutMs: 0 })
  for (let round = 0; round < 2; round++) {
    const { ifname } = await route.link.create({ kind: 'epair', name: 'epair' })
    await route.addr.add({ ifname, address: `192.0.${n}.1/24` })
    await route.addr.add({ ifname, address: `2001:db8:${n}::1/64` })
    await route.route.add({ dst: `10.${n}.0.0/16`, gateway: `192.0.${n}.9` })
    await route.link.set({ ifname, up: false })
    await route.link.delete(ifname)
  }
}

/** What a save at this instant is worth: refused because a change is under way, or a state that is whole. */
function verdict(kernel: Kernel): string {
  let bytes: Uint8Array
  try {
    bytes = kernel.save()
  } catch (error) {
    return (error as { code: string }).code
  }
  const copy = restoreKernel(bytes, { scheduler: seededScheduler(0) })
  expect(copy.audit().findings).toEqual([])
  expect(Buffer.compare(copy.save(), bytes)).toBe(0)
  return 'saved'
}

describe('save between any two steps of programs at work', () => {
  it.each(Array.from({ length: 8 }, (_, seed) => [seed + 1]))(
    'is refused with EBUSY or whole (seed %i)',
    async seed => {
      const scheduler = seededScheduler(seed)
      const kernel = createKernel({ scheduler })
      let running = true
      const programs = Promise.all([1, 2, 3].map(n => work(kernel, n))).finally(() => {
        running = false
      })
      const verdicts = new Map<string, number>()
      for (let step = seed; running; step++) {
        await settle()
        if (step % 4 === 0) {
          const found = verdict(kernel)
          verdicts.set(found, (verdicts.get(found) ?? 0) + 1)
        }
        scheduler.step()
      }
      await programs
      expect(verdicts.get('saved')).toBeGreaterThan(20)
      expect([...verdicts.keys()].filter(found => found !== 'saved' && found !== 'EBUSY')).toEqual([])
      await kernel.close()
      expect(kernel.audit().findings).toEqual([])
    },
  )
})
