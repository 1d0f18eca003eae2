import { NLMSG_DONE, NLMSG_ERROR, NLMSG_MIN_TYPE } from '../../constants.ts'
import { frameOf } from '../../wire/frame.ts'
import { messages, type Message as WireMessage } from '../../wire/message.ts'
import type { CaptureRecord } from './pcapng.ts'

/** One message of a capture. */
export interface RecordedMessage {
  readonly type: number
  readonly flags: number
  readonly seq: number
  /** The whole message with its header. */
  readonly bytes: Uint8Array
}

/** A recorded request and what came after it, until the next one. */
export interface Exchange {
  readonly protocol: number
  readonly request: RecordedMessage
  /** Its answers, in the datagrams in which they came. */
  readonly answers: RecordedMessage[][]
  /** Messages that answer nothing and came between its answers and the next request, each with the answers before it. */
  readonly events: { readonly after: number; readonly message: RecordedMessage }[]
}

/** A conversation, taken apart. */
export interface Conversation {
  readonly exchanges: readonly Exchange[]
  /** Events before the first request, by protocol. */
  readonly first: ReadonlyMap<number, readonly RecordedMessage[]>
}

/** Finds which answers belong to which request: those with its sequence number, until it is acknowledged or done. */
export function conversationOf(records: readonly CaptureRecord[]): Conversation {
  const exchanges: Exchange[] = []
  const first = new Map<number, RecordedMessage[]>()
  const open = new Map<string, Exchange>()
  const last = new Map<number, Exchange>()

  function sent(protocol: number, request: RecordedMessage): void {
    const exchange: Exchange = { protocol, request, answers: [], events: [] }
    exchanges.push(exchange)
    open.set(`${protocol} ${request.seq}`, exchange)
    last.set(protocol, exchange)
  }

  function received(protocol: number, message: RecordedMessage, continues: Exchange | undefined): Exchange | undefined {
    const exchange = open.get(`${protocol} ${message.seq}`)
    if (exchange === undefined) {
      event(protocol, message)
      return undefined
    }
    if (continues === exchange) exchange.answers.at(-1)?.push(message)
    else exchange.answers.push([message])
    if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) open.delete(`${protocol} ${message.seq}`)
    return exchange
  }

  function event(protocol: number, message: RecordedMessage): void {
    const exchange = last.get(protocol)
    if (exchange !== undefined) exchange.events.push({ after: exchange.answers.length, message })
    else first.set(protocol, [...(first.get(protocol) ?? []), message])
  }

  for (const { direction, protocol, bytes } of records) {
    let continues: Exchange | undefined
    for (const message of split(bytes)) {
      if (direction === 'sent') sent(protocol, message)
      else continues = received(protocol, message, continues)
    }
  }
  return { exchanges, first }
}

/** The messages of a datagram, each in bytes of its own. */
export function split(bytes: Uint8Array): RecordedMessage[] {
  return [...messages(frameOf(bytes))].map(({ type, flags, seq, offset, end }: WireMessage) => ({
    type,
    flags,
    seq,
    bytes: bytes.slice(offset, end),
  }))
}

/** Whether a message is a request as opposed to a control message. */
export function isRequest({ type }: RecordedMessage): boolean {
  return type >= NLMSG_MIN_TYPE
}
