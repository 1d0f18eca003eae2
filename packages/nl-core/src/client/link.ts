import { NLMSG_DONE, NLMSG_ERROR, NLMSG_MIN_TYPE, NLMSG_NOOP, NLMSG_OVERRUN } from '../constants.ts'
import { SocketError } from '../errno/errors.ts'
import type { Awaitable } from '../model/time.ts'
import { batchAnswered, batchFailed, batchMessage } from './batch.ts'
import { createDeadlines } from './deadline.ts'
import { dumpAnswered, dumpFailed, dumpMessage } from './dump-run.ts'
import { createEncoder, type Encoder } from './encoder.ts'
import { createIncoming } from './incoming.ts'
import { createOutbox } from './outbox.ts'
import { createPendingTable, type Pending } from './pending.ts'
import type { ClientEnv } from './platform.ts'
import { createReceiver } from './receiver.ts'
import { createRecovery } from './recovery.ts'
import { requestAnswered, requestFailed, requestMessage } from './request.ts'
import { createSender } from './sender.ts'
import type { Received, Transport } from './transport.ts'
import type { Message } from './types.ts'

/** What listens to messages that answer no request. */
export interface Listener {
  /** Whether it takes the message. */
  take(message: Message): boolean
  /** Messages were lost: until `recovered` is called, what it would take may be older than those, and is dropped. */
  lost(): void
  /** Messages are complete again from here on. */
  recovered(): void
  /** The connection is closed, or failed. */
  fail(error: unknown): void
}

/** The parts of a connection that requests, dumps, batches and subscriptions share. */
export interface Link {
  readonly transport: Transport
  /** For single requests. */
  readonly encoder: Encoder
  readonly env: ClientEnv
  /** How long a record waits by default, milliseconds; Infinity for ever. */
  readonly timeoutMs: number
  /** How many acknowledgements may be on their way at once. */
  readonly windowMax: number
  readonly listeners: Set<Listener>
  /** Sequence number of the next record that needs so many. */
  nextSeq(count: number): number
  /** Uses up one sequence number, for a message that nobody waits for. */
  spendSeq(): number
  /** Opens a record with the sequence numbers that `nextSeq` said, sends its bytes and sees that its answers are received. */
  submit(pending: Pending, bytes: Uint8Array): Awaitable<void>
  /** Sends bytes that nobody waits for. */
  send(bytes: Uint8Array): Awaitable<void>
  /** Removes a record: what still arrives for it is stray. */
  drop(pending: Pending): void
  /** Starts or restarts the time-out of a record. */
  await(pending: Pending): void
  /** Stops it. */
  idle(pending: Pending): void
  /** Whether somebody waits for the answers of a record. A new record is wanted. */
  want(pending: Pending, wanted: boolean): void
  /** Says that a listener began (1) or ceased (-1) to wait for messages. */
  listen(change: 1 | -1): void
  warn(text: string, request: string): void
  close(): Promise<void>
}

/** What {@link createLink} needs to know. */
export interface LinkOptions {
  readonly env: ClientEnv
  readonly timeoutMs: number
  /** How many acknowledgements may be on their way at once. */
  readonly windowMax: number
  /** Requests that are made together share a datagram. */
  readonly coalesce: boolean
  readonly onWarning?: ((text: string, request: string) => void) | undefined
  readonly onStray?: ((message: Message) => void) | undefined
}

/** Sequence numbers start below 2^30, so that they stay small integers, which engines handle without allocating, for long. */
const firstSeqShift = 2

