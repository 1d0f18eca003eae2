import { createKernel, drivenScheduler, type Kernel } from '@nltool/kernel'
import { schedulerEnv } from '@nltool/nl-core'
import { NltoolError } from '@nltool/nl-core/errno'
import { openRoute, type RouteClient } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

type Pick = (n: number) => number

/** Whatever is refused is refused; anything else that is thrown is a defect. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof NltoolError)) throw error
    return undefined
  }
}

/** Moves interfaces between the initial network stack and those that exist, and configures them there. */
async function act(kernel: Kernel, route: RouteClient, pick: Pick): Promise<unknown> {
  const ifname = `epair${pick(2)}${pick(2) === 0 ? 'a' : 'b'}`
  const vnets = kernel.vnets()
  const vnet = vnets[pick(vnets.length)]?.id ?? 0
  switch (pick(7)) {
    case 0:
    case 1:
      return route.link.create({ kind: 'epair', name: `epair${pick(2)}` })
    case 2:
      return route.link.delete(ifname)
    case 3:
    case 4:
      return route.link.set({ ifname, vnet })
    case 5:
      return route.addr.add({ ifname, address: `192.0.2.${1 + pick(3)}/24` })
    default:
      return route.link.set({ ifname, up: pick(2) === 0 })
  }
}

/** A program of one network stack, the initial one or a jail that may be gone by the time it starts. */
async function program(kernel: Kernel, pick: Pick): Promise<void> {
  const vnets = kernel.vnets()
  const vnet = pick(2) === 0 ? undefined : vnets[pick(vnets.length)]?.id
  const proc = kernel.spawn(vnet === undefined ? {} : { vnet })
  const env = schedulerEnv(kernel.scheduler, kernel.clock, kernel.random)
  const route = await openRoute(proc, { env, timeoutMs: 0 })
  for (let step = 0; step < 10; step++) await attempt(() => act(kernel, route, pick))
  await route.close()
  await proc.exit()
}

/** Makes network stacks and ends them, as a container runtime does. */
async function jailer(kernel: Kernel, pick: Pick): Promise<void> {
  for (let step = 0; step < 8; step++) {
    const jails = kernel.vnets().filter(({ id }) => id !== 0)
    const jail = jails[pick(Math.max(1, jails.length))]
    if (jail === undefined || pick(2) === 0) await attempt(() => kernel.createVnet())
    else await attempt(() => kernel.destroyVnet(jail.id))
  }
}

async function life(seed: number): Promise<void> {
  const scheduler = drivenScheduler(seed)
  const pick: Pick = n => scheduler.random.u32() % n
  const kernel = createKernel({ scheduler })
  await attempt(() => kernel.createVnet())
  await Promise.all([jailer(kernel, pick), program(kernel, pick), program(kernel, pick), program(kernel, pick)])
  await kernel.settle()
  expect(kernel.audit().findings).toEqual([])
  for (const { id } of kernel.vnets()) if (id !== 0) await kernel.destroyVnet(id)
  const proc = kernel.spawn()
  const route = await openRoute(proc)
  // What was made in a jail went with it; what was made here and lent out is back.
  for (const { ifname } of await route.link.list())
    if (ifname.startsWith('epair')) await attempt(() => route.link.delete(ifname))
  expect((await route.link.list()).map(({ ifname }) => ifname)).toEqual(['lo0'])
  await route.close()
  await proc.exit()
  expect(kernel.audit().findings).toEqual([])
  await kernel.close() // audits once more
  scheduler.close()
}

describe('network stacks that come and go while programs move interfaces', () => {
  it.each(Array.from({ length: 50 }, (_, seed) => seed + 1))('leave nothing behind (seed %i)', life)
})
