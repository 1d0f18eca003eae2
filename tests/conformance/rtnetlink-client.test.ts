import { createKernel } from '@nltool/kernel'
import { SocketError } from '@nltool/nl-core/errno'
import { openRoute, type Route, type RouteClient, RTF } from '@nltool/nl-route'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let kernel: ReturnType<typeof createKernel>
let route: RouteClient

beforeEach(async () => {
  kernel = createKernel()
  route = await openRoute(kernel.spawn())
  await route.link.create({ kind: 'epair', name: 'epair0' })
  await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
})

afterEach(async () => {
  await route.close()
  await kernel.close()
})

describe('what cannot be right is refused before it is sent', () => {
  it.each([
    [
      'a prefix length beyond the address',
      () => route.route.add({ dst: '10.0.0.0/33', gateway: '192.0.2.2' }),
      '0 to 32',
    ],
    [
      'a prefix length beyond IPv6',
      () => route.route.add({ dst: '::/129', gateway: '::1' }),
      'IPv6 address is a number from 0 to 128',
    ],
    [
      'no address',
      () => route.route.add({ dst: 'example', gateway: '192.0.2.2' }),
      "destination 'example' is not an address like",
    ],
    ['no way', () => route.route.add({ dst: '10.0.0.0/8' }), 'say where 10.0.0.0/8 leads'],
    [
      'two ways',
      () => route.route.add({ dst: '10.0.0.0/8', gateway: '192.0.2.2', nexthops: [{ gateway: '192.0.2.3' }] }),
      'either nexthops or',
    ],
    [
      'an IPv4 gateway for IPv6',
      () => route.route.add({ dst: '2001:db8::/32', gateway: '192.0.2.2' }),
      'cannot have the IPv4 gateway',
    ],
    [
      'a weight out of range',
      () => route.route.add({ dst: '10.0.0.0/8', gateway: '192.0.2.2', weight: 256 }),
      'from 1 to 255',
    ],
    ['a word that is no family', () => route.addr.list({ family: 'ipv4' as 'inet' }), "'ipv4' is not inet or inet6"],
    [
      'a word that is no type',
      () => route.route.add({ dst: '10.0.0.0/8', type: 'blackhol' as 'blackhole' }),
      "'blackhol' is none of unspec, unicast",
    ],
    ['a word that is no group', async () => route.subscribe(['links' as 'link']), "'links' is none of link, neigh"],
    ['a watch of no family', async () => route.watchRoutes({ family: 'ipv4' as 'inet' }), "'ipv4' is not inet"],
    ['a family that does not fit', () => route.route.get({ dst: '::1', family: 'inet' }), 'not of the family inet'],
    ['a long name', () => route.link.get('a-name-of-20-letters'), '1 to 15 bytes'],
    ['no interface', () => route.link.set({ up: true }), 'say which interface'],
    ['the index 0', () => route.link.set({ ifindex: 0, rename: 'lo0', up: false }), 'ifindex 0 is not a whole number'],
    ['an address without interface', () => route.addr.add({ address: '192.0.2.1/24' }), 'say on which interface'],
    ['a bad link-level address', () => route.link.set({ ifname: 'epair0a', address: 'xx' }), 'is not like 02:00'],
    ['a zone on IPv4', () => route.route.get('192.0.2.1%epair0a'), 'only an IPv6 address has a zone'],
    [
      'a flag both ways',
      () => route.link.set({ ifname: 'epair0a', up: true, flags: { set: 0, clear: 1 } }),
      'set and cleared',
    ],
  ])('%s', async (_title, attempt, text) => {
    const error = await attempt().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(SocketError)
    expect(String(error)).toContain(text)
  })

  it.each<[(plain: never) => Promise<unknown>, object | undefined, string]>([
    [plain => route.route.add(plain), {}, 'dst is missing: say a text like 203.0.113.0/24 or default'],
    [plain => route.route.add(plain), undefined, 'dst is missing'],
    [plain => route.route.add(plain), { dst: 5 }, 'dst is of type number: say a text like 203.0.113.0/24'],
    [plain => route.route.delete(plain), undefined, 'dst is missing'],
    [plain => route.route.get(plain), undefined, 'dst is missing'],
    [plain => route.link.create(plain), {}, 'kind is missing: say a text like epair'],
    [plain => route.link.create(plain), { name: 'epair1' }, 'kind is missing'],
    [plain => route.link.create(plain), undefined, 'kind is missing'],
    [plain => route.addr.add(plain), { ifname: 'epair0a' }, 'address is missing: say a text like 192.0.2.1/24'],
    [plain => route.addr.delete(plain), undefined, 'address is missing'],
  ])('what plain JavaScript left out is named (%#)', async (attempt, plain, text) => {
    const thrown = await attempt(plain as never).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(SocketError)
    expect(String(thrown)).toContain(`EINVAL: ${text}`)
  })

  it.each([
    () => route.link.get('nope'),
    () => route.link.delete('nope'),
    () => route.link.set({ ifname: 'nope', up: true }),
    () => route.addr.add({ ifname: 'nope', address: '192.0.2.1' }),
    () => route.route.add({ dst: '10.0.0.0/8', ifname: 'nope' }),
  ])('an unknown interface is named (%#)', async attempt => {
    await expect(attempt()).rejects.toThrow('ENODEV: interface nope does not exist')
  })

  it('so is an index that none has', async () => {
    await expect(route.link.delete(99)).rejects.toThrow('ENODEV: interface with index 99 does not exist')
  })

  it.each([() => route.route.get('203.0.113.9'), () => route.route.delete({ dst: '203.0.113.9' })])(
    'an absent route is named (%#)',
    async attempt => {
      await expect(attempt()).rejects.toThrow(/^ESRCH: .*for 203\.0\.113\.9$/)
    },
  )

  it('an absent address is named', async () => {
    const attempt = route.addr.delete({ ifname: 'epair0a', address: '192.0.2.99' })
    await expect(attempt).rejects.toThrow('EADDRNOTAVAIL: 192.0.2.99 is not an address of epair0a')
  })
})

