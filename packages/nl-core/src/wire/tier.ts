import type { Abi } from '../model/abi.ts'
import type { BodyCodec } from './codec.ts'
import { compileBody } from './compile.ts'
import { interpretBody } from './interpret.ts'
import type { BodySpec } from './schema.ts'

/** How often a codec is interpreted before generating code for it pays: that takes as long as some thousand messages. */
const patience = 24

/**
 * The codec of a body that is compiled once it has been used often. A command line encodes a dozen messages and ends;
 * generating code for each of its schemas would take longer than all the rest.
 */
export function tieredBody<T>(spec: BodySpec<T>, abi: Abi): BodyCodec<T> {
  const slow = interpretBody(spec, abi)
  let fast: BodyCodec<T> | undefined
  let left = patience

  function chosen(): BodyCodec<T> {
    if (fast !== undefined) return fast // a method that was taken out of the codec before
    left -= 1
    if (left >= 0) return slow
    fast = compileBody(spec, abi)
    Object.assign(codec, fast) // from now on nothing stands between a caller and the generated code
    return fast
  }

  const codec: BodyCodec<T> = {
    decode: (frame, start, end) => chosen().decode(frame, start, end),
    decodeShort: (frame, start, end) => chosen().decodeShort(frame, start, end),
    encode: (writer, value) => chosen().encode(writer, value),
  }
  return codec
}
