import type { Received, Transport, TransportOptions } from '../client/transport.ts'
import { NLMSG_NOOP } from '../constants.ts'
import { SocketError } from '../errno/errors.ts'
import type { Abi } from '../model/abi.ts'
import type { Awaitable } from '../model/time.ts'
import { errorAnswer, type SentMessage, splitMessages } from './messages.ts'

/** How a scripted transport behaves. */
export interface ScriptOptions {
  readonly abi?: Abi
  readonly portid?: number
  /** Whether NLMSG_NOOP is acknowledged without asking the test, as every kernel does. Default true. */
  readonly acknowledgeNoop?: boolean
  /** Called with each message sent; answers by `deliver`. */
  readonly onMessage?: (message: SentMessage, transport: ScriptedTransport) => void
  /** Called before a datagram is taken: may throw, or let the sender wait. */
  readonly onSend?: (datagram: Uint8Array) => Awaitable<void>
  /** Called with each group that is joined: may throw. */
  readonly onJoin?: (group: number) => Awaitable<void>
}

/** A transport whose other end is a test. */
export interface ScriptedTransport extends Transport {
  /** Datagrams sent so far, copied. */
  readonly sent: Uint8Array[]
  /** Groups joined now. */
  readonly groups: ReadonlySet<number>
  readonly options: ReadonlyMap<keyof TransportOptions, unknown>
  readonly closed: boolean
  /** Whether a `recv` is parked. */
  readonly parked: boolean
  /** How often `recv` was called. */
  readonly receives: number
  /** Lets datagrams arrive. */
  deliver(...datagrams: Uint8Array[]): void
  /** Lets a datagram arrive whose end was cut off by the receiver's buffer. */
  deliverTruncated(datagram: Uint8Array): void
  /** Lets the next `recv` fail. */
  failReceive(error: unknown): void
  /** Another port, as after a bind. */
  setPort(portid: number): void
}

type Arrival = { readonly received: Received } | { readonly error: unknown }

/** Makes a transport that a test plays the kernel of. `recv` is synchronous when something has arrived. */
export function scriptedTransport(options: ScriptOptions = {}): ScriptedTransport {
  const sent: Uint8Array[] = []
  const groups = new Set<number>()
  const values = new Map<keyof TransportOptions, unknown>()
  const arrivals: Arrival[] = []
  let parked: { resolve(received: Received): void; reject(error: unknown): void } | undefined
  let portid = options.portid ?? 0
  let closed = false
  let receives = 0

  function arrive(arrival: Arrival): void {
    const waiter = parked
    parked = undefined
    if (waiter === undefined) arrivals.push(arrival)
    else if ('error' in arrival) waiter.reject(arrival.error)
    else waiter.resolve(arrival.received)
  }

  const transport: ScriptedTransport = {
    abi: options.abi ?? 'freebsd',
    get portid() {
      return portid
    },
    sent,
    groups,
    options: values,
    get closed() {
      return closed
    },
    get parked() {
      return parked !== undefined
    },
    get receives() {
      return receives
    },
    send(datagram) {
      if (closed) throw new SocketError('EBADF')
      const copy = datagram.slice()
      const wait = options.onSend?.(copy)
      return wait instanceof Promise ? wait.then(() => take(copy)) : take(copy)
    },
    recv() {
      receives++
      const arrival = arrivals.shift()
      if (arrival !== undefined && 'received' in arrival) return arrival.received
      if (arrival !== undefined) throw arrival.error
      if (closed) throw new SocketError('EBADF')
      return new Promise((resolve, reject) => {
        parked = { resolve, reject }
      })
    },
    async join(group) {
      await options.onJoin?.(group)
      groups.add(group)
    },
    leave(group) {
      groups.delete(group)
    },
    setOption(name, value) {
      values.set(name, value)
    },
    async close() {
      if (closed) return
      closed = true
      if (parked !== undefined) arrive({ error: new SocketError('EBADF') })
    },
    deliver(...datagrams) {
      for (const bytes of datagrams) arrive({ received: { bytes } })
    },
    deliverTruncated: bytes => arrive({ received: { bytes, truncated: true } }),
    failReceive: error => arrive({ error }),
    setPort(value) {
      portid = value
    },
  }

  function take(datagram: Uint8Array): void {
    sent.push(datagram)
    for (const message of splitMessages(datagram)) {
      if (message.type !== NLMSG_NOOP || options.acknowledgeNoop === false) options.onMessage?.(message, transport)
      else transport.deliver(errorAnswer(message, undefined, { abi: transport.abi, portid }))
    }
  }

  return transport
}
