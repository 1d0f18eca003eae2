import type { Random } from '../model/time.ts'

/** A random source that a seed determines: xorshift32, for tests; its numbers are never 0. */
export function testRandom(seed: number): Random {
  let state = seed >>> 0 || 0x9e3779b9
  return {
    u32() {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      state >>>= 0
      return state
    },
  }
}
