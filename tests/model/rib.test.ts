import { NetlinkError } from '@nltool/nl-core/errno'
import { createLock, createTask, IpAddress, rootCred, vnet0 } from '@nltool/nl-core/model'
import { AF_INET, AF_INET6, RTF, RTN } from '@nltool/nl-route'
import {
  createRib,
  type PathRequest,
  type PutMode,
  pathsOf,
  type Rib,
  type RibChange,
  type RouteKey,
} from '@nltool/nl-route/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const ctx = {
  task: createTask('model'),
  vnet: vnet0,
  cred: rootCred,
  scheduler: { schedule: () => {}, after: () => () => {} },
  clock: { now: () => 0, uptime: () => 0 },
}
const held = createLock('rtnl').tryAcquire(ctx)
if (held === undefined) throw new Error('a new lock is free')
const rtnl = held

/** A route of the model: its paths as text, and whether it is pinned. */
interface ModelRoute {
  readonly paths: ReadonlyMap<string, number> // gateway and interface → weight
  readonly pinned: boolean
}

type Model = Map<string, ModelRoute>

interface Path {
  readonly gateway: string | undefined
  readonly ifindex: number
  readonly weight: number
}

type Step =
  | { readonly kind: 'put'; readonly key: Key; readonly path: Path; readonly pinned: boolean; readonly mode: PutMode }
  | { readonly kind: 'delete'; readonly key: Key; readonly path: Path | undefined; readonly pinned: boolean }
  | { readonly kind: 'flush'; readonly ifindex: number }

interface Key {
  readonly fib: number
  readonly address: string
  readonly plen: number
}

const v4 = ['10.0.0.0', '10.0.0.1', '10.1.0.0', '192.0.2.128', '0.0.0.0']
const v6 = ['2001:db8::', '2001:db8:0:1::', 'fe80::1', '::']

const keys: fc.Arbitrary<Key> = fc.oneof(
  fc.record({ fib: fc.nat(2), address: fc.constantFrom(...v4), plen: fc.constantFrom(0, 8, 16, 24, 25, 31, 32) }),
  fc.record({ fib: fc.nat(2), address: fc.constantFrom(...v6), plen: fc.constantFrom(0, 32, 48, 64, 127, 128) }),
)

const paths: fc.Arbitrary<Path> = fc.record({
  gateway: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', undefined),
  ifindex: fc.integer({ min: 1, max: 3 }),
  weight: fc.integer({ min: 1, max: 4 }),
})

const modes: fc.Arbitrary<PutMode> = fc.record({
  create: fc.boolean(),
  exclusive: fc.boolean(),
  replace: fc.boolean(),
  append: fc.boolean(),
})

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key: keys,
      path: paths,
      pinned: fc.boolean(),
      mode: modes,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      key: keys,
      path: fc.option(paths, { nil: undefined }),
      pinned: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const), ifindex: fc.integer({ min: 1, max: 3 }) }) },
)

function routeKey({ fib, address, plen }: Key): RouteKey {
  return { fib, dst: IpAddress.parse(address), prefixlen: plen }
}

function textOf({ fib, dst, prefixlen }: RouteKey): string {
  return `${fib} ${dst.mask(prefixlen)}/${prefixlen}`
}

function pathText(gateway: unknown, ifindex: number): string {
  return `${gateway ?? 'link'} ${ifindex}`
}

function request(key: RouteKey, { gateway, ifindex, weight }: Path, pinned: boolean): PathRequest {
  return {
    weight,
    nexthop: {
      family: key.dst.size === 4 ? AF_INET : AF_INET6,
      gateway: gateway === undefined ? undefined : IpAddress.parse(gateway),
      ifindex,
      aifindex: ifindex,
      flags: (gateway === undefined ? 0 : RTF.RTF_GATEWAY) | (pinned ? RTF.RTF_PINNED : 0),
      mtu: 0,
      origin: 0,
      expires: 0,
      type: RTN.RTN_UNICAST,
      priority: 0,
      nhid: 0,
    },
  }
}

