import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx } from '@nltool/nl-core/model'
import { AF_INET, AF_INET6, RTF } from '../route/constants.ts'
import { createNexthopStore, type Nexthop, type NexthopOrGroup, pathsOf, type WeightedNexthop } from './nexthop.ts'
import { MAX_SLOTS } from './slots.ts'
import { loadRib, saveRib } from './state.ts'
import { createRouteTable, type RouteTable } from './table.ts'
import type { Cause, PathRequest, PutMode, Rib, RibChange, RibListener, RibRoute, RouteKey } from './types.ts'

/** Where a route leads before it is stored: holds a reference on the target. */
interface Target {
  readonly target: NexthopOrGroup
  readonly weight: number
}

/** Makes the routing tables of a network stack. `fibs` is net.fibs, 1 or more. */
export function createRib({ fibs }: { readonly fibs: number }): Rib {
  const nexthops = createNexthopStore()
  const tables = new Map<number, RouteTable>() // see placeOf
  const listeners = { immediate: new Set<RibListener>(), delayed: new Set<RibListener>() }
  const queue: { readonly ctx: Ctx; readonly change: RibChange }[] = [] // for delayed listeners
  let serial = 0
  let draining = false

  function present(fib: number, family: number): RouteTable | undefined {
    return tables.get(placeOf(fib, family))
  }

  function tableOf(fib: number, family: number): RouteTable {
    if (fib < 0 || fib >= fibs) throw new NetlinkError('EINVAL', 'invalid fib')
    const found = present(fib, family)
    if (found !== undefined) return found
    const table = createRouteTable(fib, family, nexthops)
    tables.set(placeOf(fib, family), table)
    return table
  }

  function build(members: readonly WeightedNexthop[]): Target {
    const [only] = members
    if (members.length === 1 && only !== undefined) {
      nexthops.acquire(only.nexthop)
      return { target: only.nexthop, weight: only.weight }
    }
    if (members.length > MAX_SLOTS) throw new NetlinkError('ENOMEM', `a route has at most ${MAX_SLOTS} paths`)
    return { target: nexthops.internGroup(members), weight: 1 }
  }

  /** Interns the paths of a request for the time of `use`; what it builds of them keeps its own references. */
  function withMembers<T>(paths: readonly PathRequest[], use: (members: readonly WeightedNexthop[]) => T): T {
    const members = paths.map(({ nexthop, weight }) => ({ nexthop: nexthops.intern(nexthop), weight }))
    try {
      return use(members)
    } finally {
      for (const { nexthop } of members) nexthops.release(nexthop)
    }
  }

  /** Every change of a table passes here: generation, serial, listeners. Fields one by one: spreading costs microseconds. */
  function accept(
    ctx: Ctx,
    table: RouteTable,
    before: RibRoute | undefined,
    after: RibRoute | undefined,
    cause: Cause,
  ): RibChange {
    countChange(table)
    const { fib, family, dst, prefixlen } = (after ?? before) as RibRoute
    const command = before === undefined ? 'add' : after === undefined ? 'delete' : 'change'
    const change: RibChange = { serial: ++serial, command, fib, family, dst, prefixlen, before, after, cause }
    for (const listener of listeners.immediate) listener(ctx, change)
    if (listeners.delayed.size > 0) queue.push({ ctx, change })
    return change
  }

  function settle(change: RibChange): void {
    if (change.before !== undefined) nexthops.release(change.before.target)
  }

  function drain(): void {
    if (draining) return // a listener's own change: the outer call goes on with it
    draining = true
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        for (const listener of listeners.delayed) listener(next.ctx, next.change)
      }
    } finally {
      draining = false
    }
  }

  function swap(ctx: Ctx, table: RouteTable, slot: number, made: Target, cause: Cause): RibChange {
    const before = table.route(slot)
    table.update(slot, made.target, made.weight)
    const after = table.route(slot)
    return accept(ctx, table, before, after, cause)
  }

  function removeSlot(ctx: Ctx, table: RouteTable, slot: number, cause: Cause): RibChange {
    const before = table.route(slot)
    table.remove(slot)
    return accept(ctx, table, before, undefined, cause)
  }

  function insert(ctx: Ctx, table: RouteTable, key: RouteKey, paths: readonly PathRequest[], cause: Cause): RibChange {
    const made = withMembers(paths, build)
    table.insert(key, made.target, made.weight)
    const { fib, dst, prefixlen } = key
    const after: RibRoute = { fib, family: familyOf(key), dst, prefixlen, target: made.target, weight: made.weight }
    return accept(ctx, table, undefined, after, cause)
  }

  /** Paths of a present route with those of a request; EEXIST if one is there. */
  function joined(route: RibRoute, news: readonly WeightedNexthop[]): readonly WeightedNexthop[] {
    const olds = pathsOf(route.target, route.weight)
    const members = [...olds, ...news]
    if (!members.every(({ nexthop }) => multipathCapable(nexthop))) throw new NetlinkError('EEXIST')
    if (new Set(members.map(({ nexthop }) => nexthop)).size < members.length) throw new NetlinkError('EEXIST')
    return members
  }

  function overPresent(
    ctx: Ctx,
    table: RouteTable,
    slot: number,
    paths: readonly PathRequest[],
    mode: PutMode,
    cause: Cause,
  ): RibChange {
    if (mode.exclusive === true) throw new NetlinkError('EEXIST')
    const oldPinned = isPinned(table.target(slot))
    const newPinned = paths.some(({ nexthop }) => (nexthop.flags & RTF.RTF_PINNED) !== 0)
    if (mode.replace === true) {
      if (oldPinned && !newPinned) throw new NetlinkError('EEXIST')
      return swap(ctx, table, slot, withMembers(paths, build), cause)
    }
    if (mode.append === true) {
      return swap(
        ctx,
        table,
        slot,
        withMembers(paths, news => build(joined(table.route(slot), news))),
        cause,
      )
    }
    if (!newPinned || oldPinned) throw new NetlinkError('EEXIST')
    return swap(ctx, table, slot, withMembers(paths, build), cause)
  }

  /** Takes the paths that match away; `undefined` if none does. */
  function cut(
    ctx: Ctx,
    table: RouteTable,
    slot: number,
    match: (nexthop: Nexthop) => boolean,
    cause: Cause,
  ): RibChange | undefined {
    const route = table.route(slot)
    const paths = pathsOf(route.target, route.weight)
    const rest = paths.filter(({ nexthop }) => !match(nexthop))
    if (rest.length === paths.length) return undefined
    return rest.length === 0 ? removeSlot(ctx, table, slot, cause) : swap(ctx, table, slot, build(rest), cause)
  }

  function* allRoutes(): Iterable<RibRoute> {
    for (const table of inOrder(tables)) for (const slot of table.walk()) yield table.route(slot)
  }

  function insertLoaded(route: RibRoute): void {
    const key = maskedKey(route)
    const table = tableOf(key.fib, route.family)
    if (table.find(key.dst, key.prefixlen) !== -1)
      throw new NetlinkError('EINVAL', `${key.dst}/${key.prefixlen} is there twice`)
    table.insert(key, route.target, route.weight)
    countChange(table)
  }

  return {
    fibs,
    nexthops,
    put(ctx, _rtnl, unmasked, paths, mode, cause = 'request') {
      const key = maskedKey(unmasked)
      const table = tableOf(key.fib, familyOf(key))
      const slot = table.find(key.dst, key.prefixlen)
      if (slot === -1 && mode.create !== true) throw new NetlinkError('ESRCH')
      const change =
        slot === -1 ? insert(ctx, table, key, paths, cause) : overPresent(ctx, table, slot, paths, mode, cause)
      drain()
      settle(change)
      return change
    },
    delete(ctx, _rtnl, unmasked, { match = () => true, pinned = false, cause = 'request' } = {}) {
      const key = maskedKey(unmasked)
      const table = tableOf(key.fib, familyOf(key))
      const slot = table.find(key.dst, key.prefixlen)
      if (slot === -1) throw new NetlinkError('ESRCH')
      const { target } = table.route(slot)
      if (!pathsOf(target, 1).some(({ nexthop }) => match(nexthop))) throw new NetlinkError('ESRCH')
      if (!pinned && isPinned(target)) throw new NetlinkError('EADDRINUSE')
      const change = cut(ctx, table, slot, match, cause)
      if (change === undefined) throw new NetlinkError('ESRCH')
      drain()
      settle(change)
      return change
    },
    flush(ctx, _rtnl, match, cause = 'kernel') {
      // Routes share few nexthops: asking those saves the walk when nobody leads there, which is nearly always.
      const doomed = new Set(nexthops.list().filter(match))
      if (doomed.size === 0) return 0
      const changes: RibChange[] = []
      for (const table of inOrder(tables)) {
        for (const slot of table.walk()) {
          if (!leadsTo(table.target(slot), doomed)) continue
          const change = cut(ctx, table, slot, nexthop => doomed.has(nexthop), cause)
          if (change !== undefined) changes.push(change)
        }
      }
      drain()
      changes.forEach(settle)
      return changes.length
    },
    match(fib, address) {
      const table = present(fib, address.size === 4 ? AF_INET : AF_INET6)
      const slot = table?.match(address) ?? -1
      return slot === -1 ? undefined : table?.route(slot)
    },
    get(unmasked) {
      const key = maskedKey(unmasked)
      const table = present(key.fib, familyOf(key))
      const slot = table?.find(key.dst, key.prefixlen) ?? -1
      return slot === -1 ? undefined : table?.route(slot)
    },
    *walk(fib, family) {
      const table = present(fib, family)
      if (table !== undefined) for (const slot of table.walk()) yield table.route(slot)
    },
    size: (fib, family) => present(fib, family)?.size ?? 0,
    generation: (fib, family) => present(fib, family)?.generation ?? 1,
    nextExpiry: () => nexthops.nextExpiry(),
    subscribe(when, listener, replay) {
      if (replay !== undefined) for (const route of allRoutes()) listener(replay, presentAs(route, serial))
      listeners[when].add(listener)
      return () => void listeners[when].delete(listener)
    },
    save: () => saveRib(nexthops, allRoutes),
    load(state, hold = () => {}) {
      loadRib(nexthops, state, insertLoaded, hold)
    },
    audit() {
      let routes = 0
      for (const table of tables.values()) routes += table.size
      return { routes, nexthops: nexthops.nexthopCount, groups: nexthops.groupCount }
    },
  }
}

