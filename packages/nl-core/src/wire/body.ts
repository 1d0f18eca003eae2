import type { Abi } from '../model/abi.ts'
import type { Body, BodyCodec } from './codec.ts'
import { createWriter, frameOf } from './frame.ts'
import type { AbiHooks, AttributeSet, BodyOf, BodySpec, Struct } from './schema.ts'
import { tieredBody } from './tier.ts'

/** What else a body may have. */
export interface BodyOptions<T> {
  /** Stands in messages and in the reference; the name of the header if absent. */
  readonly name?: string
  /** Translation for Linux sockets that renumbering cannot express; applied by dispatch, not by the codecs. */
  readonly linux?: AbiHooks<T>
  /** How codecs are made. */
  readonly codec?: CodecFactory
}

/** Makes the codec of a body for one ABI. */
export type CodecFactory = <T>(spec: BodySpec<T>, abi: Abi) => BodyCodec<T>

/** The schema of a message body: a fixed header and the attributes that follow. */
export function body<H, A>(
  header: Struct<H>,
  attrs: AttributeSet<A>,
  options: BodyOptions<BodyOf<H, A>> = {},
): Body<BodyOf<H, A>> {
  const spec: BodySpec<BodyOf<H, A>> = { header, attrs, linux: options.linux }
  const make = options.codec ?? tieredBody
  let freebsd: BodyCodec<BodyOf<H, A>> | undefined
  let linux: BodyCodec<BodyOf<H, A>> | undefined
  const codec = (abi: Abi): BodyCodec<BodyOf<H, A>> => {
    if (abi === 'linux') {
      linux ??= make(spec, abi)
      return linux
    }
    freebsd ??= make(spec, abi)
    return freebsd
  }
  return {
    ...spec,
    name: options.name ?? header.name,
    codec,
    decode: (bytes, abi) => codec(abi).decode(frameOf(bytes), 0, bytes.length),
    encode: (value, abi) => {
      const writer = createWriter({ size: 512 })
      codec(abi).encode(writer, value)
      return writer.bytes.slice(0, writer.pos)
    },
  }
}