/** What the rules of put say, on plain maps. Returns the errno, or undefined. */
function modelPut(model: Model, key: RouteKey, path: Path, pinned: boolean, mode: PutMode): string | undefined {
  const at = textOf(key)
  const present = model.get(at)
  const alone: ModelRoute = { paths: new Map([[pathText(path.gateway, path.ifindex), path.weight]]), pinned }
  if (present === undefined) {
    if (mode.create !== true) return 'ESRCH'
    model.set(at, alone)
    return undefined
  }
  if (mode.exclusive === true) return 'EEXIST'
  if (mode.replace === true || (mode.append !== true && pinned && !present.pinned)) {
    if (present.pinned && !pinned) return 'EEXIST'
    model.set(at, alone)
    return undefined
  }
  if (mode.append !== true) return 'EEXIST'
  const joinable = (route: ModelRoute): boolean =>
    !route.pinned && [...route.paths.keys()].every(text => !text.startsWith('link'))
  const [[text, weight]] = [...alone.paths] as [[string, number]]
  if (!joinable(present) || !joinable(alone) || present.paths.has(text)) return 'EEXIST'
  model.set(at, { pinned: false, paths: new Map([...present.paths, [text, weight]]) })
  return undefined
}

function modelDelete(model: Model, key: RouteKey, path: Path | undefined, pinned: boolean): string | undefined {
  const at = textOf(key)
  const present = model.get(at)
  if (present === undefined) return 'ESRCH'
  const gone = path === undefined ? [...present.paths.keys()] : [pathText(path.gateway, path.ifindex)]
  if (!gone.some(text => present.paths.has(text))) return 'ESRCH'
  if (present.pinned && !pinned) return 'EADDRINUSE'
  without(model, at, present, text => gone.includes(text))
  return undefined
}

function without(model: Model, at: string, { paths: all, pinned }: ModelRoute, gone: (text: string) => boolean): void {
  const rest = new Map([...all].filter(([text]) => !gone(text)))
  if (rest.size === 0) model.delete(at)
  else model.set(at, { paths: rest, pinned })
}

function modelFlush(model: Model, ifindex: number): void {
  for (const [at, route] of [...model]) without(model, at, route, text => text.endsWith(` ${ifindex}`))
}

function attempt(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof NetlinkError) return error.code
    throw error
  }
}

function apply(rib: Rib, model: Model, step: Step): [real: string | undefined, expected: string | undefined] {
  if (step.kind === 'flush') {
    rib.flush(ctx, rtnl, ({ ifindex }) => ifindex === step.ifindex)
    modelFlush(model, step.ifindex)
    return [undefined, undefined]
  }
  const key = routeKey(step.key)
  if (step.kind === 'put') {
    const { path, pinned, mode } = step
    const real = attempt(() => rib.put(ctx, rtnl, key, [request(key, path, pinned)], mode))
    return [real, modelPut(model, key, path, pinned, mode)]
  }
  const { path, pinned } = step
  const match =
    path === undefined
      ? undefined
      : ({ gateway, ifindex }: { gateway?: IpAddress | undefined; ifindex: number }) =>
          pathText(gateway, ifindex) === pathText(path.gateway, path.ifindex)
  const real = attempt(() => rib.delete(ctx, rtnl, key, { match, pinned }))
  return [real, modelDelete(model, key, path, pinned)]
}

function contents(rib: Rib): Map<string, Record<string, number>> {
  const all = new Map<string, Record<string, number>>()
  for (let fib = 0; fib < rib.fibs; fib++) {
    for (const family of [AF_INET, AF_INET6]) {
      for (const route of rib.walk(fib, family)) all.set(textOf(route), pathsIn(route))
    }
  }
  return all
}

