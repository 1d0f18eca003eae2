import { captureWriter } from '@nltool/nl-core'
import { concatBytes } from '@nltool/nl-core/testing'

/** A capture file of datagrams that were received. */
export function captureOf(datagrams: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = []
  const write = captureWriter(bytes => void parts.push(bytes), 'linux')
  for (const bytes of datagrams) write({ time: 0, direction: 'received', protocol: 0, bytes })
  return concatBytes(...parts)
}
