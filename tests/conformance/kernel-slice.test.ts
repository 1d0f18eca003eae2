import { createKernel } from '@nltool/kernel'
import { openGeneric } from '@nltool/nl-genl'
import { openRoute, type RouteEvent } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'

function wordsOf(event: RouteEvent): string {
  if ('link' in event) return `${event.event} ${event.link.ifname}${event.link.up ? ' up' : ''}`
  return `${event.event} ${'route' in event ? event.route.dst : event.address.address}`
}

/** The main job from end to end, over sockets only: every part of the kernel and of the clients takes part. */
describe.each([
  ['freebsd', undefined],
  ['linux', undefined],
  ['freebsd', 1],
  ['linux', 2],
] as const)('a %s program on an embedded kernel (seed %s)', (abi, seed) => {
  const make = () => createKernel(seed === undefined ? {} : { seed })

  it('finds the loopback interface as FreeBSD boots it', async () => {
    await using kernel = make()
    await using route = await openRoute(kernel.spawn({ abi }))
    const [lo0, ...others] = await route.link.dump().collect()
    expect(others).toEqual([])
    expect(lo0).toMatchObject({ ifindex: 1, ifname: 'lo0', up: true, mtu: 16384, operstate: 'up' })
    const addresses = await route.addr.dump().collect()
    expect(addresses.map(({ address, prefixlen }) => `${address}/${prefixlen}`)).toEqual([
      '127.0.0.1/8',
      '::1/128',
      'fe80::1/64',
    ])
  })

  it('makes a pair, addresses it, routes over it, looks up, lists and deletes', async () => {
    await using kernel = make()
    await using route = await openRoute(kernel.spawn({ abi }))
    expect(await route.link.create({ kind: 'epair', name: 'epair0' })).toMatchObject({ ifname: 'epair0a', ifindex: 2 })
    await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
    await route.link.set({ ifname: 'epair0a', up: true })
    await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
    const routes = await route.route.dump({ family: 'inet' }).collect()
    expect(routes.map(({ dst, gateway, ifindex }) => [dst, gateway, ifindex])).toEqual(
      expect.arrayContaining([
        ['192.0.2.0/24', undefined, 2],
        ['203.0.113.0/24', '192.0.2.2', 2],
      ]),
    )
    expect(await route.route.get({ dst: '203.0.113.9' })).toMatchObject({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
    await expect(route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })).rejects.toMatchObject({
      code: 'EEXIST',
    })
    await route.route.delete({ dst: '203.0.113.0/24' })
    await expect(route.route.get({ dst: '203.0.113.9' })).rejects.toMatchObject({ code: 'ESRCH' })
    await route.link.delete('epair0a')
    expect((await route.link.dump().collect()).map(({ ifindex }) => ifindex)).toEqual([1])
    expect((await route.route.dump({ family: 'inet' }).collect()).map(({ dst }) => dst)).toEqual(['127.0.0.1/32'])
  })

  it('tells those who listen, in order', async () => {
    await using kernel = make()
    await using route = await openRoute(kernel.spawn({ abi }))
    await using subscription = route.subscribe(['link', 'ipv4-addr', 'ipv4-route'])
    await subscription.ready
    await route.link.create({ kind: 'epair', name: 'epair0' })
    await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
    await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
    await route.link.delete('epair0b')
    const events: string[] = []
    for await (const event of subscription) {
      if (event.event === 'resync') throw new Error('events were lost')
      events.push(wordsOf(event))
      if (event.event === 'link-delete' && event.link.ifname === 'epair0b') break
    }
    expect(events).toEqual([
      'link-set epair0a',
      'link-set epair0b',
      'addr-set 192.0.2.1',
      'route-set 192.0.2.1/32',
      'link-set epair0a up',
      'route-set 192.0.2.0/24',
      'route-set 203.0.113.0/24',
      'route-delete 192.0.2.0/24',
      'link-set epair0a',
      'addr-delete 192.0.2.1',
      'route-delete 192.0.2.1/32',
      'route-delete 203.0.113.0/24',
      'link-delete epair0a',
      'link-set epair0b',
      'link-delete epair0b',
    ])
  })

  it('resolves the controller of generic netlink', async () => {
    await using kernel = make()
    await using genl = await openGeneric(kernel.spawn({ abi }))
    expect(await genl.resolve('nlctrl')).toMatchObject({ id: 16 })
  })
})

describe('a program that awaits one answer after another', () => {
  it.each(['freebsd', 'linux'] as const)('lets timers and input of its process have their turn (%s)', async abi => {
    await using kernel = createKernel()
    await using route = await openRoute(kernel.spawn({ abi }))
    const signal = AbortSignal.timeout(5)
    let answers = 0
    while (!signal.aborted && answers < 100_000) {
      await route.route.get({ dst: '127.0.0.1' })
      answers += 1
    }
    expect(signal.aborted).toBe(true)
  })
})