function pathsIn({ target, weight }: NonNullable<RibChange['after']>): Record<string, number> {
  return Object.fromEntries(
    pathsOf(target, weight).map(member => [pathText(member.nexthop.gateway, member.nexthop.ifindex), member.weight]),
  )
}

function expected(model: Model): Map<string, Record<string, number>> {
  return new Map([...model].map(([at, route]) => [at, Object.fromEntries(route.paths)]))
}

function totalGeneration(rib: Rib): number {
  let total = 0
  for (let fib = 0; fib < rib.fibs; fib++) total += rib.generation(fib, AF_INET) + rib.generation(fib, AF_INET6)
  return total
}

const runs = { numRuns: 300 }

describe('RIB against plain maps', () => {
  it('P-16: holds what a map of prefixes to paths holds; generations grow with changes only', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), all => {
        const rib = createRib({ fibs: 3 })
        const model: Model = new Map()
        for (const step of all) {
          const before = totalGeneration(rib)
          const [real, wanted] = apply(rib, model, step)
          expect(real).toBe(wanted)
          if (real !== undefined) expect(totalGeneration(rib)).toBe(before)
          else if (step.kind !== 'flush') expect(totalGeneration(rib)).toBe(before + 1)
        }
        expect(contents(rib)).toEqual(expected(model))
      }),
      runs,
    )
  })

  it('P-17: its announcements, replayed into an empty map, give it back', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), all => {
        const rib = createRib({ fibs: 3 })
        const replayed = { immediate: new Map(), delayed: new Map() }
        const serials = { immediate: 0, delayed: 0 }
        for (const when of ['immediate', 'delayed'] as const) {
          rib.subscribe(when, (_ctx, change) => {
            expect(change.serial).toBe(++serials[when])
            if (change.after === undefined) replayed[when].delete(textOf(change))
            else replayed[when].set(textOf(change), pathsIn(change.after))
          })
        }
        for (const step of all) {
          apply(rib, new Map(), step)
          expect(replayed.immediate).toEqual(contents(rib))
          expect(replayed.delayed).toEqual(contents(rib))
        }
      }),
      runs,
    )
  })

  it('tells a late subscriber what is there, then what changes', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 30 }), fc.array(steps, { maxLength: 30 }), (before, after) => {
        const rib = createRib({ fibs: 3 })
        for (const step of before) apply(rib, new Map(), step)
        const copy = new Map<string, Record<string, number>>()
        rib.subscribe(
          'immediate',
          (_ctx, change) => {
            if (change.after === undefined) copy.delete(textOf(change))
            else copy.set(textOf(change), pathsIn(change.after))
          },
          ctx,
        )
        expect(copy).toEqual(contents(rib))
        for (const step of after) apply(rib, new Map(), step)
        expect(copy).toEqual(contents(rib))
      }),
      runs,
    )
  })

  it('P-18: after the last route no nexthop and no group is left', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), all => {
        const rib = createRib({ fibs: 3 })
        for (const step of all) apply(rib, new Map(), step)
        rib.flush(ctx, rtnl, () => true)
        expect(rib.audit()).toEqual({ routes: 0, nexthops: 0, groups: 0 })
      }),
      runs,
    )
  })

  it('finds the longest prefix that a scan finds', () => {
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 30 }), fc.constantFrom(...v4, ...v6), (all, text) => {
        const rib = createRib({ fibs: 1 })
        const address = IpAddress.parse(text)
        const prefixes = all.map(key => routeKey({ ...key, fib: 0 }))
        for (const key of prefixes) {
          rib.put(ctx, rtnl, key, [request(key, { gateway: undefined, ifindex: 1, weight: 1 }, false)], {
            create: true,
            replace: true,
          })
        }
        const covering = prefixes.filter(({ dst, prefixlen }) => dst.covers(address, prefixlen))
        const longest = covering.length === 0 ? undefined : Math.max(...covering.map(({ prefixlen }) => prefixlen))
        expect(rib.match(0, address)?.prefixlen).toBe(longest)
      }),
      runs,
    )
  })
})
