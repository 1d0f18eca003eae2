import { readCapture, stringify } from '@nltool/nl-core'
import { WireError } from '@nltool/nl-core/errno'
import { type Abi, abis } from '@nltool/nl-core/model'
import { below } from '@nltool/nl-core/scheduler'
import { attributePathAt, decodeTree, encodeTree, frameOf, messages } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { vectors } from '../vectors/load.ts'
import { schemaOf } from '../vectors/schemas.ts'
import { captureOf } from './captures.ts'
import { cases, chanceOf, failedCase, sameBytes } from './run.ts'
import { spoil } from './spoil.ts'

/** Every datagram of every captured exchange. */
const datagrams = vectors.flatMap(({ protocol, send, recv }) =>
  [send, ...recv].filter(bytes => bytes.length > 0).map(bytes => ({ protocol, bytes })),
)
const others = datagrams.map(({ bytes }) => bytes)

/** Decodes all that a datagram holds. Returns how many messages were well-formed. */
function decodeAll(protocol: (typeof datagrams)[number]['protocol'], bytes: Uint8Array, abi: Abi): number {
  let decoded = 0
  for (const { type, start, end } of messages(frameOf(bytes))) {
    const body = bytes.slice(start, end)
    if (!sameBytes(encodeTree(decodeTree(body, 4, abi)), body)) throw new Error('the tree has other bytes')
    const schema = schemaOf(protocol, type)
    if (schema === undefined) continue
    attributePathAt(bytes.slice(start - 16, end), schema, body.length & 0xff, abi)
    try {
      const value = schema.decode(body, abi)
      decoded++
      JSON.parse(stringify(value))
      if (!sameBytes(schema.encode(value, abi), body)) throw new Error(`${schema.name} encodes to other bytes`)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      if (!(error.offset >= 0 && error.offset <= body.length))
        throw new Error(`offset ${error.offset}: ${error.message}`)
    }
  }
  return decoded
}

describe('spoiled vectors', () => {
  it('decode, and encode to the same bytes again, or raise a WireError with an offset', () => {
    let decoded = 0
    for (let index = 0; index < cases(20_000); index++) {
      const random = chanceOf(index)
      const { protocol, bytes } = datagrams[below(random, datagrams.length)] as (typeof datagrams)[number]
      const spoiled = spoil(bytes, random, others)
      try {
        decoded += decodeAll(protocol, spoiled, abis[below(random, 2)] as Abi)
      } catch (error) {
        throw failedCase(index, protocol, spoiled, error)
      }
    }
    expect(decoded).toBeGreaterThan(cases(20_000) / 4) // most get past the headers
  }, 600_000)
})

describe('spoiled captures', () => {
  it('are read, or raise a WireError with an offset', () => {
    const whole = captureOf(others.slice(0, 12))
    let read = 0
    for (let index = 0; index < cases(5_000); index++) {
      const spoiled = spoil(whole, chanceOf(index), others)
      try {
        readCapture(spoiled)
        read++
      } catch (error) {
        if (!(error instanceof WireError)) throw failedCase(index, 'capture', spoiled, error)
      }
    }
    expect(read).toBeGreaterThan(0)
  }, 600_000)
})
