import type { Random } from '../model/time.ts'

/**
 * A reproducible source of chance: splitmix32, whose whole state is one 32-bit word, so that equal seeds give equal
 * numbers on every engine and machine. Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return {
    u32() {
      state = (state + 0x9e3779b9) | 0
      let z = state ^ (state >>> 16)
      z = Math.imul(z, 0x21f0aaad)
      z ^= z >>> 15
      z = Math.imul(z, 0x735a2d97)
      return (z ^ (z >>> 15)) >>> 0
    },
  }
}

/** A number from 0 to `bound - 1`; `bound` is at least 1 and at most 2^32. The bias is below 2^-32 per value. */
export function below(random: Random, bound: number): number {
  return Math.floor((random.u32() / 0x1_0000_0000) * bound)
}
