import type { IpAddress } from '@nltool/nl-core/model'
import { AF_INET } from '../route/constants.ts'
import { addressOf, bitsOf, keyWord } from './key.ts'
import type { NexthopOrGroup, NexthopStore } from './nexthop.ts'
import { numberOf } from './nexthop.ts'
import { createPrefixTable } from './prefix-table.ts'
import type { RibRoute, RouteKey } from './types.ts'

/** The routes of one fib and family over typed arrays; addresses in, route values out. References are the RIB's work. */
export interface RouteTable {
  readonly size: number
  /** The slot of a prefix, or −1. */
  find(dst: IpAddress, prefixlen: number): number
  /** The slot of the longest match, or −1. */
  match(address: IpAddress): number
  insert(key: RouteKey, target: NexthopOrGroup, weight: number): void
  update(slot: number, target: NexthopOrGroup, weight: number): void
  remove(slot: number): void
  target(slot: number): NexthopOrGroup
  route(slot: number): RibRoute
  walk(): Iterable<number>
  /** Counts changes; never 0. */
  generation: number
}

/** Makes an empty table. */
export function createRouteTable(fib: number, family: number, nexthops: NexthopStore): RouteTable {
  const prefixes = createPrefixTable(bitsOf(family))
  const weights = new Map<number, number>() // by slot, other than 1
  const size = family === AF_INET ? 4 : 16

  function weigh(slot: number, weight: number): void {
    if (weight === 1) weights.delete(slot)
    else weights.set(slot, weight)
  }

  function dst(slot: number): IpAddress {
    return addressOf(
      size,
      prefixes.word(slot, 0),
      prefixes.word(slot, 1),
      prefixes.word(slot, 2),
      prefixes.word(slot, 3),
    )
  }

  return {
    generation: 1,
    get size() {
      return prefixes.size
    },
    find: (address, prefixlen) =>
      prefixes.find(prefixlen, keyWord(address, 0), keyWord(address, 1), keyWord(address, 2), keyWord(address, 3)),
    match: address =>
      prefixes.match(keyWord(address, 0), keyWord(address, 1), keyWord(address, 2), keyWord(address, 3)),
    insert(key, target, weight) {
      const { dst: at, prefixlen } = key
      const number = numberOf(target)
      weigh(prefixes.insert(prefixlen, keyWord(at, 0), keyWord(at, 1), keyWord(at, 2), keyWord(at, 3), number), weight)
    },
    update(slot, target, weight) {
      prefixes.setValue(slot, numberOf(target))
      weigh(slot, weight)
    },
    remove(slot) {
      prefixes.remove(slot)
      weights.delete(slot)
    },
    target: slot => nexthops.byNumber(prefixes.value(slot)),
    route: slot => ({
      fib,
      family,
      dst: dst(slot),
      prefixlen: prefixes.plen(slot),
      target: nexthops.byNumber(prefixes.value(slot)),
      weight: weights.get(slot) ?? 1,
    }),
    walk: () => prefixes.walk(),
  }
}
