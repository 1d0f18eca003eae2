/**
 * The walking order of a prefix table: ascending by address, the shorter prefix first (FreeBSD radix.c). It is worked
 * out at the first walk and kept; later walks sort only what was added since and merge it in.
 */
export interface Order {
  added(slot: number): void
  removed(): void
  /** Slots in order. The array is not changed afterwards, so that a walk may go on with it for as long as it likes. */
  slots(used: number, live: (slot: number) => boolean): Int32Array
}

/** How the order reads the keys of a table. */
export interface OrderKeys {
  /** 32-bit words of a key. */
  readonly words: number
  readonly key: (slot: number, index: number) => number
  readonly plen: (slot: number) => number
}

/** Makes the order of one table. */
export function createOrder(keys: OrderKeys): Order {
  let sorted: Int32Array | undefined
  let fresh = new Set<number>()
  let stale = false // slots of `sorted` were freed, and perhaps used again: then they are in `fresh` too

  function merge(old: Int32Array, live: (slot: number) => boolean): Int32Array {
    const rest = old.filter(slot => live(slot) && !fresh.has(slot))
    const news = sortSlots(Int32Array.from(fresh).filter(live), keys)
    const merged = new Int32Array(rest.length + news.length)
    let from = 0
    let next = 0
    for (let at = 0; at < merged.length; at++) {
      const takeOld =
        next === news.length || (from < rest.length && compare(keys, rest[from] as number, news[next] as number) < 0)
      merged[at] = takeOld ? (rest[from++] as number) : (news[next++] as number)
    }
    return merged
  }

  return {
    added(slot) {
      if (sorted !== undefined) fresh.add(slot)
    },
    removed() {
      stale = true
    },
    slots(used, live) {
      if (sorted === undefined) {
        sorted = sortSlots(Int32Array.from({ length: used }, (_, slot) => slot).filter(live), keys)
      } else if (stale || fresh.size > 0) {
        sorted = merge(sorted, live)
      }
      fresh = new Set()
      stale = false
      return sorted
    },
  }
}

function compare({ words, key, plen }: OrderKeys, left: number, right: number): number {
  for (let index = 0; index < words; index++) {
    const difference = key(left, index) - key(right, index)
    if (difference !== 0) return difference
  }
  return plen(left) - plen(right)
}

const ORDINAL = 2 ** 21 // with a 32-bit word this fills the 53 bits of a number

/** Sorts by one word at a time: the native sort of numbers is many times as fast as one that calls a comparison. */
function sortSlots(slots: Int32Array, keys: OrderKeys): Int32Array {
  if (slots.length > ORDINAL) return slots.sort((left, right) => compare(keys, left, right))
  sortRun(slots, 0, slots.length, 0, keys)
  return slots
}

function sortRun(slots: Int32Array, start: number, end: number, index: number, keys: OrderKeys): void {
  if (end - start < 32) {
    slots.subarray(start, end).sort((left, right) => compare(keys, left, right))
    return
  }
  const wordOf = index < keys.words ? (slot: number) => keys.key(slot, index) : keys.plen
  const packed = new Float64Array(end - start)
  for (let at = 0; at < packed.length; at++) packed[at] = wordOf(slots[start + at] as number) * ORDINAL + at
  packed.sort()
  const before = slots.slice(start, end)
  for (let at = 0; at < packed.length; at++) slots[start + at] = before[(packed[at] as number) % ORDINAL] as number
  if (index < keys.words) sortEqualRuns(slots, start, end, index, keys)
}

function sortEqualRuns(slots: Int32Array, start: number, end: number, index: number, keys: OrderKeys): void {
  for (let from = start, to = start + 1; from < end; from = to, to = from + 1) {
    const word = keys.key(slots[from] as number, index)
    while (to < end && keys.key(slots[to] as number, index) === word) to++
    if (to - from > 1) sortRun(slots, from, to, index + 1, keys)
  }
}
