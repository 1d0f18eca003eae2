/**
 * A set of small numbers that finds its lowest gap and its next member quickly: a bit each in 32-bit words, so that
 * even the longest search of 65,536 numbers looks at 2,048 words.
 */
export interface IdSet {
  readonly size: number
  has(id: number): boolean
  /** False if it was there already. */
  add(id: number): boolean
  /** False if it was not there. */
  delete(id: number): boolean
  /** The lowest number from `from` on that is not in the set, or `undefined` if all up to the limit are. */
  lowestFree(from: number): number | undefined
  /** The lowest member greater than `id`, or `undefined`. */
  next(id: number): number | undefined
  /** The highest member, or `undefined`. */
  highest(): number | undefined
}

const bit = (id: number): number => 1 << (id & 31)
const lowestBit = (word: number): number => 31 - Math.clz32(word & -word)

/** Makes an empty set for the numbers 0 to `limit`. */
export function createIdSet(limit: number): IdSet {
  let words = new Int32Array(2)
  let size = 0
  let full = 0 // no word before this one has a gap

  function grow(id: number): void {
    if (id >> 5 < words.length) return
    const wider = new Int32Array(Math.max(words.length * 2, (id >> 5) + 1))
    wider.set(words)
    words = wider
  }

  const word = (at: number): number => words[at] ?? 0

  return {
    get size() {
      return size
    },
    has: id => (word(id >> 5) & bit(id)) !== 0,
    add(id) {
      grow(id)
      if ((word(id >> 5) & bit(id)) !== 0) return false
      words[id >> 5] = word(id >> 5) | bit(id)
      size += 1
      return true
    },
    delete(id) {
      if ((word(id >> 5) & bit(id)) === 0) return false
      words[id >> 5] = word(id >> 5) & ~bit(id)
      size -= 1
      if (id >> 5 < full) full = id >> 5
      return true
    },
    lowestFree(from) {
      while (word(full) === -1) full += 1
      // Bits below `from` count as taken in its word.
      let at = Math.max(from >> 5, full)
      let free = at === from >> 5 ? ~word(at) & (-1 << (from & 31)) : ~word(at)
      while (free === 0) {
        at += 1
        free = ~word(at)
      }
      const id = at * 32 + lowestBit(free)
      return id > limit ? undefined : id
    },
    next(id) {
      let at = (id + 1) >> 5
      let members = word(at) & (-1 << ((id + 1) & 31))
      while (members === 0) {
        at += 1
        if (at >= words.length) return undefined
        members = word(at)
      }
      return at * 32 + lowestBit(members)
    },
    highest() {
      for (let at = words.length - 1; at >= 0; at--) {
        if (word(at) !== 0) return at * 32 + 31 - Math.clz32(word(at))
      }
      return undefined
    },
  }
}