/** Makes the shared part of a connection. */
export function createLink(
  transport: Transport,
  { env, timeoutMs, windowMax, coalesce, onWarning, onStray }: LinkOptions,
): Link {
  const table = createPendingTable(env.random.u32() >>> firstSeqShift)
  const listeners = new Set<Listener>()
  const encoder = createEncoder(transport.abi)
  const outbox = createOutbox({
    sender: createSender(transport, encoder.giveAway),
    windowMax,
    share: coalesce,
    onSent: pending => deadlines.start(pending),
    onFailed(pending, error) {
      if (dead === undefined) fail(pending, asSocketError(error))
    },
  })
  const incoming = createIncoming(transport.abi)
  const deadlines = createDeadlines(env, table, expired)
  const receiver = createReceiver(transport, { wanted: () => wants > 0, take, failed }, step => void env.after(0, step))
  let wants = 0
  let dead: SocketError | undefined
  let port = 0 // as of the datagram that is gone through: Linux binds a socket when it first sends

  function take(received: Received): void {
    port = transport.portid
    incoming.load(received.bytes)
    while (incoming.advance()) guard(route)
    recovery.progress()
    if (received.truncated === true) recovery.begin()
  }

  function route(): void {
    const pending = incoming.portid === port ? table.find(incoming.seq) : undefined
    if (incoming.type === NLMSG_OVERRUN) recovery.begin()
    else if (pending === undefined) notify()
    else if (incoming.type === NLMSG_ERROR || incoming.type === NLMSG_DONE) answered(pending)
    else if (incoming.type !== NLMSG_NOOP && !message(pending)) notify()
  }

  /** Whether a message is part of the answer. Linux stamps notifications with the request that causes them. */
  function message(pending: Pending): boolean {
    if (pending.kind === 'request') return requestMessage(link, pending, incoming)
    if (pending.kind === 'dump') return dumpMessage(link, pending, incoming)
    return pending.kind === 'batch' && batchMessage(link, pending, incoming)
  }

  function answered(pending: Pending): void {
    if (pending.kind === 'request') requestAnswered(link, pending, incoming)
    else if (pending.kind === 'batch') batchAnswered(link, pending, incoming)
    else if (pending.kind === 'dump') dumpAnswered(link, pending, incoming)
    else recovery.passed(pending)
  }

  function notify(): void {
    let taken = false
    // Control messages tell of requests: one that nobody waits for any more is no event.
    if (incoming.type >= NLMSG_MIN_TYPE) for (const listener of listeners) taken = listener.take(incoming) || taken
    if (!taken && incoming.type !== NLMSG_NOOP) onStray?.(incoming)
  }

  /** Callers' functions run in here; what they throw is theirs, and must not stop the loop. */
  function guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      void Promise.reject(error)
    }
  }

  function failed(error: unknown): boolean {
    if (error instanceof SocketError && error.code === 'ENOBUFS') recovery.begin()
    else if (!(error instanceof SocketError && error.code === 'EINTR')) die(error)
    return dead === undefined
  }

  function fail(pending: Pending, error: SocketError): void {
    if (pending.kind === 'request') requestFailed(link, pending, error)
    else if (pending.kind === 'batch') batchFailed(link, pending, error)
    else if (pending.kind === 'dump') dumpFailed(link, pending, error)
    else recovery.abandon(pending)
  }

  function expired(pending: Pending): void {
    if (pending.kind === 'dump' && pending.state.heard) {
      pending.state.heard = false // it is coming, if slowly
      deadlines.start(pending)
    } else if (pending.kind === 'barrier') recovery.expired(pending)
    else fail(pending, new SocketError('ETIMEDOUT', `no answer within ${pending.timeoutMs} ms`))
  }

  function die(error: unknown): void {
    if (dead !== undefined) return
    dead = asSocketError(error)
    deadlines.close()
    for (const pending of table.list()) fail(pending, dead)
    for (const listener of [...listeners]) listener.fail(dead)
  }

  const link: Link = {
    transport,
    encoder,
    env,
    timeoutMs,
    windowMax,
    listeners,
    nextSeq: count => table.next(count),
    spendSeq: () => table.spend(),
    submit(pending, bytes) {
      if (dead !== undefined) throw dead
      table.open(pending)
      wants++
      try {
        return outbox.send(bytes, pending)
      } catch (error) {
        link.drop(pending)
        throw error
      } finally {
        receiver.run()
      }
    },
    send(bytes) {
      if (dead !== undefined) throw dead
      return outbox.send(bytes)
    },
    drop(pending) {
      if (table.find(pending.seq) !== pending) return
      table.close(pending)
      if (pending.wanted) wants--
      outbox.landed(pending)
      deadlines.settle()
    },
    await: pending => deadlines.start(pending),
    idle: pending => deadlines.stop(pending),
    want(pending, wanted) {
      if (pending.wanted === wanted || table.find(pending.seq) !== pending) return
      pending.wanted = wanted
      link.listen(wanted ? 1 : -1)
    },
    listen(change) {
      wants += change
      if (change > 0 && dead === undefined) receiver.run()
    },
    warn: (text, request) => onWarning?.(text, request),
    close() {
      die(new SocketError('EBADF', 'the connection is closed'))
      return transport.close()
    },
  }
  const recovery = createRecovery({
    table,
    listeners,
    submit: link.submit,
    drop: link.drop,
    listen: link.listen,
    fail,
    env,
    timeoutMs,
    lossy: transport.abi === 'linux',
  })
  return link
}

function asSocketError(error: unknown): SocketError {
  return error instanceof SocketError ? error : new SocketError('EIO', 'the transport failed', { cause: error })
}
