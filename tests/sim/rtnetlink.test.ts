import { createKernel, drivenScheduler, type Kernel } from '@nltool/kernel'
import { schedulerEnv } from '@nltool/nl-core'
import { NltoolError } from '@nltool/nl-core/errno'
import { IpAddress } from '@nltool/nl-core/model'
import { type Address, IFF, type Link, openRoute, type Route, type RouteClient, RTF } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

/** One thing that a program does, at random. What is refused is refused. */
async function act(route: RouteClient, pick: (n: number) => number): Promise<unknown> {
  const ifname = `epair${pick(2)}${pick(2) === 0 ? 'a' : 'b'}`
  const net = pick(3)
  switch (pick(9)) {
    case 0:
      return route.link.create({ kind: 'epair', name: `epair${pick(2)}` })
    case 1:
      return route.link.delete(ifname)
    case 2:
      return route.link.set({ ifname, up: pick(2) === 0 })
    case 3:
      return route.addr.add({ ifname, address: `192.0.${net}.${1 + pick(3)}/24` })
    case 4:
      return route.addr.add({ ifname, address: `2001:db8:${net}::${1 + pick(3)}/64` })
    case 5:
      return route.addr.delete({ ifname, address: `192.0.${net}.${1 + pick(3)}` })
    case 6:
      return route.route.replace({ dst: `10.${pick(3)}.0.0/16`, gateway: `192.0.${net}.9` })
    case 7:
      return route.route.append({ dst: `10.${pick(3)}.0.0/16`, gateway: `192.0.${net}.${8 + pick(2)}` })
    default:
      return route.route.delete({ dst: `10.${pick(3)}.0.0/16` })
  }
}

async function program(kernel: Kernel, pick: (n: number) => number): Promise<void> {
  const proc = kernel.spawn({ abi: pick(2) === 0 ? 'freebsd' : 'linux' })
  const env = schedulerEnv(kernel.scheduler, kernel.clock, kernel.random)
  const route = await openRoute(proc, { env, timeoutMs: 0 })
  for (let step = 0; step < 25; step++) {
    await act(route, pick).catch((error: unknown) => {
      if (!(error instanceof NltoolError)) throw error
    })
  }
  await route.close()
  await proc.exit()
}

const pinned = ({ rtflags = 0 }: Route): boolean => (rtflags & RTF.RTF_PINNED) !== 0

/** The prefixes that addresses imply: each own address, and the network of those whose interface is up. */
function implied(links: readonly Link[], addresses: readonly Address[]): Set<string> {
  const prefixes = new Set<string>()
  const linkOf = new Map(links.map(link => [link.ifindex, link]))
  for (const { family, address, prefixlen, ifindex } of addresses) {
    const ip = IpAddress.parse(address)
    prefixes.add(`${address}/${ip.bits}`)
    const link = linkOf.get(ifindex)
    const isLoopback = ((link?.flags ?? 0) & IFF.IFF_LOOPBACK) !== 0
    if (link?.up !== true || prefixlen === ip.bits || (family === 'inet' && isLoopback)) continue
    prefixes.add(`${ip.mask(prefixlen)}/${prefixlen}`)
  }
  return prefixes
}

async function life(seed: number): Promise<void> {
  const scheduler = drivenScheduler(seed)
  const pick = (n: number): number => scheduler.random.u32() % n
  await using kernel = createKernel({ scheduler })
  const atBoot = await snapshot(kernel)
  await Promise.all([1, 2, 3].map(() => program(kernel, pick)))
  await kernel.settle()
  const { links, addresses, routes } = await snapshot(kernel)
  const indexes = new Set(links.map(({ ifindex }) => ifindex))
  for (const { ifindex, nexthops = [] } of routes) {
    for (const each of [ifindex, ...nexthops.map(path => path.ifindex)]) {
      if (each !== undefined) expect(indexes.has(each)).toBe(true)
    }
  }
  expect(new Set(routes.filter(pinned).map(({ dst }) => dst))).toEqual(implied(links, addresses))
  await using route = await openRoute(kernel.spawn())
  for (const { ifname, kind } of links) if (kind === 'epair' && ifname.endsWith('a')) await route.link.delete(ifname)
  expect(await snapshot(kernel)).toEqual(atBoot)
}

async function snapshot(kernel: Kernel) {
  const proc = kernel.spawn()
  const route = await openRoute(proc)
  const links = await route.link.list()
  const addresses = await route.addr.list()
  const routes = await route.route.list({ table: 'all' })
  await route.close()
  await proc.exit()
  return { links, addresses, routes }
}

describe('programs that change links, addresses and routes at once', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed + 1))('leave routes that fit the addresses (seed %i)', life)
})
