import { createLock, createTask, IpAddress, rootCred, vnet0 } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import { AF_INET, AF_INET6, RTF } from '../route/constants.ts'
import type { NexthopSpec } from './nexthop.ts'
import { createRib } from './rib.ts'
import { dealSlots } from './slots.ts'
import type { RouteKey } from './types.ts'

const ctx = {
  task: createTask('test'),
  vnet: vnet0,
  cred: rootCred,
  scheduler: { schedule: () => {}, after: () => () => {} },
  clock: { now: () => 0, uptime: () => 0 },
}
const rtnl = createLock('rtnl').tryAcquire(ctx)
if (rtnl === undefined) throw new Error('the lock is new')
const held = rtnl

function key(text: string, fib = 0): RouteKey {
  const [address = '', length] = text.split('/')
  return { fib, dst: IpAddress.parse(address), prefixlen: Number(length) }
}

function via(gateway: string, more: Partial<NexthopSpec> = {}): { nexthop: NexthopSpec; weight: number } {
  const address = IpAddress.parse(gateway)
  const family = address.size === 4 ? AF_INET : AF_INET6
  const parts = { ifindex: 1, aifindex: 1, mtu: 0, origin: 0, expires: 0, type: 1, priority: 0, nhid: 0 }
  return { nexthop: { family, gateway: address, flags: RTF.RTF_GATEWAY, ...parts, ...more }, weight: 1 }
}

describe('createRib', () => {
  it('finds the longest match and walks in the order of addresses, shorter prefix first', () => {
    const rib = createRib({ fibs: 1 })
    for (const dst of ['10.1.0.0/16', '0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/16', '192.0.2.1/32']) {
      rib.put(ctx, held, key(dst), [via('192.0.2.9')], { create: true })
    }
    const shown = [...rib.walk(0, AF_INET)].map(route => `${route.dst}/${route.prefixlen}`)
    expect(shown).toEqual(['0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/16', '10.1.0.0/16', '192.0.2.1/32'])
    expect(rib.match(0, IpAddress.parse('10.1.2.3'))?.prefixlen).toBe(16)
    expect(rib.match(0, IpAddress.parse('10.9.2.3'))?.prefixlen).toBe(8)
    expect(rib.match(0, IpAddress.parse('8.8.8.8'))?.prefixlen).toBe(0)
  })

  it('shows an entry once although others come and go during the walk', () => {
    const rib = createRib({ fibs: 1 })
    for (let i = 0; i < 10; i++) rib.put(ctx, held, key(`10.${i}.0.0/16`), [via('192.0.2.9')], { create: true })
    const seen: string[] = []
    for (const route of rib.walk(0, AF_INET)) {
      seen.push(String(route.dst))
      rib.delete(ctx, held, route)
      rib.put(ctx, held, key(`11.${seen.length}.0.0/16`), [via('192.0.2.9')], { create: true })
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `10.${i}.0.0`))
    expect([...rib.walk(0, AF_INET)]).toHaveLength(10)
  })

  it('joins paths to a group and takes them away again', () => {
    const rib = createRib({ fibs: 1 })
    const at = key('2001:db8::/32')
    rib.put(ctx, held, at, [via('2001:db8::1')], { create: true })
    rib.put(ctx, held, at, [via('2001:db8::2')], { append: true })
    const target = rib.get(at)?.target
    expect(target?.kind).toBe('group')
    expect(() => rib.put(ctx, held, at, [via('2001:db8::2')], { append: true })).toThrow('EEXIST')
    const gateway = IpAddress.parse('2001:db8::1')
    const change = rib.delete(ctx, held, at, { match: nexthop => nexthop.gateway?.equals(gateway) === true })
    expect(change.command).toBe('change')
    expect(rib.get(at)?.target).toMatchObject({ kind: 'nexthop', index: 2 })
    rib.delete(ctx, held, at)
    expect(rib.audit()).toEqual({ routes: 0, nexthops: 0, groups: 0 })
  })

  it('lets a pinned route take the place of another and refuses the opposite', () => {
    const rib = createRib({ fibs: 1 })
    const at = key('192.0.2.0/24')
    const pinned = via('192.0.2.1', { gateway: undefined, flags: RTF.RTF_PINNED })
    rib.put(ctx, held, at, [via('198.51.100.1')], { create: true })
    expect(rib.put(ctx, held, at, [pinned], { create: true }).command).toBe('change')
    expect(() => rib.put(ctx, held, at, [via('198.51.100.1')], { create: true, replace: true })).toThrow('EEXIST')
    expect(() => rib.delete(ctx, held, at)).toThrow('EADDRINUSE')
    expect(rib.delete(ctx, held, at, { pinned: true }).command).toBe('delete')
  })

  it('refuses a fib that is not there', () => {
    expect(() =>
      createRib({ fibs: 1 }).put(ctx, held, key('10.0.0.0/8', 1), [via('192.0.2.1')], { create: true }),
    ).toThrow('EINVAL: invalid fib')
  })

  it('keeps a hundred thousand routes', () => {
    const rib = createRib({ fibs: 1 })
    const path = [via('192.0.2.9')]
    for (let i = 0; i < 100_000; i++) {
      const dst = new IpAddress(4, 10 | (i << 8), 0, 0, 0)
      rib.put(ctx, held, { fib: 0, dst, prefixlen: 32 }, path, { create: true })
    }
    expect(rib.size(0, AF_INET)).toBe(100_000)
    expect([...rib.walk(0, AF_INET)]).toHaveLength(100_000)
    expect(rib.flush(ctx, held, () => true)).toBe(100_000)
    expect(rib.audit()).toEqual({ routes: 0, nexthops: 0, groups: 0 })
  })
})

describe('dealSlots', () => {
  it.each([
    [
      [1, 2],
      [1, 2],
    ],
    [
      [10, 15],
      [2, 3],
    ],
    [
      [3, 7],
      [19, 45],
    ],
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
  ])('deals %j as %j', (weights, counts) => {
    const slots = dealSlots(weights)
    expect(weights.map((_, path) => slots.filter(slot => slot === path).length)).toEqual(counts)
  })
})