describe('objects', () => {
  it('are plain data that survives JSON', async () => {
    await route.route.add({ dst: 'default', nexthops: [{ gateway: '192.0.2.2', weight: 2 }, { gateway: '192.0.2.3' }] })
    const all = [await route.link.list(), await route.addr.list(), await route.route.list()]
    expect(JSON.parse(JSON.stringify(all))).toEqual(all)
    expect(await route.route.get('8.8.8.8')).toMatchObject({
      family: 'inet',
      dst: '0.0.0.0/0',
      protocol: 4,
      rtflags: RTF.RTF_UP | RTF.RTF_GATEWAY | RTF.RTF_STATIC,
      nexthops: [
        { gateway: '192.0.2.3', ifindex: 2, weight: 1 },
        { gateway: '192.0.2.2', ifindex: 2, weight: 2 },
      ],
    })
  })

  it('show a gateway of the other family as any other', async () => {
    await route.addr.add({ ifname: 'epair0a', address: '2001:db8::1/64' })
    await route.route.add({ dst: '203.0.113.0/24', gateway: '2001:db8::9' })
    expect(await route.route.get('203.0.113.1')).toMatchObject({ gateway: '2001:db8::9', ifindex: 2 })
  })

  it('take a zone for the interface', async () => {
    await route.addr.add({ ifname: 'epair0a', address: 'fe80::1%epair0a/64' })
    await route.route.add({ dst: '2001:db8:1::/48', gateway: 'fe80::9%epair0a' })
    expect(await route.route.get('2001:db8:1::5')).toMatchObject({ gateway: 'fe80::9', ifindex: 2 })
    expect(await route.route.get({ dst: 'fe80::%epair0a/64', exact: true })).toMatchObject({ ifindex: 2 })
    await route.route.delete({ dst: 'fe80::%epair0a/64', pinned: true })
    await expect(route.route.get({ dst: 'fe80::%epair0a/64', exact: true })).rejects.toThrow('ESRCH')
  })

  it.each(['blackhole', 'unreachable', 'prohibit'] as const)('take the zone of a %s route', async type => {
    const dst = 'fe80::5%epair0a'
    await route.route.add({ dst, type })
    await expect(route.route.delete({ dst: 'fe80::5%epair0b' })).rejects.toThrow('ESRCH')
    await route.route.delete({ dst })
    await expect(route.route.get({ dst, exact: true })).rejects.toThrow('ESRCH')
  })

  it('do not delete a blackhole by another interface than its own', async () => {
    await route.route.add({ dst: '203.0.113.0/24', type: 'blackhole' })
    await expect(route.route.delete({ dst: '203.0.113.0/24', ifname: 'epair0a' })).rejects.toThrow('ESRCH')
    await route.route.delete({ dst: '203.0.113.0/24', ifname: 'lo0' })
  })
})

