import { createKernel, drivenScheduler, type Kernel, restoreKernel } from '@nltool/kernel'
import { schedulerEnv } from '@nltool/nl-core'
import { type Random, sleep, type VnetId } from '@nltool/nl-core/model'
import { openRoute, type RouteClient } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

/** What a program may hear when its process, its interface or its network stack goes away under it. */
const expected = new Set([
  ...['EBADF', 'EBUSY', 'EEXIST', 'EINTR', 'EINVAL', 'ENETUNREACH', 'ENOBUFS', 'ENOENT', 'ENXIO', 'ESRCH'],
  ...['EADDRNOTAVAIL', 'ENODEV', 'ENOMEM', 'EOPNOTSUPP', 'ETIMEDOUT', 'EPROTONOSUPPORT'],
])

async function tolerate(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    const { code, reason } = error as { code?: string; reason?: string }
    if (code === undefined || !expected.has(code) || reason !== undefined) throw error
  }
}

/** One thing that a program does, at random. */
async function act(route: RouteClient, pick: (n: number) => number): Promise<unknown> {
  const names = ['epair0a', 'epair1a', 'epair2b', 'lo1', 'wan']
  const ifname = names[pick(names.length)] ?? 'lo1'
  switch (pick(9)) {
    case 0:
      return route.link.create({ kind: 'epair', name: 'epair' })
    case 1:
      return route.link.create({ kind: 'lo', name: `lo${pick(3)}` })
    case 2:
      return route.link.delete(ifname)
    case 3:
      return route.link.set({ ifname, up: pick(2) === 0 })
    case 4:
      return route.link.set({ ifname, rename: 'wan' })
    case 5:
      return route.link.set({ ifname, vnet: pick(2) })
    case 6:
      return route.addr.add({ ifname, address: `192.0.${pick(3)}.${1 + pick(3)}/24` })
    case 7:
      return route.route.add({ dst: `10.${pick(4)}.0.0/16`, gateway: `192.0.${pick(3)}.9` })
    default:
      return route.route.dump({ table: 'all' }).collect()
  }
}

async function program(kernel: Kernel, vnet: VnetId, pick: (n: number) => number): Promise<void> {
  const abi = pick(2) === 0 ? 'freebsd' : 'linux'
  const proc = kernel.spawn({ vnet, abi })
  const env = schedulerEnv(kernel.scheduler, kernel.clock, kernel.random)
  const killed = pick(3) === 0
  const worked = tolerate(work())
  async function work(): Promise<void> {
    const route = await openRoute(proc, { env, timeoutMs: 0 })
    for (let step = 0; step < 12; step++) await tolerate(act(route, pick))
  }
  if (killed) {
    await sleep(kernel.scheduler, 0, 'the killer')
    for (let n = pick(30); n > 0; n--) await sleep(kernel.scheduler, 0, 'the killer')
    await proc.exit()
  }
  await worked
  await proc.exit()
}

async function life(seed: number): Promise<void> {
  const scheduler = drivenScheduler(seed)
  const chance: Random = scheduler.random
  const pick = (n: number): number => chance.u32() % n
  const kernel = createKernel({ scheduler })
  const jail = await kernel.createVnet('jail')
  kernel.faults.inject({ at: 'request', code: 'ENOMEM', probability: 0.05, times: Infinity })
  kernel.faults.inject({ at: 'send', code: 'ENOBUFS', probability: 0.02, times: Infinity })
  const inside = Promise.all([1, 2].map(() => program(kernel, jail.id, pick)))
  const outside = Promise.all([1, 2, 3].map(() => program(kernel, kernel.vnets()[0]?.id ?? jail.id, pick)))
  await inside
  if (pick(2) === 0) await kernel.destroyVnet(jail.id) // while the others work
  await outside
  await kernel.settle()
  expect(kernel.audit()).toEqual({ processes: 0, sockets: 0, descriptors: 0, findings: [] })
  const bytes = kernel.save()
  const copy = restoreKernel(bytes, { seed })
  expect(Buffer.compare(copy.save(), bytes)).toBe(0)
  await copy.close()
  await kernel.close()
  scheduler.close()
}

describe('processes that are killed, network stacks that go, requests that fail', () => {
  it.each(Array.from({ length: 40 }, (_, at) => [at + 1]))(
    'leave a kernel in order (seed %i)',
    seed => life(seed),
    20_000,
  )
})
