import { type CaptureRecord, NETLINK_GENERIC, NETLINK_ROUTE } from '@nltool/nl-core'
import { WireError } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import { Failure } from '../failure.ts'
import { readInputFile } from '../input-file.ts'
import { detailOf } from '../sentence.ts'
import type { Shown } from '../shown.ts'
import { type Input, parseHex, readInput } from './input.ts'
import { type Decoded, decodeDatagram } from './message.ts'
import { formatDecoded } from './text.ts'
import { recordText } from './trace.ts'

/** What `decode` is asked. */
export interface DecodeWords {
  /** File to read; standard input without it. */
  readonly file: string | undefined
  /** The bytes themselves. */
  readonly hex: string | undefined
  /** Whose numbers they are; absent: as the capture says, else FreeBSD's. */
  readonly abi: Abi | undefined
  /** For bytes that are no capture, which says it itself. */
  readonly protocol: 'route' | 'generic'
}

/** A message of a capture: with the way it went. */
export interface Recorded extends Decoded {
  /** Place of its datagram in the capture, from 1. */
  readonly packet: number
  readonly direction: CaptureRecord['direction']
  /** Milliseconds since 1970. */
  readonly time: number
}

const protocols = { route: NETLINK_ROUTE, generic: NETLINK_GENERIC } as const

/** Decodes what a file, `--hex` or standard input holds. @throws Failure with offset and path of what cannot be decoded */
export async function decodeAll({ file, hex, abi, protocol }: DecodeWords): Promise<Shown<(Decoded | Recorded)[]>> {
  const bytes = hex === undefined ? await readInputFile(file) : undefined
  const input = placed(
    '',
    (): Input => (bytes === undefined ? { kind: 'datagram', bytes: parseHex(hex ?? '') } : readInput(bytes)),
  )
  if (input.kind === 'capture') return decodeCapture(input.records, abi ?? input.abi)
  const origin = { abi: abi ?? 'freebsd', protocol: protocols[protocol] }
  const messages = placed('', () => decodeDatagram(input.bytes, origin))
  return { text: messages.map(formatDecoded).join('\n'), json: messages }
}

function decodeCapture(records: readonly CaptureRecord[], abi: Abi): Shown<Recorded[]> {
  const where = (i: number) => `packet ${i + 1}: `
  const json = records.flatMap((record, i) => {
    const { direction, time, protocol, bytes } = record
    return placed(where(i), () => decodeDatagram(bytes, { abi, protocol })).map(each => ({
      packet: i + 1,
      direction,
      time,
      ...each,
    }))
  })
  return { text: records.map(record => recordText(record, abi)).join(''), json }
}

/** Runs a decoder; what is wrong with the bytes becomes a sentence. */
function placed<T>(where: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof Failure && where !== '') throw new Failure(`${where}${error.message}`, error)
    if (!(error instanceof WireError)) throw error
    throw new Failure(`${where}${error.message}`, { detail: detailOf(error), cause: error })
  }
}