/** Reads events until a copy is as wanted. Leaving a `for await` would close it. */
async function until(watch: { next(): Promise<{ done?: boolean }> }, wanted: () => boolean): Promise<void> {
  while (!wanted()) if ((await watch.next()).done === true) throw new Error('the watch has ended')
}

describe('live copies', () => {
  it('watchRoutes holds what the kernel holds, every fe80::/64 apart', async () => {
    await using watch = route.watchRoutes({ table: 'all' })
    const before = (await route.route.list({ table: 'all' })).length
    await until(watch, () => watch.items.size === before)
    await route.addr.add({ ifname: 'epair0a', address: '2001:db8::1/64' })
    await route.addr.add({ ifname: 'epair0b', address: '2001:db8:1::1/64' })
    await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
    const wanted = await route.route.list({ table: 'all' })
    await until(watch, () => watch.items.size === wanted.length)
    expect(before).toBeLessThan(wanted.length)
    const text = (routes: Iterable<{ dst: string; ifindex?: number | undefined }>): string[] =>
      [...routes].map(({ dst, ifindex }) => `${dst} ${ifindex}`).sort()
    expect(text(watch.items.values())).toEqual(text(wanted))
  })

  it('watchRoutes tells the routes of one link-local address on two interfaces apart', async () => {
    await using watch = route.watchRoutes({ family: 'inet6' })
    await until(watch, () => watch.items.size > 0)
    const before = (await route.route.list({ family: 'inet6' })).length
    const loopbacks = (): number => [...watch.items.values()].filter(({ dst }) => dst === 'fe80::1/128').length
    await route.link.create({ kind: 'lo', name: 'lo1' })
    await route.addr.add({ ifname: 'lo1', address: '2001:db8::1/64' })
    await until(watch, () => loopbacks() === 2)
    await route.link.delete('lo1')
    await until(watch, () => watch.items.size <= before)
    expect(loopbacks()).toBe(1)
  })

  it('watchRoutes follows a link-local route from several paths to one', async () => {
    await route.addr.add({ ifname: 'epair0a', address: '2001:db8::1/64' })
    await using watch = route.watchRoutes({ family: 'inet6' })
    const nexthops = ['fe80::5%epair0a', 'fe80::6%epair0a'].map(gateway => ({ gateway }))
    const found = (): Route[] => [...watch.items.values()].filter(({ dst }) => dst === 'fe80::9/128')
    await route.route.add({ dst: 'fe80::9%epair0a', nexthops })
    await until(watch, () => found()[0]?.nexthops?.length === 2)
    await route.route.delete({ dst: 'fe80::9%epair0a', gateway: 'fe80::5' })
    await until(watch, () => found().some(({ gateway }) => gateway === 'fe80::6'))
    expect(found()).toHaveLength(1)
  })

  it('watchRoutes follows fe8::/16, which is not link-local, from one link to another', async () => {
    await route.addr.add({ ifname: 'epair0a', address: '2001:db8::1/64' })
    await route.addr.add({ ifname: 'epair0b', address: '2001:db8:1::1/64' })
    await using watch = route.watchRoutes({ family: 'inet6' })
    const found = (): Route[] => [...watch.items.values()].filter(({ dst }) => dst === 'fe8::/16')
    await route.route.add({ dst: 'fe8::/16', gateway: '2001:db8::2' })
    await until(watch, () => found().length > 0)
    await route.route.replace({ dst: 'fe8::/16', gateway: '2001:db8:1::2' })
    await until(watch, () => found().some(({ gateway }) => gateway === '2001:db8:1::2'))
    expect(found()).toHaveLength(1)
  })

  it('watchLinks and watchAddresses follow', async () => {
    await using links = route.watchLinks()
    await using addresses = route.watchAddresses({ family: 'inet' })
    await until(links, () => links.items.size === 3)
    await until(addresses, () => addresses.items.size === 2)
    expect([...links.items.values()].map(({ ifname }) => ifname)).toEqual(['lo0', 'epair0a', 'epair0b'])
    await route.link.delete('epair0a')
    await until(links, () => links.items.size === 1)
    await until(addresses, () => addresses.items.size === 1)
    expect([...addresses.items.keys()]).toEqual(['1 127.0.0.1/8'])
  })
})
