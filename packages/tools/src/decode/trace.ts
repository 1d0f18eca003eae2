import { type CaptureRecord, readCapture } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import { frameOf, messageAt } from '@nltool/nl-core/wire'
import { decodeDatagram } from './message.ts'
import { formatDecoded } from './text.ts'

const arrows: Readonly<Record<CaptureRecord['direction'], string>> = { sent: '>', received: '<' }

/** A recorded conversation as text: what was sent behind `>`, what was received behind `<`. Requests are numbered from 1. */
export function traceOf(capture: Uint8Array): string {
  if (capture.length === 0) return ''
  const { abi, records } = readCapture(capture)
  const [first] = records
  const firstSeq = first === undefined ? 1 : messageAt(frameOf(first.bytes), 0).seq
  return records.map(record => recordText(record, abi, firstSeq)).join('')
}

/** One datagram of a conversation. */
export function recordText({ direction, bytes, protocol }: CaptureRecord, abi: Abi, firstSeq?: number): string {
  const messages = decodeDatagram(bytes, { abi, protocol, firstSeq })
  const lines = messages.flatMap(message => formatDecoded(message).split('\n'))
  return lines.map(line => `${arrows[direction]} ${line}\n`).join('')
}
