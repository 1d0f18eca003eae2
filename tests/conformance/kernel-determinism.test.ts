import { createKernel, drivenScheduler, type Kernel, manualScheduler } from '@nltool/kernel'
import { type Abi, NETLINK_ROUTE, SOCK_RAW, schedulerEnv } from '@nltool/nl-core'
import { toHex } from '@nltool/nl-core/testing'
import { openRoute } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

/** What a listener hears, in hexadecimal digits, until `work` is done. */
async function listen(kernel: Kernel, abi: Abi, work: () => Promise<void>): Promise<string[]> {
  const proc = kernel.spawn({ abi })
  const fd = proc.socket(abi === 'freebsd' ? 38 : 16, SOCK_RAW, NETLINK_ROUTE)
  proc.bind(fd, { portid: 0, groups: 0x551 }) // links, addresses and routes of both families
  await work()
  await kernel.settle()
  const heard: string[] = []
  while ((proc.poll(fd) & 1) !== 0) heard.push(toHex((await proc.recv(fd)).data))
  await proc.exit()
  return heard
}

/** Three programs that work at once; how they interleave is the scheduler's choice. */
async function contend(kernel: Kernel): Promise<void> {
  const env = schedulerEnv(kernel.scheduler, kernel.clock, kernel.random)
  const program = async (n: number): Promise<void> => {
    await using route = await openRoute(kernel.spawn(), { env })
    const { ifname } = await route.link.create({ kind: 'epair', name: 'epair' })
    await route.addr.add({ ifname, address: `192.0.${n}.1/24` })
    await route.route.add({ dst: `10.${n}.0.0/16`, gateway: `192.0.${n}.9` })
    await route.link.set({ ifname, up: false })
  }
  await Promise.all([program(1), program(2), program(3)])
}

async function history(seed: number, abi: Abi) {
  const scheduler = drivenScheduler(seed)
  const kernel = createKernel({ scheduler })
  const heard = await listen(kernel, abi, () => contend(kernel))
  const state = toHex(kernel.save())
  await kernel.close()
  scheduler.close()
  return { heard, state, trace: scheduler.trace.map(({ label, choice }) => `${choice} ${label}`) }
}

describe('a seeded kernel', () => {
  it.each(['freebsd', 'linux'] as const)(
    'repeats messages, trace and final state for its seed (%s listener)',
    async abi => {
      for (const seed of [1, 2, 3]) {
        const [first, second] = [await history(seed, abi), await history(seed, abi)]
        expect(second.trace).toEqual(first.trace)
        expect(second.heard.join() === first.heard.join(), `messages of seed ${seed}`).toBe(true)
        expect(second.state === first.state, `state of seed ${seed}`).toBe(true)
        expect(first.heard.length).toBeGreaterThan(0)
      }
    },
  )

  it('interleaves differently under different seeds', async () => {
    const orders = new Set<string>()
    for (let seed = 1; seed <= 8; seed++) orders.add((await history(seed, 'freebsd')).trace.join('\n'))
    expect(orders.size).toBeGreaterThan(4)
  })

  it.each([
    ['seeded', () => createKernel({ seed: 1 })],
    ['manual', () => createKernel({ scheduler: manualScheduler() })],
  ])('lets time pass at once, and only when told to (%s)', async (_kind, make) => {
    const kernel = make()
    expect(kernel.clock.uptime()).toBe(0)
    await kernel.advance(3_600_000)
    expect(kernel.clock.uptime()).toBe(3_600_000)
    await kernel.close()
  })

  it('waits for the host’s clock where that is its own', async () => {
    await using kernel = createKernel()
    const before = kernel.clock.uptime()
    await kernel.advance(20)
    expect(kernel.clock.uptime() - before).toBeGreaterThanOrEqual(15)
  })

  it('ends what has a lifetime when it is over', async () => {
    await using kernel = createKernel({ seed: 1 })
    const env = schedulerEnv(kernel.scheduler, kernel.clock, kernel.random)
    await using route = await openRoute(kernel.spawn(), { env, timeoutMs: 0 })
    const own = { ifname: 'lo0', address: '2001:db8::1/64' }
    await route.addr.add({ ...own, preferredSeconds: 30, validSeconds: 60 })
    const addresses = async () => (await route.addr.dump({ family: 'inet6' }).collect()).map(({ address }) => address)
    await kernel.advance(59_999)
    expect(await addresses()).toContain('2001:db8::1')
    await kernel.advance(1)
    expect(await addresses()).not.toContain('2001:db8::1')
    const at = Math.floor(kernel.clock.now() / 1000)
    await route.route.add({ dst: '10.0.0.0/8', ifname: 'lo0', expires: at + 100 })
    await kernel.advance(99_000)
    expect((await route.route.dump().collect()).map(({ dst }) => dst)).toContain('10.0.0.0/8')
    await kernel.advance(2_000)
    expect((await route.route.dump().collect()).map(({ dst }) => dst)).not.toContain('10.0.0.0/8')
  })

  it('seeds order, time and chance with one number', async () => {
    const words = async (seed: number) => {
      await using kernel = createKernel({ seed })
      await using route = await openRoute(kernel.spawn())
      await route.link.create({ kind: 'epair', name: 'epair0' })
      const links = await route.link.dump().collect()
      return [kernel.random.u32(), kernel.clock.now(), kernel.clock.uptime(), links.map(({ address }) => address)]
    }
    expect(await words(42)).toEqual(await words(42))
    expect((await words(43))[3]).not.toEqual((await words(42))[3])
    expect((await words(42))[2]).toBe(0)
  })
})
