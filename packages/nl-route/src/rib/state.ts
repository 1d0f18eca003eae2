import { NetlinkError } from '@nltool/nl-core/errno'
import { AF_INET, AF_INET6 } from '../route/constants.ts'
import type { Nexthop, NexthopStore } from './nexthop.ts'
import { numberOf } from './nexthop.ts'
import type { RibRoute, RouteKey } from './types.ts'

/** A nexthop group as plain data. */
export interface SavedGroup {
  readonly index: number
  /** Indices of nexthops, with their weights. */
  readonly members: readonly { readonly nexthop: number; readonly weight: number }[]
}

/** A route as plain data. */
export interface SavedRoute extends RouteKey {
  /** Index of a nexthop, or of a group with a minus before it. */
  readonly target: number
  readonly weight: number
}

/** Routing tables as plain data: loaded, they give out the same nexthop indices next. */
export interface RibState {
  /** Ascending by index, as are groups. */
  readonly nexthops: readonly Nexthop[]
  readonly groups: readonly SavedGroup[]
  readonly routes: Iterable<SavedRoute>
}

/** Takes routing tables down; the routes are read as they are asked for. */
export function saveRib(nexthops: NexthopStore, routes: () => Iterable<RibRoute>): RibState {
  return {
    nexthops: nexthops.list(),
    groups: nexthops.listGroups().map(({ index, members }) => ({
      index,
      members: members.map(({ nexthop, weight }) => ({ nexthop: nexthop.index, weight })),
    })),
    routes: savedRoutes(routes()),
  }
}

function* savedRoutes(routes: Iterable<RibRoute>): Iterable<SavedRoute> {
  for (const { fib, dst, prefixlen, target, weight } of routes) {
    yield { fib, dst, prefixlen, target: numberOf(target), weight }
  }
}

/**
 * Fills a store that is empty and hands the routes to `insert`, each with a reference on its target. What no route uses
 * is kept as long as `hold` lets it. @throws NetlinkError EINVAL for data that does not fit together
 */
export function loadRib(
  nexthops: NexthopStore,
  state: RibState,
  insert: (route: RibRoute) => void,
  hold: () => void,
): void {
  const made = [
    ...state.nexthops.map(nexthop => nexthops.adopt(nexthop.index, nexthop)),
    ...state.groups.map(({ index, members }) => nexthops.adoptGroup(index, members)),
  ]
  for (const { fib, dst, prefixlen, target: number, weight } of state.routes) {
    const target = nexthops.find(number)
    if (target === undefined)
      throw new NetlinkError('EINVAL', `${dst}/${prefixlen} leads to nexthop ${number}, which is not there`)
    nexthops.acquire(target)
    insert({ fib, family: familyOf(dst.size), dst, prefixlen, target, weight })
  }
  hold()
  for (const target of made) nexthops.release(target)
}

const familyOf = (size: 4 | 16): number => (size === 4 ? AF_INET : AF_INET6)
