import type { Awaitable } from '../model/time.ts'
import type { Writer } from '../wire/codec.ts'
import { createWriter } from '../wire/frame.ts'
import type { Pending } from './pending.ts'
import { isPromise, type Sender } from './sender.ts'

/** What goes out, requests that are made together in one datagram. */
export interface Outbox {
  /**
   * Sends a message, or several, in the order of the calls. What has a `pending` may go with others, and is told if that
   * fails after this call has returned.
   */
  send(bytes: Uint8Array, pending?: Pending): Awaitable<void>
}

/** Datagrams do not grow beyond this, nor do longer ones wait for others: bytes. */
const bytesMax = 16_384

/**
 * Makes the outbox of a connection. A request that is made while others wait for their answers is sent a microtask
 * later, with all that are made until then: answers come by the datagram too, and whoever waits for each answer before
 * the next request waits for nothing here (RFC 896 has the idea).
 */
export function createOutbox(
  sender: Sender,
  crowded: () => boolean,
  fail: (pending: Pending, error: unknown) => void,
): Outbox {
  let writer: Writer = createWriter()
  let members: Pending[] = []
  let flushing: Promise<void> | undefined

  function flush(): void {
    flushing = undefined
    const gathered = members
    const bytes = writer.bytes.subarray(0, writer.pos)
    if (bytes.length === 0) return
    members = []
    const failed = (error: unknown): void => {
      for (const pending of gathered) fail(pending, error)
    }
    try {
      const sent = sender.send(bytes)
      if (isPromise(sent)) {
        writer = createWriter()
        sent.catch(failed)
      } else writer.pos = 0
    } catch (error) {
      writer.pos = 0
      failed(error)
    }
  }

  function gather(bytes: Uint8Array, pending: Pending): void {
    if (writer.pos + bytes.length > bytesMax) flush()
    writer.ensure(bytes.length)
    writer.bytes.set(bytes, writer.pos)
    writer.pos += bytes.length
    members.push(pending)
    flushing ??= Promise.resolve().then(flush)
  }

  return {
    send(bytes, pending) {
      const alone = pending === undefined || bytes.length > bytesMax
      if (!alone && (flushing !== undefined || crowded())) return gather(bytes, pending)
      flush()
      return sender.send(bytes)
    },
  }
}
