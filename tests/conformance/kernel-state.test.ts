import { createKernel, type Kernel, manualScheduler, restoreKernel, StateError } from '@nltool/kernel'
import type { Host } from '@nltool/nl-core'
import { openRoute, type RouteClient } from '@nltool/nl-route'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** One thing that an administrator does. Numbers pick among what is there; what makes no sense is refused, and that is fine. */
type Action =
  | { readonly do: 'create'; readonly name: string }
  | { readonly do: 'destroy' | 'up' | 'down'; readonly link: number }
  | { readonly do: 'mtu'; readonly link: number; readonly mtu: number }
  | { readonly do: 'alias'; readonly link: number; readonly text: string }
  | { readonly do: 'addr'; readonly link: number; readonly host: number; readonly six: boolean }
  | { readonly do: 'deladdr' | 'delroute'; readonly nth: number }
  | {
      readonly do: 'route'
      readonly net: number
      readonly via: readonly number[]
      readonly table: number
      readonly six: boolean
    }

const link = fc.nat(6)
const host = fc.integer({ min: 1, max: 4 })
const six = fc.boolean()
const text = fc.string({ unit: 'binary', maxLength: 12 }).map(raw => raw.replaceAll('\0', ''))
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      name: fc.constantFrom('epair', 'epair2', 'lo', 'lo3', 'epair0'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('destroy' as const), link }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('up' as const, 'down' as const), link }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mtu' as const), link, mtu: fc.constantFrom(72, 1280, 9000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('alias' as const), link, text }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('addr' as const), link, host, six }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('deladdr' as const, 'delroute' as const), nth: fc.nat(20) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('route' as const),
      net: fc.nat(5),
      via: fc.uniqueArray(host, { minLength: 1, maxLength: 2 }),
      table: fc.nat(1),
      six,
    }),
  },
)

/** An interface with addresses, so that most routes find their gateway. */
const prologue: readonly Action[] = [
  { do: 'create', name: 'epair' },
  { do: 'addr', link: 1, host: 1, six: false },
  { do: 'addr', link: 1, host: 1, six: true },
]

async function apply(route: RouteClient, step: Action): Promise<string> {
  const links = await route.link.dump().collect()
  const nameOf = (nth: number) => links[nth % links.length]?.ifname ?? 'lo0'
  try {
    await perform(route, step, nameOf)
    return `${step.do} done`
  } catch (error) {
    return `${step.do} ${(error as { code: string }).code}`
  }
}

async function perform(route: RouteClient, step: Action, nameOf: (nth: number) => string): Promise<void> {
  switch (step.do) {
    case 'create':
      await route.link.create({ kind: step.name.replace(/\d+$/, ''), name: step.name })
      return
    case 'destroy':
      return route.link.delete(nameOf(step.link))
    case 'up':
    case 'down':
      return route.link.set({ ifname: nameOf(step.link), up: step.do === 'up' })
    case 'mtu':
      return route.link.set({ ifname: nameOf(step.link), mtu: step.mtu })
    case 'alias':
      return route.link.set({ ifname: nameOf(step.link), ifalias: step.text })
    case 'addr': {
      const address = step.six ? `2001:db8:${step.link}::${step.host}/64` : `192.0.${step.link}.${step.host}/24`
      return route.addr.add({ ifname: nameOf(step.link), address })
    }
    case 'deladdr': {
      const { address, ifindex } = nthOf(await route.addr.dump().collect(), step.nth)
      return route.addr.delete({ ifindex, address })
    }
    case 'delroute': {
      const routes = (await routesOf(route)).filter(({ gateway, nexthops }) => gateway ?? nexthops)
      const { dst, table } = nthOf(routes, step.nth)
      return route.route.delete({ dst, table })
    }
    case 'route':
      return addRoute(route, step)
  }
}

function nthOf<T>(items: readonly T[], nth: number): T {
  const item = items[nth % items.length]
  if (item === undefined) throw Object.assign(new Error('there is none'), { code: 'none' })
  return item
}

function addRoute(route: RouteClient, { net, via, table, six: v6 }: Extract<Action, { do: 'route' }>): Promise<void> {
  const dst = v6 ? `2001:db8:f${net}::/48` : `10.${net}.0.0/16`
  const paths = via.map((n, at) => ({ gateway: v6 ? `2001:db8:1::${n + 4}` : `192.0.1.${n + 4}`, weight: at + 1 }))
  const gateway = paths[0]?.gateway
  return route.route.add(paths.length === 1 ? { dst, table, gateway } : { dst, table, nexthops: paths })
}

async function routesOf(route: RouteClient) {
  return [...(await route.route.dump({ table: 0 }).collect()), ...(await route.route.dump({ table: 1 }).collect())]
}

