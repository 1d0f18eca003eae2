import { NETLINK_ROUTE } from '@nltool/nl-core'
import { usage } from '../failure.ts'
import { isPcap, readPcap } from './pcap.ts'

/** Bytes that one send or receive call carried. */
export interface Datagram {
  readonly bytes: Uint8Array
  /** Netlink protocol, where the capture says it. */
  readonly protocol: number | undefined
}

/** Reads what stands on standard input: a capture file, hexadecimal text, or the bytes of a datagram themselves. */
export function readCapture(bytes: Uint8Array): Datagram[] {
  if (isPcap(bytes)) return readPcap(bytes)
  const text = new TextDecoder('latin1').decode(bytes)
  if (/^[\s\x20-\x7e]*$/.test(text)) return [{ bytes: parseHex(text), protocol: undefined }]
  return [{ bytes, protocol: NETLINK_ROUTE }]
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
