import { WireError } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import { toHex } from '@nltool/nl-core/testing'
import { type Body, decodeTree, encodeTree, frameOf, messages } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { vectors } from '../vectors/load.ts'
import { schemaOf } from '../vectors/schemas.ts'

interface RealBody {
  readonly name: string
  readonly abi: Abi
  readonly schema: Body<unknown>
  readonly bytes: Uint8Array
}

/** The different bodies of real messages for which there is a schema. */
function realBodies(): RealBody[] {
  const found = new Map<string, RealBody>()
  for (const { name, protocol, abi, send, recv } of vectors) {
    for (const datagram of [send, ...recv]) {
      for (const { type, start, end } of messages(frameOf(datagram))) {
        const schema = schemaOf(protocol, type) as Body<unknown> | undefined
        const bytes = datagram.slice(start, end)
        const key = `${type} ${bytes.join()}`
        if (schema !== undefined && !found.has(key)) found.set(key, { name, abi, schema, bytes })
      }
    }
  }
  return [...found.values()]
}

/** Compares without the cost of a matcher for every byte. */
function expectSame(actual: Uint8Array, expected: Uint8Array, name: string): void {
  if (Buffer.compare(actual, expected) !== 0) expect(toHex(actual), name).toBe(toHex(expected))
}

/** Decodes, and encodes what was accepted: no byte may be lost. */
function probe({ schema, abi, name }: RealBody, bytes: Uint8Array): 'accepted' | 'refused' {
  let refusal: WireError | undefined
  try {
    const value = schema.decode(bytes, abi)
    expectSame(schema.encode(value, abi), bytes, name)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    refusal = error
  }
  if (refusal === undefined) return 'accepted'
  const { offset } = refusal
  if (!(offset >= 0 && offset <= bytes.length)) expect.unreachable(`${name}: offset ${offset} of ${bytes.length}`)
  return 'refused'
}

describe('real messages, spoiled at every byte', () => {
  const bodies = realBodies()

  it('are read whole or refused with a WireError when they are cut', () => {
    const seen = new Set<string>()
    for (const real of bodies) {
      for (let length = 0; length < real.bytes.length; length++) seen.add(probe(real, real.bytes.slice(0, length)))
    }
    expect([...seen].sort()).toEqual(['accepted', 'refused'])
  })

  it.each([0x01, 0x04, 0x80, 0xff])('are read or refused when one byte is xored with %i', mask => {
    for (const real of bodies.filter(({ bytes }) => bytes.length < 300)) {
      for (let at = 0; at < real.bytes.length; at++) {
        const spoiled = real.bytes.slice()
        spoiled[at] = (spoiled[at] ?? 0) ^ mask
        probe(real, spoiled)
      }
    }
  })

  it.each([1, 2, 3, 4, 5])('are read or refused when %i bytes follow', extra => {
    for (const real of bodies) probe(real, new Uint8Array([...real.bytes, ...new Array<number>(extra).fill(0xee)]))
  })

  it.each([1, 2, 3])('mean the same when they start %i bytes off a word border', shift => {
    for (const { schema, abi, bytes, name } of bodies) {
      const shifted = new Uint8Array(bytes.length + shift)
      shifted.set(bytes, shift)
      const outcome = (at: Uint8Array): unknown => {
        try {
          return schema.decode(at, abi)
        } catch (error) {
          return String(error)
        }
      }
      expect(outcome(shifted.subarray(shift)), name).toEqual(outcome(bytes))
    }
  })

  it('are trees that give back every byte', () => {
    for (const { bytes, abi, name } of bodies) {
      for (let at = 0; at < bytes.length; at += 7) {
        const spoiled = bytes.slice()
        spoiled[at] = (spoiled[at] ?? 0) ^ 0xff
        expectSame(encodeTree(decodeTree(spoiled, 12, abi)), spoiled, name)
      }
    }
  })
})
