import type { Random } from '@nltool/nl-core/model'

/**
 * Numbers that follow from a seed: the same on every engine and machine. SplitMix32, one 32-bit word of state; every
 * number of 32 bits occurs once in a period. Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    u32() {
      state = (state + 0x9e3779b9) >>> 0
      let mixed = state ^ (state >>> 16)
      mixed = Math.imul(mixed, 0x21f0aaad)
      mixed ^= mixed >>> 15
      mixed = Math.imul(mixed, 0x735a2d97)
      return (mixed ^ (mixed >>> 15)) >>> 0
    },
  }
}
