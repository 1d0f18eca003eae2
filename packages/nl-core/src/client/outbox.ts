import type { Awaitable } from '../model/time.ts'
import { createWriter } from '../wire/frame.ts'
import type { Pending } from './pending.ts'
import { isPromise, type Sender } from './sender.ts'

/** What goes out, no more at once than the answers have room for, and requests that are made together in one datagram. */
export interface Outbox {
  /**
   * Sends a message, or several, in the order of the calls; a barrier ahead of what waits. What has a `pending` may wait
   * for others or for room: it is told then when it is sent, and if that fails.
   */
  send(bytes: Uint8Array, pending?: Pending): Awaitable<void>
  /** Tells that a record that was sent is closed: there is room for others. */
  landed(pending: Pending): void
}

/** How an outbox is made. */
export interface OutboxOptions {
  readonly sender: Sender
  /** The sum of weights that may be on its way. One record that is heavier travels alone. */
  readonly windowMax: number
  /** Requests that are made together share a datagram. */
  readonly share: boolean
  readonly onSent: (pending: Pending) => void
  readonly onFailed: (pending: Pending, error: unknown) => void
}

/** Shared datagrams do not grow beyond this, bytes. */
const bytesMax = 16_384

/** What waits: the bytes of all, one behind the other, and for each its record and where it ends. */
interface Backlog {
  readonly writer: ReturnType<typeof createWriter>
  readonly members: (Pending | undefined)[]
  readonly ends: number[]
  /** The first that waits, and where it starts. */
  next: number
  start: number
}

/** A datagram of what has waited. */
interface Together {
  readonly bytes: Uint8Array
  readonly members: readonly (Pending | undefined)[]
}

function emptyBacklog(writer = createWriter()): Backlog {
  writer.pos = 0
  return { writer, members: [], ends: [], next: 0, start: 0 }
}

/**
 * Makes the outbox of a connection. A request that is made while others wait for their answers is sent a microtask
 * later, with all that are made until then: answers come by the datagram too, and whoever waits for each answer before
 * the next request waits for nothing here (RFC 896 has the idea). Linux loses answers for which its reader's buffer has
 * no room, so what would be too many at once waits for the answers to what is on its way.
 */
export function createOutbox({ sender, windowMax, share, onSent, onFailed }: OutboxOptions): Outbox {
  let backlog = emptyBacklog()
  let weight = 0 // on its way
  let sending = 0 // datagrams that the transport has not taken yet
  let scheduled = false // a flush is

  function launch(bytes: Uint8Array, pending: Pending | undefined): Awaitable<void> {
    if (pending !== undefined) leave(pending)
    return sender.send(bytes)
  }

  function leave(pending: Pending): void {
    pending.sent = true
    weight += pending.weight
    onSent(pending)
  }

  function gather(bytes: Uint8Array, pending: Pending | undefined): void {
    const { writer, members, ends } = backlog
    writer.ensure(bytes.length)
    writer.bytes.set(bytes, writer.pos)
    writer.pos += bytes.length
    members.push(pending)
    ends.push(writer.pos)
    schedule()
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    void Promise.resolve().then(flush)
  }

  function flush(): void {
    scheduled = false
    for (let together = take(); together.members.length > 0; together = take()) sendTogether(together)
    if (backlog.next === backlog.members.length) backlog = emptyBacklog(sending > 0 ? undefined : backlog.writer)
  }

  /** The next datagram: as many as there is room for, none if there is no room. */
  function take(): Together {
    const { writer, members, ends } = backlog
    const gathered: (Pending | undefined)[] = []
    let room = windowMax - weight
    skipClosed()
    const { start } = backlog
    let end = start
    while (backlog.next < members.length) {
      const member = members[backlog.next]
      const after = ends[backlog.next] as number
      if (member !== undefined && !member.open) break
      if (gathered.length > 0 && (!share || after - start > bytesMax)) break
      if (member !== undefined && member.weight > room && !(weight === 0 && gathered.length === 0)) break
      room -= member?.weight ?? 0
      gathered.push(member)
      end = after
      backlog.next++
    }
    backlog.start = end
    return { bytes: writer.bytes.subarray(start, end), members: gathered }
  }

  /** What was given up before it was sent need not be sent. */
  function skipClosed(): void {
    for (; backlog.members[backlog.next]?.open === false; backlog.next++) {
      backlog.start = backlog.ends[backlog.next] as number
    }
  }

  function sendTogether({ bytes, members }: Together): void {
    const failed = (error: unknown): void => {
      for (const pending of members) if (pending !== undefined) onFailed(pending, error)
    }
    for (const pending of members) if (pending !== undefined) leave(pending)
    try {
      const sent = sender.send(bytes)
      if (isPromise(sent)) track(sent, failed)
    } catch (error) {
      failed(error)
    }
  }

  function track(sent: Promise<void>, failed: (error: unknown) => void): void {
    sending++
    const done = (): void => {
      sending--
    }
    sent.then(done, error => {
      done()
      failed(error)
    })
  }

  return {
    send(bytes, pending) {
      if (pending?.kind === 'barrier') return launch(bytes, pending)
      const waits = backlog.next < backlog.members.length
      const fits = weight === 0 || (!share && weight + (pending?.weight ?? 0) <= windowMax)
      if (!waits && (fits || pending === undefined)) return launch(bytes, pending)
      return gather(bytes, pending)
    },
    landed(pending) {
      if (!pending.sent) return
      weight -= pending.weight
      if (backlog.next < backlog.members.length) schedule()
    },
  }
}
