import type { Abi } from '../model/abi.ts'
import type { BodySpec } from './schema.ts'

/**
 * A received datagram and the views through which codecs read it. `words` is there when the bytes start on a 4-byte
 * border, as buffers of this library do; codecs take a slower way without it.
 */
export interface Frame {
  readonly bytes: Uint8Array
  readonly words: Int32Array | undefined
  readonly view: DataView
}

/**
 * Where codecs write. It grows by itself; `pos` is the next free byte, on a 4-byte border between attributes and
 * messages. What lies behind `pos` is not defined.
 */
export interface Writer {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly view: DataView
  pos: number
  /** Makes room for `n` more bytes, of any contents; the views may be other ones afterwards. `pos` stays. */
  ensure(n: number): void
  /** As `ensure`, with those bytes zeroed. */
  reserve(n: number): void
}

/**
 * A body's codec for one ABI: layout and numbering, without the hooks. Compiled once. What a message says beyond its
 * typed object (order, padding, flag bits, duplicates, a short header) is kept with the object, out of sight, and
 * written again as long as the object has not been changed.
 */
export interface BodyCodec<T> {
  /**
   * Decodes the body between two offsets of a frame. Offsets in errors count from the start of the frame.
   * @throws WireError
   */
  decode(frame: Frame, start: number, end: number): T
  /** As `decode`, with a fixed header that is cut short extended by zeros. */
  decodeShort(frame: Frame, start: number, end: number): T
  /** Appends the body; what is kept may end off the 4-byte border, as the message did. @throws WireError for a value that the schema cannot express; nothing is appended then. */
  encode(writer: Writer, value: T): void
}

/** The schema of a body with its codecs. Attributes that no row describes, and the order of all, survive a round trip. */
export interface Body<T> extends BodySpec<T> {
  readonly name: string
  /** The codec of an ABI, compiled at its first use. */
  codec(abi: Abi): BodyCodec<T>
  /** Decodes bytes that hold one body and nothing else. Offsets in errors count from the start of `bytes`. No hooks. */
  decode(bytes: Uint8Array, abi: Abi): T
  /** Encodes to bytes of its own. No hooks. */
  encode(value: T, abi: Abi): Uint8Array
}
