import { createLock, createTask, IpAddress, rootCred, vnet0 } from '@nltool/nl-core/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AF_INET, AF_INET6, RTF } from '../route/constants.ts'
import { createRib } from './rib.ts'
import type { PathRequest, Rib } from './types.ts'

const ctx = {
  task: createTask('test'),
  vnet: vnet0,
  cred: rootCred,
  scheduler: { schedule: () => {}, after: () => () => {} },
  clock: { now: () => 0, uptime: () => 0 },
}
const held = createLock('rtnl').tryAcquire(ctx)
if (held === undefined) throw new Error('the lock is new')
const rtnl = held

const path = (gateway: number, weight: number): PathRequest => ({
  nexthop: {
    family: AF_INET,
    gateway: IpAddress.parse(`192.0.2.${gateway}`),
    ifindex: 1,
    aifindex: 1,
    flags: RTF.RTF_GATEWAY,
    mtu: 0,
    origin: 0,
    expires: 0,
    type: 1,
    priority: 0,
    nhid: 0,
  },
  weight,
})

const operation = fc.record({
  remove: fc.boolean(),
  fib: fc.nat(1),
  dst: fc.nat(7).map(byte => IpAddress.parse(`10.${byte}.0.0`)),
  prefixlen: fc.constantFrom(8, 16, 24),
  paths: fc.uniqueArray(fc.record({ gateway: fc.nat(5), weight: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 3,
    selector: ({ gateway }) => gateway,
  }),
})

function apply(
  rib: Rib,
  { remove, fib, dst, prefixlen, paths }: typeof operation extends fc.Arbitrary<infer T> ? T : never,
): void {
  const key = { fib, dst, prefixlen }
  if (!remove) {
    const requested = paths.map(({ gateway, weight }) => path(gateway, weight))
    rib.put(ctx, rtnl, key, requested, { create: true, replace: true })
  } else if (rib.get(key) !== undefined) {
    rib.delete(ctx, rtnl, key)
  }
}

const dumped = (rib: Rib) => [0, 1].flatMap(fib => [AF_INET, AF_INET6].flatMap(family => [...rib.walk(fib, family)]))

const plain = (rib: Rib) => {
  const { nexthops, groups, routes } = rib.save()
  return { nexthops, groups, routes: [...routes] }
}

describe('routing tables as plain data', () => {
  it('are the same after they were loaded, and go on the same way', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), fc.array(operation, { maxLength: 10 }), (before, after) => {
        const rib = createRib({ fibs: 2 })
        for (const each of before) apply(rib, each)
        const copy = createRib({ fibs: 2 })
        copy.load(rib.save())
        expect(plain(copy)).toEqual(plain(rib))
        expect(copy.audit()).toEqual(rib.audit())
        for (const each of after) {
          apply(rib, each)
          apply(copy, each)
        }
        expect(dumped(copy)).toEqual(dumped(rib))
        expect(plain(copy)).toEqual(plain(rib))
      }),
      { numRuns: 100 },
    )
  })

  it('tell nobody when they are loaded', () => {
    const rib = createRib({ fibs: 1 })
    rib.put(ctx, rtnl, { fib: 0, dst: IpAddress.parse('10.0.0.0'), prefixlen: 8 }, [path(1, 1)], { create: true })
    const copy = createRib({ fibs: 1 })
    copy.subscribe('immediate', () => expect.unreachable())
    copy.subscribe('delayed', () => expect.unreachable())
    copy.load(rib.save())
    expect(copy.size(0, AF_INET)).toBe(1)
  })

  it.each([
    [
      'a nexthop that is not there',
      { nexthops: [], groups: [], routes: [{ target: 1 }] },
      'leads to nexthop 1, which is not there',
    ],
    [
      'a group that is not there',
      { nexthops: [], groups: [], routes: [{ target: -1 }] },
      'leads to nexthop -1, which is not there',
    ],
    [
      'a group of nexthops that are not there',
      { nexthops: [], groups: [{ index: 1, members: [{ nexthop: 7, weight: 1 }] }], routes: [] },
      'there is no nexthop 7',
    ],
    ['a nexthop twice', { nexthops: [1, 1], groups: [], routes: [] }, 'nexthop 1 is there twice'],
    ['an absurd index', { nexthops: [1e9], groups: [], routes: [] }, 'nexthop index 1000000000'],
    [
      'a route twice',
      { nexthops: [1], groups: [], routes: [{ target: 1 }, { target: 1 }] },
      '10.0.0.0/8 is there twice',
    ],
    ['a fib that is not there', { nexthops: [1], groups: [], routes: [{ target: 1, fib: 3 }] }, 'invalid fib'],
  ])('are refused with %s', (_what, state, message) => {
    const rib = createRib({ fibs: 1 })
    const key = { fib: 0, dst: IpAddress.parse('10.0.0.0'), prefixlen: 8, weight: 1 }
    const load = () =>
      rib.load({
        nexthops: state.nexthops.map(index => ({ ...path(1, 1).nexthop, kind: 'nexthop' as const, index })),
        groups: state.groups,
        routes: state.routes.map(route => ({ ...key, ...route })),
      })
    expect(load).toThrow(expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(message) }))
  })
})