/** Whether an interface address made the route: only PINNED requests touch it. */
export function isPinned(target: NexthopOrGroup): boolean {
  return target.kind === 'nexthop' && (target.flags & RTF.RTF_PINNED) !== 0
}

/** A route that is there, as the change that made it. */
function presentAs(after: RibRoute, serial: number): RibChange {
  const { fib, family, dst, prefixlen } = after
  return { serial, command: 'add', fib, family, dst, prefixlen, before: undefined, after, cause: 'kernel' }
}

function leadsTo(target: NexthopOrGroup, nexthops: ReadonlySet<Nexthop>): boolean {
  return target.kind === 'nexthop' ? nexthops.has(target) : target.members.some(({ nexthop }) => nexthops.has(nexthop))
}

/** A path may share a route with others if it has a gateway (FreeBSD nhop_can_multipath). */
function multipathCapable(nexthop: Nexthop): boolean {
  return (
    (nexthop.flags & RTF.RTF_GATEWAY) !== 0 &&
    (nexthop.flags & (RTF.RTF_PINNED | RTF.RTF_REJECT | RTF.RTF_BLACKHOLE)) === 0
  )
}

function familyOf(key: RouteKey): number {
  return key.dst.size === 4 ? AF_INET : AF_INET6
}

function maskedKey({ fib, dst, prefixlen }: RouteKey): RouteKey {
  return { fib, dst: dst.mask(prefixlen), prefixlen }
}

/** Where a table stands in `tables`, and in the order of a walk: by fib, IPv4 before IPv6. */
function placeOf(fib: number, family: number): number {
  return 2 * fib + (family === AF_INET ? 0 : 1)
}

function countChange(table: RouteTable): void {
  table.generation = (table.generation + 1) >>> 0 || 1
}

function inOrder(tables: ReadonlyMap<number, RouteTable>): RouteTable[] {
  return [...tables].toSorted(([left], [right]) => left - right).map(([, table]) => table)
}
