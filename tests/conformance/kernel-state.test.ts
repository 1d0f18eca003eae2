import { createKernel, drivenScheduler, type Kernel, restoreKernel, StateError } from '@nltool/kernel'
import { virtualClock } from '@nltool/nl-core/scheduler'
import { type LinkChange, openRoute, type RouteAdd, type RouteClient } from '@nltool/nl-route'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/**
 * One thing that an administrator does in one of two network stacks. Numbers pick among what is there; what makes no
 * sense is refused, and that is fine.
 */
type Action = { readonly jail: boolean } & (
  | { readonly do: 'create'; readonly name: string }
  | { readonly do: 'vlan'; readonly link: number; readonly vlanId: number }
  | { readonly do: 'destroy'; readonly link: number }
  | { readonly do: 'set'; readonly link: number; readonly change: LinkChange }
  | {
      readonly do: 'addr'
      readonly link: number
      readonly host: number
      readonly six: boolean
      readonly validSeconds?: number | undefined
    }
  | { readonly do: 'deladdr' | 'delroute'; readonly nth: number }
  | AddRoute
)

interface AddRoute {
  readonly do: 'route'
  readonly net: number
  readonly via: readonly number[]
  readonly table: number
  readonly six: boolean
  readonly more: Pick<RouteAdd, 'type' | 'mtu' | 'rtflags' | 'protocol'>
}

