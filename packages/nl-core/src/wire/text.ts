/** Text in attributes: UTF-8 up to a NUL. Names of interfaces and families are ASCII. */

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** Text read from bytes. */
export interface TextRead {
  readonly value: string
  /** Offset of the first NUL, or -1. */
  readonly nul: number
  /** The value encodes to the same bytes. */
  readonly exact: boolean
}

/** Reads text up to the first NUL or the end. */
export function readText(bytes: Uint8Array, start: number, end: number): TextRead {
  let value = ''
  let at = start
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 0) return { value, nul: at, exact: true }
    if (byte > 0x7f) return readUtf8(bytes, start, end)
    value += String.fromCharCode(byte)
  }
  return { value, nul: -1, exact: true }
}

function readUtf8(bytes: Uint8Array, start: number, end: number): TextRead {
  const found = bytes.subarray(start, end).indexOf(0)
  const nul = found < 0 ? -1 : start + found
  const part = bytes.slice(start, nul < 0 ? end : nul)
  const value = decoder.decode(part)
  const again = encoder.encode(value)
  return { value, nul, exact: again.length === part.length && again.every((byte, index) => byte === part[index]) }
}

/** The bytes of a text, or `undefined` for one with a NUL or half a surrogate pair, which bytes cannot express. */
export function textBytes(text: string): Uint8Array | undefined {
  if (text.includes('\0')) return undefined
  const bytes = encoder.encode(text)
  // An unpaired surrogate is encoded as U+FFFD, so only its absence makes the way back the same.
  return bytes.length === text.length || decoder.decode(bytes) === text ? bytes : undefined
}
