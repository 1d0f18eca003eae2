import { WireError } from '@nltool/nl-core/errno'
import { type Abi, abis } from '@nltool/nl-core/model'
import {
  type Body,
  type BodyCodec,
  compileBody,
  createWriter,
  doneBody,
  extAckBody,
  frameOf,
  interpretBody,
} from '@nltool/nl-core/wire'
import { addrBody, linkBody, neighBody, nexthopBody, routeBody, ruleBody } from '@nltool/nl-route'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodiesWithValues, bodyValues } from './arbitrary.ts'

type Schema = Body<unknown>

function encoded(codec: BodyCodec<unknown>, value: unknown): Uint8Array {
  const writer = createWriter({ size: 128 })
  codec.encode(writer, value)
  return writer.bytes.slice(0, writer.pos)
}

/** A decoded object, or what the error says. */
function outcome(codec: BodyCodec<unknown>, bytes: Uint8Array, how: 'decode' | 'decodeShort' = 'decode'): unknown {
  try {
    return { value: codec[how](frameOf(bytes), 0, bytes.length) }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const { message, offset, path, kernelText } = error
    return { message, offset, path, kernelText }
  }
}

/** The bytes of a value, or what the error says. */
function written(codec: BodyCodec<unknown>, value: unknown): unknown {
  const writer = createWriter({ size: 128 })
  try {
    codec.encode(writer, value)
    return { bytes: writer.bytes.slice(0, writer.pos) }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    expect(writer.pos).toBe(0)
    return { message: error.message, path: error.path }
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A copy of a value in which the leaf at a place, counted through, is something else. */
function replaced(value: unknown, place: { left: number }, other: unknown): unknown {
  if (Array.isArray(value)) return value.map(item => replaced(item, place, other))
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, replaced(item, place, other)]))
  if (typeof value !== 'object' || value === null || !isPlain(value)) {
    return place.left-- === 0 ? other : value
  }
  if (place.left-- === 0) return other
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, place, other)]))
}

const codecsOf = (schema: Schema, abi: Abi) => ({
  interpreted: interpretBody(schema, abi),
  compiled: compileBody(schema, abi),
})

/** Bytes to change, how many to cut off, what to append. */
interface Spoiler {
  readonly changes: readonly (readonly [number, number])[]
  readonly cut: number | null
  readonly tail: Uint8Array
}

const spoilers: fc.Arbitrary<Spoiler> = fc.record({
  changes: fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
  cut: fc.option(fc.nat(200), { freq: 3 }),
  tail: fc.uint8Array({ maxLength: 6 }),
})

function spoil(bytes: Uint8Array, { changes, cut, tail }: Spoiler): Uint8Array {
  const spoiled = new Uint8Array([
    ...bytes.subarray(0, cut === null ? bytes.length : bytes.length - (cut % (bytes.length + 1))),
    ...tail,
  ])
  for (const [at, byte] of changes) if (spoiled.length > 0) spoiled[at % spoiled.length] = byte
  return spoiled
}

describe.each(abis)('codecs of any schema, %s', abi => {
  it('decode what they encoded to the same value, and encode that to the same bytes', () => {
    fc.assert(
      fc.property(bodiesWithValues, ({ schema, value }) => {
        for (const codec of Object.values(codecsOf(schema, abi))) {
          const bytes = encoded(codec, value)
          const again = codec.decode(frameOf(bytes), 0, bytes.length)
          expect(again).toEqual(value)
          expect(encoded(codec, again)).toEqual(bytes)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('write the same bytes whether compiled or interpreted', () => {
    fc.assert(
      fc.property(bodiesWithValues, ({ schema, value }) => {
        const { interpreted, compiled } = codecsOf(schema, abi)
        expect(encoded(compiled, value)).toEqual(encoded(interpreted, value))
      }),
      { numRuns: 200 },
    )
  })

  it('agree about values that are wrong somewhere, and write nothing of them', () => {
    const wrong = fc.oneof(
      fc.anything({ withBigInt: true, withTypedArray: true, withMap: true }),
      fc.constant(Symbol('x')),
    )
    fc.assert(
      fc.property(bodiesWithValues, fc.nat(20), wrong, ({ schema, value }, left, other) => {
        const { interpreted, compiled } = codecsOf(schema, abi)
        const spoiled = replaced(value, { left }, other)
        expect(written(compiled, spoiled)).toEqual(written(interpreted, spoiled))
      }),
      { numRuns: 400 },
    )
  })

  it('agree about spoiled bytes, and give back every byte of what they accept', () => {
    fc.assert(
      fc.property(bodiesWithValues, spoilers, ({ schema, value }, spoiler) => {
        const { interpreted, compiled } = codecsOf(schema, abi)
        const bytes = spoil(encoded(interpreted, value), spoiler)
        for (const how of ['decode', 'decodeShort'] as const) {
          const expected = outcome(interpreted, bytes, how)
          expect(outcome(compiled, bytes, how)).toEqual(expected)
          for (const codec of [interpreted, compiled]) {
            const result = outcome(codec, bytes, how) as { value?: unknown }
            if (result.value !== undefined) expect(encoded(codec, result.value)).toEqual(bytes)
          }
        }
      }),
      { numRuns: 400 },
    )
  })
})

const real = { addrBody, linkBody, neighBody, nexthopBody, routeBody, ruleBody, extAckBody, doneBody }

describe.each(abis)('codecs of the schemas of this project, %s', abi => {
  it.each(Object.entries(real))('%s means the same compiled and interpreted', (_name, schema) => {
    const { interpreted, compiled } = codecsOf(schema as Schema, abi)
    fc.assert(
      fc.property(bodyValues(schema, abi), value => {
        const bytes = encoded(interpreted, value)
        expect(encoded(compiled, value)).toEqual(bytes)
        const again = compiled.decode(frameOf(bytes), 0, bytes.length)
        expect(again).toEqual(value)
        expect(outcome(interpreted, bytes)).toEqual({ value: again })
      }),
      { numRuns: 50 },
    )
  })
})
