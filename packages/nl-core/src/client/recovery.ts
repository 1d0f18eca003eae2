import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_HDRLEN, NLMSG_NOOP } from '../constants.ts'
import { SocketError } from '../errno/errors.ts'
import { dumpInterrupted } from './dump-run.ts'
import type { Link, Listener } from './link.ts'
import { type OpenBarrier, openRecord, type Pending, type PendingTable } from './pending.ts'
import type { ClientEnv, ClientTimer } from './platform.ts'
import { isPromise } from './sender.ts'

/** What a connection does about an overrun. */
export interface Recovery {
  /** Messages were lost. */
  begin(): void
  /** A datagram has been taken out of the receive queue. */
  progress(): void
  /** A barrier was acknowledged. */
  passed(barrier: OpenBarrier): void
  /** A barrier was not acknowledged in time: its own acknowledgement may have been lost. */
  expired(barrier: OpenBarrier): void
  /** A barrier will never be acknowledged. */
  abandon(barrier: OpenBarrier): void
}

/** What a recovery works on. */
export interface RecoveryParts {
  readonly table: PendingTable
  readonly listeners: ReadonlySet<Listener>
  readonly submit: Link['submit']
  readonly drop: Link['drop']
  readonly fail: (pending: Pending, error: SocketError) => void
  readonly listen: Link['listen']
  readonly env: ClientEnv
  readonly timeoutMs: number
  /** Whether the kernel goes on losing events until its reader has emptied the queue, and says nothing of those (Linux). */
  readonly lossy: boolean
}

/** How long a barrier waits for the queue to move, milliseconds: until then there may be no room for its acknowledgement. */
const patienceMs = 10
/** How long a barrier waits for its acknowledgement, milliseconds at most, and how often it is put up anew after that. */
const answerMsMax = 1000
const silencesMax = 4
/** How often a barrier is put up again because the queue may not have been empty yet. */
const roundsMax = 16

/**
 * Finds out after an overrun which answers are lost, and from where on events are complete again.
 *
 * A kernel reports an overrun ahead of what it queued before it (NS 4.4.4, 5.5), so events that arrive after ENOBUFS may
 * be older than those that were lost, and must not be applied to what is dumped afterwards. It answers in order (NS
 * 4.3), so the acknowledgement of one more message, a barrier, is the border: answers that have not come before it will
 * not come, and events behind it are newer than any that is missing.
 */
export function createRecovery(parts: RecoveryParts): Recovery {
  const { table, listeners, submit, drop, fail, listen, env, timeoutMs, lossy } = parts
  let due: ClientTimer | undefined // a barrier is to be raised
  let latest: OpenBarrier | undefined
  let rounds = 0
  let silences = 0 // barriers in a row that were not answered

  function prepare(): void {
    if (due !== undefined) return
    due = env.after(patienceMs, raise)
    listen(1)
  }

  function raise(): void {
    due?.cancel()
    due = undefined
    listen(-1)
    const seq = table.next(1)
    const barrier: OpenBarrier = { kind: 'barrier', ...openRecord(seq, 1, Math.min(timeoutMs, answerMsMax), 0) }
    latest = barrier
    try {
      const sent = submit(barrier, barrierMessage(seq))
      if (isPromise(sent)) sent.catch(() => recovered(barrier))
    } catch {
      recovered(barrier)
    }
  }

  function recovered(barrier: OpenBarrier): void {
    drop(barrier)
    if (barrier !== latest || due !== undefined) return
    latest = undefined
    for (const pending of table.list()) {
      if (pending.doubtful) fail(pending, new SocketError('ENOBUFS', lostText))
    }
    for (const listener of listeners) listener.recovered()
  }

  return {
    begin() {
      for (const listener of listeners) listener.lost()
      let doubts = false
      for (const pending of table.list()) {
        if (pending.kind === 'dump') dumpInterrupted(pending)
        else if (pending.kind !== 'barrier' && pending.sent) doubts = pending.doubtful = true
      }
      rounds = 0
      silences = 0
      if (doubts || listeners.size > 0) prepare()
    },
    progress() {
      if (due !== undefined) raise()
    },
    passed(barrier) {
      // Answers to requests that are still open may be queued behind the barrier: the queue is not empty yet.
      const again = lossy && barrier === latest && listeners.size > 0 && table.list().some(stillAnswered)
      if (again && ++rounds < roundsMax) {
        drop(barrier)
        prepare()
      } else recovered(barrier)
    },
    expired(barrier) {
      if (barrier === latest && ++silences < silencesMax) {
        drop(barrier)
        prepare()
      } else recovered(barrier)
    },
    abandon: recovered,
  }
}

const lostText = 'the answer was lost in an overrun; whether the request was carried out is unknown'

function stillAnswered(pending: Pending): boolean {
  return pending.kind !== 'barrier' && pending.sent && !pending.doubtful
}

function barrierMessage(seq: number): Uint8Array {
  const bytes = new Uint8Array(NLMSG_HDRLEN)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, NLMSG_HDRLEN, true)
  view.setUint16(4, NLMSG_NOOP, true)
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK, true)
  view.setUint32(8, seq, true)
  return bytes
}
