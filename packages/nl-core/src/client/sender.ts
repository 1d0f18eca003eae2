import type { Awaitable } from '../model/time.ts'
import type { Transport } from './transport.ts'

/** Sends datagrams one after another, whatever the transport lets wait. */
export interface Sender {
  /** Sends at once if nothing waits, else a copy after what waits. */
  send(bytes: Uint8Array): Awaitable<void>
}

/** Whether something has to be waited for. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise
}

/**
 * Makes the sending side of a connection. `onKept` is called when the transport goes on reading the bytes that it was
 * given: they must stay as they are.
 */
export function createSender(transport: Transport, onKept: () => void): Sender {
  let last: Promise<void> | undefined // of what was sent last, settled or not; undefined when nothing is on its way

  function follow(sent: Promise<void>): Promise<void> {
    const settled: Promise<void> = sent.then(forget, forget)
    last = settled
    return sent
    function forget(): void {
      if (last === settled) last = undefined
    }
  }

  return {
    send(bytes) {
      if (last !== undefined) {
        const copy = bytes.slice()
        return follow(last.then(() => transport.send(copy)))
      }
      const sent = transport.send(bytes)
      if (!isPromise(sent)) return undefined
      onKept()
      return follow(sent)
    },
  }
}
