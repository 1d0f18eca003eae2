import { below, seededRandom } from '@nltool/nl-core/scheduler'

/** Choices that follow from a seed. */
export interface Dice {
  /** 0 to bound - 1. */
  below(bound: number): number
  /** True once in `n` times. */
  once(n: number): boolean
  pick<T>(list: readonly T[]): T
}

export function createDice(seed: number): Dice {
  const random = seededRandom(seed)
  return {
    below: bound => below(random, bound),
    once: n => below(random, n) === 0,
    pick: <T>(list: readonly T[]) => list[below(random, list.length)] as T,
  }
}
