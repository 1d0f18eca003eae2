import { createOrder } from './order.ts'

/**
 * A set of prefixes of one family in typed arrays: a slot per prefix, an open-addressing hash per prefix length. Keys
 * travel as four 32-bit words in network order (an IPv4 address is the first, the rest are 0), so that nothing is
 * allocated on the way. Host bits must be clear.
 */
export interface PrefixTable {
  readonly size: number
  /** The slot of a prefix, or −1. */
  find(plen: number, a: number, b: number, c: number, d: number): number
  /** The slot of the longest prefix that holds an address, or −1. */
  match(a: number, b: number, c: number, d: number): number
  /** Adds a prefix that is absent; the value must not be 0. */
  insert(plen: number, a: number, b: number, c: number, d: number, value: number): number
  remove(slot: number): void
  value(slot: number): number
  setValue(slot: number, value: number): void
  plen(slot: number): number
  /** Word 0 … 3 of a slot's key. */
  word(slot: number, index: number): number
  /** Slots in the order of address, the shorter prefix first; what comes or goes meanwhile is left out, nothing twice. */
  walk(): Iterable<number>
}

const FREE = 255 // as a prefix length: the slot is unused

/** Makes an empty table. `bits` is 32 for IPv4 and 128 for IPv6. */
export function createPrefixTable(bits: 32 | 128): PrefixTable {
  const words = bits / 32
  let capacity = 16
  let keys = new Uint32Array(capacity * words)
  let plens = new Uint8Array(capacity)
  let values = new Int32Array(capacity)
  let born = new Uint32Array(capacity) // serial of the insertion, tells reused slots apart
  let used = 0 // slots ever used; those below it may be free again
  let size = 0
  let serial = 0
  const free: number[] = []
  const hashes: (Int32Array | undefined)[] = [] // by prefix length: slot + 1, 0 for empty
  const counts = new Uint32Array(bits + 1)
  let lengths: number[] = [] // in use, longest first

  const key = (slot: number, index: number): number => (index < words ? (keys[slot * words + index] as number) : 0)
  const order = createOrder({ words, key, plen: slot => plens[slot] as number })

  function grow(): void {
    capacity *= 2
    keys = copied(new Uint32Array(capacity * words), keys)
    plens = copied(new Uint8Array(capacity), plens)
    values = copied(new Int32Array(capacity), values)
    born = copied(new Uint32Array(capacity), born)
  }

  function equals(slot: number, a: number, b: number, c: number, d: number): boolean {
    const at = slot * words
    if (keys[at] !== a) return false
    return words === 1 || (keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d)
  }

  function hashOf(slot: number): number {
    return mix(key(slot, 0), key(slot, 1), key(slot, 2), key(slot, 3))
  }

  function find(plen: number, a: number, b: number, c: number, d: number): number {
    const hash = hashes[plen]
    if (hash === undefined) return -1
    const mask = hash.length - 1
    for (let at = mix(a, b, c, d) & mask; ; at = (at + 1) & mask) {
      const slot = (hash[at] as number) - 1
      if (slot === -1 || equals(slot, a, b, c, d)) return slot
    }
  }

  function link(hash: Int32Array, slot: number): void {
    const mask = hash.length - 1
    let at = hashOf(slot) & mask
    while (hash[at] !== 0) at = (at + 1) & mask
    hash[at] = slot + 1
  }

  /** The hash of a length with room for one more. */
  function room(plen: number): Int32Array {
    const old = hashes[plen]
    if (old !== undefined && (counts[plen] as number) * 4 < old.length * 3) return old
    const hash = new Int32Array(old === undefined ? 8 : old.length * 2)
    for (const entry of old ?? []) if (entry !== 0) link(hash, entry - 1)
    hashes[plen] = hash
    return hash
  }

  /** Closes the gap by moving back what probing would no longer reach, so that no tombstone is needed. */
  function unlink(slot: number): void {
    const hash = hashes[plens[slot] as number] as Int32Array
    const mask = hash.length - 1
    let gap = hashOf(slot) & mask
    while (hash[gap] !== slot + 1) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; hash[at] !== 0; at = (at + 1) & mask) {
      const home = hashOf((hash[at] as number) - 1) & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      hash[gap] = hash[at] as number
      gap = at
    }
    hash[gap] = 0
  }

  function count(plen: number, step: 1 | -1): void {
    counts[plen] = (counts[plen] as number) + step
    if (counts[plen] !== (step === 1 ? 1 : 0)) return
    lengths = []
    for (let length = bits; length >= 0; length--) if (counts[length] !== 0) lengths.push(length)
  }

  return {
    get size() {
      return size
    },
    find,
    match(a, b, c, d) {
      for (const plen of lengths) {
        const slot =
          words === 1
            ? find(plen, masked(a, plen), 0, 0, 0)
            : find(plen, masked(a, plen), masked(b, plen - 32), masked(c, plen - 64), masked(d, plen - 96))
        if (slot !== -1) return slot
      }
      return -1
    },
    insert(plen, a, b, c, d, value) {
      const slot = free.pop() ?? used++
      if (slot === capacity) grow()
      const at = slot * words
      keys[at] = a
      if (words !== 1) {
        keys[at + 1] = b
        keys[at + 2] = c
        keys[at + 3] = d
      }
      plens[slot] = plen
      values[slot] = value
      born[slot] = ++serial
      link(room(plen), slot)
      count(plen, 1)
      size++
      order.added(slot)
      return slot
    },
    remove(slot) {
      unlink(slot)
      count(plens[slot] as number, -1)
      plens[slot] = FREE
      values[slot] = 0
      free.push(slot)
      size--
      order.removed()
    },
    value: slot => values[slot] as number,
    setValue(slot, value) {
      values[slot] = value
    },
    plen: slot => plens[slot] as number,
    word: key,
    *walk() {
      const stamp = serial
      const slots = order.slots(used, slot => plens[slot] !== FREE)
      for (const slot of slots) if (plens[slot] !== FREE && (born[slot] as number) <= stamp) yield slot
    },
  }
}

/** The first `plen` bits of a word; all of it from 32 on, none below 1. */
export function masked(word: number, plen: number): number {
  if (plen >= 32) return word
  return plen <= 0 ? 0 : (word & (-1 << (32 - plen))) >>> 0
}

function mix(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(d, 0xc2b2ae3d), 0x9e3779b1)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

function copied<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from)
  return to
}
