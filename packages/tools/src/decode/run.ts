import { readFileSync } from 'node:fs'
import { NETLINK_GENERIC, NETLINK_ROUTE } from '@nltool/nl-core'
import { WireError } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import { Failure } from '../failure.ts'
import { detailOf } from '../sentence.ts'
import type { Shown } from '../shown.ts'
import { type Datagram, parseHex, readCapture } from './capture.ts'
import { type Decoded, decodeDatagram } from './message.ts'
import { formatDecoded } from './text.ts'

/** What `decode` is asked. */
export interface DecodeWords {
  readonly hex: string | undefined
  readonly abi: Abi
  readonly protocol: 'route' | 'generic'
}

const protocols = { route: NETLINK_ROUTE, generic: NETLINK_GENERIC } as const

/** Decodes what `--hex` or standard input holds. @throws Failure with offset and path of what cannot be decoded */
export function decodeAll({ hex, abi, protocol }: DecodeWords): Shown<Decoded[]> {
  const datagrams: Datagram[] =
    hex === undefined ? readCapture(readFileSync(0)) : [{ bytes: parseHex(hex), protocol: undefined }]
  const decoded = datagrams.flatMap(({ bytes, protocol: said }, i) => {
    const which = datagrams.length === 1 ? '' : `packet ${i + 1}: `
    return decodeOne(bytes, { abi, protocol: said ?? protocols[protocol] }, which)
  })
  return { text: decoded.map(formatDecoded).join('\n'), json: decoded }
}

function decodeOne(
  bytes: Uint8Array,
  origin: { readonly abi: Abi; readonly protocol: number },
  which: string,
): Decoded[] {
  try {
    return decodeDatagram(bytes, origin)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new Failure(`${which}${error.message}`, { detail: detailOf(error), cause: error })
  }
}
