/** Little-endian reads of received bytes, for the few fields that are looked at before a codec is worth its views. */

/** An unsigned 16-bit integer. */
export function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

/** A signed 32-bit integer. */
export function i32At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) | (u16At(bytes, at + 2) << 16)
}

/** An unsigned 32-bit integer. */
export function u32At(bytes: Uint8Array, at: number): number {
  return i32At(bytes, at) >>> 0
}