/** Everything that a program can see. */
async function view(host: Host) {
  await using route = await openRoute(host)
  return {
    links: await route.link.dump().collect(),
    addresses: await route.addr.dump().collect(),
    routes: await routesOf(route),
  }
}

/** The same without what chance had a part in: link-layer addresses of new interfaces, and addresses made of them. */
function certain({ links, addresses, routes }: Awaited<ReturnType<typeof view>>) {
  return {
    links: links.map(({ address: _address, ...rest }) => rest),
    addresses: addresses.filter(({ address }) => !address.startsWith('fe80::')),
    routes: routes.filter(({ dst }) => !dst.startsWith('fe80::')),
  }
}

async function run(kernel: Kernel, steps: readonly Action[]): Promise<string[]> {
  const proc = kernel.spawn()
  const outcomes: string[] = []
  {
    await using route = await openRoute(proc)
    for (const step of steps) outcomes.push(await apply(route, step))
  }
  await proc.exit()
  await kernel.settle()
  return outcomes
}

/** A kernel with some of everything. */
async function rich(): Promise<Uint8Array> {
  await using kernel = createKernel({ seed: 7, fibs: 2 })
  await run(kernel, [
    ...prologue,
    { do: 'create', name: 'lo' },
    { do: 'create', name: 'epair' },
    { do: 'create', name: 'epair' },
    { do: 'destroy', link: 4 },
    { do: 'up', link: 2 },
    { do: 'alias', link: 2, text: 'to the world' },
    { do: 'route', net: 1, via: [1], table: 0, six: false },
    { do: 'route', net: 2, via: [1, 2], table: 0, six: false },
    { do: 'route', net: 3, via: [1], table: 1, six: true },
  ])
  return kernel.save()
}

describe('a state file', () => {
  it('restores what every program sees, and what is given out next', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 25 }),
        fc.array(action, { maxLength: 10 }),
        async (before, after) => {
          await using kernel = createKernel({ seed: 1, fibs: 2 })
          await run(kernel, [...prologue, ...before])
          const bytes = kernel.save()
          await using copy = restoreKernel(bytes, { seed: 1 })
          expect(copy.save()).toEqual(bytes)
          expect(await view(copy.spawn())).toEqual(await view(kernel.spawn()))
          expect(await run(copy, after)).toEqual(await run(kernel, after))
          expect(certain(await view(copy.spawn()))).toEqual(certain(await view(kernel.spawn())))
          expect(copy.audit().findings).toEqual([])
        },
      ),
      { numRuns: 40 },
    )
  }, 30_000)

  it('is the same bytes for the same history', async () => {
    expect(await rich()).toEqual(await rich())
  })

  it('is refused when it is cut at any byte', async () => {
    const bytes = await rich()
    for (let length = 0; length < bytes.length; length++) {
      expect(() => restoreKernel(bytes.subarray(0, length)), `cut to ${length} bytes`).toThrow(StateError)
    }
  })

  it('is refused when any byte is another one', async () => {
    const bytes = await rich()
    for (let at = 0; at < bytes.length; at++) {
      const spoiled = bytes.slice()
      spoiled[at] = (spoiled[at] as number) ^ (1 << (at % 8))
      expect(() => restoreKernel(spoiled), `byte ${at}`).toThrow(StateError)
    }
  })

  it('keeps time: lifetimes run on while nobody runs the kernel', async () => {
    const scheduler = manualScheduler()
    const kernel = createKernel({ scheduler })
    scheduler.advance(10_000)
    const bytes = kernel.save()
    const later = manualScheduler()
    later.advance(3_600_000)
    const copy = restoreKernel(bytes, { scheduler: later })
    expect(copy.clock.uptime()).toBe(3_600_000)
    await kernel.close()
    await copy.close()
  })

  it('keeps network stacks, their names and sysctls', async () => {
    await using kernel = createKernel({ fibs: 2, sysctl: { 'net.netlink.recvspace': 32768 } })
    await kernel.createVnet('left')
    await kernel.createVnet()
    await kernel.settle()
    const bytes = kernel.save()
    await using copy = restoreKernel(bytes)
    expect(copy.vnets()).toEqual([
      { id: 0, name: 'vnet0' },
      { id: 1, name: 'left' },
      { id: 2, name: 'vnet2' },
    ])
    expect(copy.save()).toEqual(bytes)
    const left = copy.vnets()[1]
    if (left === undefined) throw new Error('left is gone')
    const { links } = await view(copy.spawn({ vnet: left.id }))
    expect(links.map(({ ifname, ifindex }) => [ifname, ifindex])).toEqual([['lo0', 2]])
  })
})