const jail = fc.boolean()
const link = fc.nat(6)
const host = fc.integer({ min: 1, max: 4 })
const six = fc.boolean()
const text = fc.string({ unit: 'binary', maxLength: 12 }).map(raw => raw.replaceAll('\0', ''))
const groups = fc.subarray(['egress', 'trusted', 'lo'])
const change: fc.Arbitrary<LinkChange> = fc.oneof(
  fc.record({ up: fc.boolean() }),
  fc.record({ up: fc.boolean() }),
  fc.record({ mtu: fc.constantFrom(72, 1280, 9000) }),
  fc.record({ ifalias: text }),
  fc.record({ promisc: fc.boolean() }),
  fc.record({ rename: fc.constantFrom('wan', 'lan', 'epair0a', 'epair1b', 'lo7') }),
  fc.record({ groups: fc.record({ join: groups, leave: groups }) }),
  fc.record({ metric: fc.nat(9) }),
  fc.record({ fib: fc.nat(1) }),
  fc.record({ vnet: fc.nat(1) }),
)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      jail,
      do: fc.constant('create' as const),
      name: fc.constantFrom('epair', 'epair2', 'lo', 'lo3', 'epair0'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ jail, do: fc.constant('vlan' as const), link, vlanId: fc.constantFrom(7, 8) }) },
  { weight: 1, arbitrary: fc.record({ jail, do: fc.constant('destroy' as const), link }) },
  { weight: 7, arbitrary: fc.record({ jail, do: fc.constant('set' as const), link, change }) },
  {
    weight: 5,
    arbitrary: fc.record({
      jail,
      do: fc.constant('addr' as const),
      link,
      host,
      six,
      validSeconds: fc.option(fc.integer({ min: 1000, max: 2000 }), { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ jail, do: fc.constantFrom('deladdr' as const, 'delroute' as const), nth: fc.nat(20) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      jail,
      do: fc.constant('route' as const),
      net: fc.nat(5),
      via: fc.uniqueArray(host, { minLength: 1, maxLength: 2 }),
      table: fc.nat(1),
      six,
      more: fc.constantFrom({}, {}, { mtu: 1400 }, { type: 'blackhole' as const }, { rtflags: 0 }, { protocol: 11 }),
    }),
  },
)

/** An interface with addresses in each network stack, so that most routes find their gateway. */
const prologue: readonly Action[] = [false, true].flatMap(inside => [
  { jail: inside, do: 'create' as const, name: 'epair' },
  { jail: inside, do: 'addr' as const, link: 1, host: 1, six: false },
  { jail: inside, do: 'addr' as const, link: 1, host: 1, six: true },
])

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
    case 'vlan':
      await route.link.create({ kind: 'vlan', name: 'vlan', link: nameOf(step.link), vlanId: step.vlanId })
      return
    case 'destroy':
      return route.link.delete(nameOf(step.link))
    case 'set':
      return route.link.set({ ifname: nameOf(step.link), ...step.change })
    case 'addr': {
      const address = step.six ? `2001:db8:${step.link}::${step.host}/64` : `192.0.${step.link}.${step.host}/24`
      return route.addr.add({
        ifname: nameOf(step.link),
        address,
        validSeconds: step.six ? step.validSeconds : undefined,
      })
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

function addRoute(route: RouteClient, { net, via, table, six: v6, more }: AddRoute): Promise<void> {
  const dst = v6 ? `2001:db8:f${net}::/48` : `10.${net}.0.0/16`
  const paths = via.map((n, at) => ({ gateway: v6 ? `2001:db8:1::${n + 4}` : `192.0.1.${n + 4}`, weight: at + 1 }))
  const gateway = more.type === undefined ? paths[0]?.gateway : undefined
  if (paths.length === 1 || more.type !== undefined) return route.route.add({ dst, table, gateway, ...more })
  return route.route.add({ dst, table, nexthops: paths, ...more })
}

async function routesOf(route: RouteClient) {
  return [...(await route.route.dump({ table: 0 }).collect()), ...(await route.route.dump({ table: 1 }).collect())]
}

/** A kernel with two network stacks. */
async function twoStacks(seed: number): Promise<Kernel> {
  const kernel = createKernel({ seed, fibs: 2 })
  await kernel.createVnet('jail')
  return kernel
}

/** Runs work with a client in each network stack. */
async function inBoth<T>(kernel: Kernel, work: (outside: RouteClient, inside: RouteClient) => Promise<T>): Promise<T> {
  const procs = kernel.vnets().map(({ id }) => kernel.spawn({ vnet: id }))
  const [outside, inside] = await Promise.all(procs.map(proc => openRoute(proc)))
  if (outside === undefined || inside === undefined) throw new Error('two network stacks are needed')
  const result = await work(outside, inside)
  await Promise.all(procs.map(proc => proc.exit()))
  await kernel.settle()
  return result
}

/** Everything that programs can see. */
function view(kernel: Kernel) {
  return inBoth(kernel, async (outside, inside) => [await seenBy(outside), await seenBy(inside)])
}

async function seenBy(route: RouteClient) {
  return {
    links: await route.link.dump().collect(),
    addresses: await route.addr.dump().collect(),
    routes: await routesOf(route),
  }
}

/** The same without what chance had a part in: link-layer addresses of new interfaces, and addresses made of them. */
function certain({ links, addresses, routes }: Awaited<ReturnType<typeof seenBy>>) {
  return {
    links: links.map(({ address: _address, ...rest }) => rest),
    addresses: addresses.filter(({ address }) => !address.startsWith('fe80::')),
    routes: routes.filter(({ dst }) => !dst.startsWith('fe80::')),
  }
}

function run(kernel: Kernel, steps: readonly Action[]): Promise<string[]> {
  return inBoth(kernel, async (outside, inside) => {
    const outcomes: string[] = []
    for (const step of steps) outcomes.push(await apply(step.jail ? inside : outside, step))
    return outcomes
  })
}

/** A kernel with some of everything. */
async function rich(): Promise<Uint8Array> {
  await using kernel = await twoStacks(7)
  const more = {}
  const outcomes = await run(kernel, [
    ...prologue,
    { jail: false, do: 'create', name: 'lo' },
    { jail: false, do: 'create', name: 'epair' },
    { jail: false, do: 'create', name: 'epair' },
    { jail: false, do: 'destroy', link: 4 },
    { jail: false, do: 'set', link: 2, change: { up: true } },
    { jail: false, do: 'set', link: 2, change: { ifalias: 'to the world' } },
    { jail: false, do: 'set', link: 2, change: { rename: 'wan' } },
    { jail: false, do: 'vlan', link: 1, vlanId: 7 },
    { jail: false, do: 'set', link: 3, change: { vnet: 1 } },
    { jail: false, do: 'addr', link: 1, host: 2, six: true, validSeconds: 3600 },
    { jail: false, do: 'route', net: 1, via: [1], table: 0, six: false, more },
    { jail: false, do: 'route', net: 2, via: [1, 2], table: 0, six: false, more },
    { jail: false, do: 'route', net: 4, via: [1], table: 0, six: false, more: { type: 'blackhole' } },
    { jail: true, do: 'route', net: 3, via: [1], table: 1, six: true, more },
  ])
  expect(outcomes.filter(outcome => !outcome.endsWith('done'))).toEqual([])
  return kernel.save()
}

describe('a state file', () => {
  it('restores what every program sees, and what is given out next', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 25 }),
        fc.array(action, { maxLength: 10 }),
        async (before, after) => {
          await using kernel = await twoStacks(1)
          await run(kernel, [...prologue, ...before])
          const bytes = kernel.save()
          await using copy = restoreKernel(bytes, { seed: 1 })
          expect(Buffer.compare(copy.save(), bytes)).toBe(0)
          expect(await view(copy)).toEqual(await view(kernel))
          expect(await run(copy, after)).toEqual(await run(kernel, after))
          expect((await view(copy)).map(certain)).toEqual((await view(kernel)).map(certain))
          expect(copy.audit().findings).toEqual([])
        },
      ),
      { numRuns: 40 },
    )
  }, 30_000)

  it('is the same bytes for the same history', async () => {
    expect(await rich()).toEqual(await rich())
  })

  it('is read from anywhere in memory, and what becomes of that memory does not matter', async () => {
    const bytes = await rich()
    const elsewhere = new Uint8Array(bytes.length + 1)
    elsewhere.set(bytes, 1)
    await using copy = restoreKernel(elsewhere.subarray(1), { seed: 1 })
    elsewhere.fill(0xff)
    expect(Buffer.compare(copy.save(), bytes)).toBe(0)
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

  it.each([
    [30_000, ['::1', 'fe80::1', '2001:db8::1'], 30],
    [59_999, ['::1', 'fe80::1', '2001:db8::1'], 1],
    [60_000, ['::1', 'fe80::1'], undefined],
    [86_400_000, ['::1', 'fe80::1'], undefined],
  ])('keeps time: lifetimes run on while nobody runs the kernel (%i ms)', async (at, left, seconds) => {
    await using kernel = createKernel({ seed: 1 })
    await using before = await openRoute(kernel.spawn())
    await before.addr.add({ ifname: 'lo0', address: '2001:db8::1/64', validSeconds: 60 })
    await kernel.advance(10_000)
    const scheduler = drivenScheduler(2, { clock: virtualClock(at) })
    await using copy = restoreKernel(kernel.save(), { scheduler })
    expect(copy.clock.uptime()).toBe(at)
    await using after = await openRoute(copy.spawn())
    const addresses = await after.addr.dump({ family: 'inet6' }).collect()
    expect(addresses.map(({ address }) => address)).toEqual(left)
    expect(addresses[2]?.validSeconds).toBe(seconds)
    await copy.advance(60_000)
    expect((await after.addr.dump({ family: 'inet6' }).collect()).map(({ address }) => address)).toEqual([
      '::1',
      'fe80::1',
    ])
  })

  it('keeps net.add_addr_allfibs', async () => {
    await using kernel = createKernel({ fibs: 2, addAddrAllFibs: true })
    await using copy = restoreKernel(kernel.save())
    await using route = await openRoute(copy.spawn())
    await route.link.create({ kind: 'epair', name: 'epair0' })
    await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
    const inFib1 = (await route.route.dump({ family: 'inet', table: 1 }).collect()).map(({ dst }) => dst)
    expect(inFib1).toEqual(['127.0.0.1/32', '192.0.2.0/24', '192.0.2.1/32'])
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
    await using route = await openRoute(copy.spawn({ vnet: left.id }))
    const links = await route.link.dump().collect()
    expect(links.map(({ ifname, ifindex }) => [ifname, ifindex])).toEqual([['lo0', 2]])
  })
})
