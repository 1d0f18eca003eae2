import { type CaptureRecord, readCapture } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import { usage } from '../failure.ts'

/** What is to be decoded: a recorded conversation, or the bytes of one datagram of which nothing is known. */
export type Input =
  | { readonly kind: 'capture'; readonly abi: Abi; readonly records: readonly CaptureRecord[] }
  | { readonly kind: 'datagram'; readonly bytes: Uint8Array }

/** First bytes of pcapng, and of pcap with microseconds or nanoseconds in either byte order. */
const magics: ReadonlySet<number> = new Set([0x0a0d0d0a, 0xa1b2c3d4, 0xa1b23c4d, 0xd4c3b2a1, 0x4d3cb2a1])

/** Tells a capture file from hexadecimal text from a datagram as it is. @throws WireError for a capture that is cut */
export function readInput(bytes: Uint8Array): Input {
  const { buffer, byteOffset, length } = bytes
  if (length >= 4 && magics.has(new DataView(buffer, byteOffset).getUint32(0)))
    return { kind: 'capture', ...readCapture(bytes) }
  const text = new TextDecoder('latin1').decode(bytes)
  return { kind: 'datagram', bytes: /^[\s\x20-\x7e]*$/.test(text) ? parseHex(text) : bytes }
}

/** Hexadecimal digits with white space, `0x`, colons, commas and `// comments` between them. @throws Failure */
export function parseHex(text: string): Uint8Array {
  const digits = text.replace(/(\/\/|#).*$/gm, '').replace(/0x|[\s:,]/gi, '')
  const wrong = /[^\da-f]/i.exec(digits)
  if (wrong !== null) throw usage(`'${wrong[0]}' is no hexadecimal digit`)
  if (digits.length % 2 !== 0) throw usage(`${digits.length} hexadecimal digits are not whole bytes`)
  if (digits === '') throw usage('there is nothing to decode')
  return Uint8Array.from(digits.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
}
