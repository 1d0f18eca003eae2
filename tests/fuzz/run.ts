import type { Random } from '@nltool/nl-core/model'
import { testRandom, toHex } from '@nltool/nl-core/testing'

const { NLTOOL_FUZZ_CASES, NLTOOL_FUZZ_SEED } = process.env

/** How many cases each fuzz test runs; `NLTOOL_FUZZ_CASES` in the environment asks for a longer run. */
export function cases(usual: number): number {
  return Number(NLTOOL_FUZZ_CASES ?? usual)
}

/** The seed of a run: the same in every run unless `NLTOOL_FUZZ_SEED` says otherwise. */
export const seed = Number(NLTOOL_FUZZ_SEED ?? 20_260_102)

/** Chance of one case, so that each can be run by itself. */
export function chanceOf(index: number): Random {
  const random = testRandom(Math.imul(seed + index, 0x9e37_79b1))
  for (let i = 0; i < 4; i++) random.u32() // xorshift starts slowly
  return random
}

/** An error that says how to run a failed case again. */
export function failedCase(index: number, what: string, bytes: Uint8Array, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Error(`seed ${seed}, case ${index}, ${what}: ${reason}\n${toHex(bytes)}`, { cause })
}

/** Whether two runs of bytes are the same: `toEqual` would take most of the time of a run. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
