import { align4, NLM_F_CAPPED, NLMSG_ERROR, NLMSG_HDRLEN } from '../../constants.ts'
import { errnoNumber } from '../../errno/convert.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import { extAckBody } from '../../wire/control.ts'
import { concat } from '../../wire/frame.ts'
import type { Host, Received, Transport } from '../transport.ts'
import { conversationOf, type Exchange, isRequest, type RecordedMessage, split } from './exchanges.ts'
import { type BodyOfType, likenessOf } from './likeness.ts'
import type { CaptureRecord } from './pcapng.ts'
import { readCapture } from './read.ts'

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** ABI of records that come without a file. Default: what the file says, else `linux`. */
  readonly abi?: Abi
  /** Schemas by which requests are compared; without one they are compared as trees of attributes. */
  readonly bodyOf?: BodyOfType
}

/** A kernel that knows only what it has been heard to say. */
export interface ReplayHost extends Host {
  /** Requests that the recording does not answer, as they were sent; each was refused with EOPNOTSUPP and a text that says so. */
  readonly unmatched: readonly Uint8Array[]
  /** Recorded requests that have not been asked. */
  readonly unused: readonly Uint8Array[]
}

/**
 * Serves a recorded conversation again. A request is answered as the first recorded one with the same message type, flags,
 * header and attributes that has not been used yet; as the last one if all have. Sequence numbers and ports are adapted;
 * events follow the request that they followed when they were recorded.
 * @throws WireError for bytes that are no capture
 */
export function replay(recording: Uint8Array | readonly CaptureRecord[], options: ReplayOptions = {}): ReplayHost {
  const capture =
    recording instanceof Uint8Array ? readCapture(recording) : { abi: 'linux' as const, records: recording }
  const abi = options.abi ?? capture.abi
  const bodyOf = options.bodyOf ?? (() => undefined)
  const { exchanges, first } = conversationOf(capture.records)
  const unmatched: Uint8Array[] = []
  const unused = new Set(exchanges.filter(({ request }) => isRequest(request)))
  const byLikeness = new Map<string, Exchange[]>()
  for (const exchange of exchanges) {
    const likeness = likenessOf(exchange.request, exchange.protocol, abi, bodyOf)
    byLikeness.set(likeness, [...(byLikeness.get(likeness) ?? []), exchange])
  }

  function find(protocol: number, request: RecordedMessage): Exchange | undefined {
    const alike = byLikeness.get(likenessOf(request, protocol, abi, bodyOf)) ?? []
    const exchange = alike.find(candidate => unused.has(candidate)) ?? alike.at(-1)
    if (exchange !== undefined) unused.delete(exchange)
    return exchange
  }

  return {
    abi,
    unmatched,
    get unused() {
      return [...unused].map(({ request }) => request.bytes)
    },
    async open(protocol) {
      return createReplayTransport(abi, first.get(protocol) ?? [], request => {
        const exchange = find(protocol, request)
        if (exchange !== undefined) return answersTo(exchange, request)
        if (isRequest(request)) unmatched.push(request.bytes)
        return isRequest(request) ? [refusal(request, abi)] : [acknowledgement(request)]
      })
    },
  }
}

/** The port of every replaying socket. */
const replayPort = 1

function createReplayTransport(
  abi: Abi,
  first: readonly RecordedMessage[],
  answer: (request: RecordedMessage) => readonly Uint8Array[],
): Transport {
  const queue: Uint8Array[] = first.map(({ bytes }) => bytes.slice())
  let parked: { resolve(received: Received): void; reject(error: unknown): void } | undefined
  let closed = false

  function arrive(bytes: Uint8Array): void {
    const reader = parked
    parked = undefined
    if (reader === undefined) queue.push(bytes)
    else reader.resolve({ bytes })
  }

  function checkOpen(): void {
    if (closed) throw new SocketError('EBADF', 'the replaying socket is closed')
  }

  return {
    abi,
    portid: replayPort,
    send(bytes) {
      checkOpen()
      for (const request of split(bytes)) for (const datagram of answer(request)) arrive(datagram)
    },
    recv({ signal } = {}) {
      signal?.throwIfAborted()
      const bytes = queue.shift()
      if (bytes !== undefined) return { bytes }
      checkOpen()
      return new Promise((resolve, reject) => {
        parked = { resolve, reject }
        signal?.addEventListener('abort', () => {
          parked = undefined
          reject(signal.reason)
        })
      })
    },
    join: checkOpen,
    leave: checkOpen,
    setOption: checkOpen,
    async close() {
      closed = true
      parked?.reject(new SocketError('EBADF', 'the replaying socket is closed'))
      parked = undefined
    },
  }
}

/** The datagrams that answer a request: recorded ones under its sequence number, and the events between them. */
function answersTo({ answers, events }: Exchange, request: RecordedMessage): Uint8Array[] {
  const datagrams: Uint8Array[] = []
  for (let index = 0; index <= answers.length; index++) {
    for (const { after, message } of events) if (after === index) datagrams.push(message.bytes.slice())
    const answer = answers[index]
    if (answer !== undefined) datagrams.push(concat(answer.map(message => addressed(message, request))))
  }
  return datagrams
}

/** A recorded answer as the answer to another request that asks for the same. */
function addressed({ type, bytes }: RecordedMessage, { seq }: RecordedMessage): Uint8Array {
  const copy = new Uint8Array(align4(bytes.length))
  copy.set(bytes)
  const view = new DataView(copy.buffer)
  view.setUint32(8, seq, true)
  view.setUint32(12, replayPort, true)
  // The header of the request that NLMSG_ERROR quotes.
  if (type === NLMSG_ERROR && bytes.length >= NLMSG_HDRLEN + 20) {
    view.setUint32(NLMSG_HDRLEN + 12, seq, true)
    view.setUint32(NLMSG_HDRLEN + 16, 0, true)
  }
  return copy
}

function refusal(request: RecordedMessage, abi: Abi): Uint8Array {
  const errno = errnoNumber('EOPNOTSUPP', abi)
  const text = extAckBody.encode({ header: {}, attrs: { msg: 'the recording has no answer to this request' } }, abi)
  return errorMessage(request, abi === 'linux' ? -errno : errno, text)
}

/** The answer to a control message: barriers of clients are not part of what was recorded. */
function acknowledgement(request: RecordedMessage): Uint8Array {
  return errorMessage(request, 0, new Uint8Array(0))
}

function errorMessage(request: RecordedMessage, error: number, attrs: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(NLMSG_HDRLEN + 4 + NLMSG_HDRLEN + attrs.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, NLMSG_ERROR, true)
  view.setUint16(6, NLM_F_CAPPED, true)
  view.setUint32(8, request.seq, true)
  view.setUint32(12, replayPort, true)
  view.setInt32(16, error, true)
  bytes.set(request.bytes.subarray(0, NLMSG_HDRLEN), 20)
  bytes.set(attrs, 36)
  return bytes
}
