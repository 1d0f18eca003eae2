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

/**
 * Hexadecimal digits with white space, `0x`, colons, commas and `// comments` between them; the strings of `strace -x`;
 * what `xxd`, `hexdump -C` and `tcpdump -x` print. @throws Failure
 */
export function parseHex(text: string): Uint8Array {
  const digits = bytesOfDump(text)
    .replace(/(\/\/|#).*$/gm, '')
    .replace(/\\x|0x|[\s:,"]/gi, '')
  const wrong = /[^\da-f]/i.exec(digits)
  if (wrong !== null) throw usage(`'${wrong[0]}' is no hexadecimal digit`)
  if (digits.length % 2 !== 0) throw usage(`${digits.length} hexadecimal digits are not whole bytes`)
  if (digits === '') throw usage('there is nothing to decode')
  return Uint8Array.from(digits.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
}

/** A line of a dump: an offset, then bytes in groups, then perhaps the same as characters. */
const dumpLine = /^\s*(?:0x)?[\da-f]{4,8}:?\s+((?:[\da-f]{2,4} {1,2})*[\da-f]{2,4})(?:\s.*)?$/i

/** The bytes of a dump without offsets and characters; text that is no dump as it is. */
function bytesOfDump(text: string): string {
  const lines = text.split('\n').filter(line => line.trim() !== '' && !/^\s*[\da-f]{4,8}:?\s*$/i.test(line))
  const offsets = lines.map(line => Number.parseInt(/^\s*(?:0x)?([\da-f]{4,8})/i.exec(line)?.[1] ?? 'x', 16))
  const isDump = offsets[0] === 0 && offsets.every((offset, i) => i === 0 || offset > (offsets[i - 1] ?? 0))
  return isDump ? lines.map(bytesOfLine).join('\n') : text
}

/** A line holds 16 bytes; characters behind them may look like more. */
function bytesOfLine(line: string): string {
  return (dumpLine.exec(line)?.[1] ?? line).replace(/\s/g, '').slice(0, 32)
}
