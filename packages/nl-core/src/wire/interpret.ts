import { align4 } from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import type { BodyCodec, Frame } from './codec.ts'
import { refuse } from './fault.ts'
import { frameOf } from './frame.ts'
import { decodeHeaded } from './interpret/decode.ts'
import { encodeHeaded } from './interpret/encode.ts'
import { createPlans, type Reading } from './interpret/state.ts'
import { keep } from './kept.ts'
import type { BodySpec } from './schema.ts'

/**
 * The codec of a body that reads its rows at every message. It is the definition that compiled codecs are held to, what
 * they fall back to for messages out of the ordinary, and all there is where code generation is forbidden.
 */
export function interpretBody<T>(spec: BodySpec<T>, abi: Abi): BodyCodec<T> {
  const plans = createPlans(abi)
  const { header, attrs } = spec
  const size = align4(header.size)

  function decode(frame: Frame, start: number, end: number): T {
    if (end - start < header.size) {
      refuse(`${end - start} bytes are too few for ${header.name}, which has ${header.size}`, start, undefined, {
        text: `header too short: expected ${header.size}, got ${end - start}`,
      })
    }
    const reading: Reading = { abi, plans, frame, start, canonical: true }
    return decodeHeaded(reading, header, attrs, start, end, undefined, 1) as T
  }

  function decodeShort(frame: Frame, start: number, end: number): T {
    if (end - start >= header.size) return decode(frame, start, end)
    const bytes = frame.bytes.slice(start, end)
    const extended = new Uint8Array(size)
    extended.set(bytes)
    const object = decode(frameOf(extended), 0, size)
    keep(object as object, { abi, bytes })
    return object
  }

  return {
    decode,
    decodeShort,
    encode(writer, value) {
      const start = writer.pos
      try {
        encodeHeaded({ abi, plans, writer }, header, attrs, value, undefined, 1)
      } catch (error) {
        writer.pos = start
        throw error
      }
    },
  }
}
