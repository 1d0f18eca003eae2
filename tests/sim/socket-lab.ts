import { abiConstants } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import {
  type AnyHandler,
  createNetlink,
  handler,
  type Netlink,
  type NetlinkSocket,
  type Protocol,
} from '@nltool/nl-core/kernel'
import { type Abi, preempt, type Random, rootCred, type Scheduler, vnet0 } from '@nltool/nl-core/model'
import { below, type Policy, type SeededScheduler, seededScheduler } from '@nltool/nl-core/scheduler'
import { concatBytes, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { attributeSet, body, struct, u32 } from '@nltool/nl-core/wire'

/** Requests that the sockets are given: acknowledged at once, after other steps, under the RTNL, or a dump. */
export const types = { NOW: 16, LATER: 17, LOCKED: 18, GET: 19, DUMP: 20, FAIL: 21 } as const
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const NLM_F_REQUEST_ACK = 5
const NLM_F_DUMP_INTR = 0x10
const SOL_NETLINK = 270
const NETLINK_SND_SYNC = 258

const entryBody = body(struct('entry', { id: u32 }), attributeSet({ ENTRY_VALUE: [1, 'value', u32] }))

/** One run: a subsystem whose set of entries changes, and what must never happen and did. */
export interface Lab {
  readonly netlink: Netlink
  readonly scheduler: SeededScheduler
  readonly random: Random
  readonly violations: string[]
  /** Every state in which the set of entries has been, as ascending ids. */
  readonly history: string[]
  change(): void
  open(abi: Abi): Track
}

/** A socket and what is known of it. */
export interface Track {
  readonly socket: NetlinkSocket
  readonly abi: Abi
  /** Sequence numbers of the requests that send(2) took, in order, with their types. */
  readonly sent: Map<number, number>
  readonly received: { readonly seq: number; readonly type: number; readonly flags: number; readonly id: number }[]
  losses: number
  nextSeq: number
  /** close() has resolved. */
  closed: boolean
}

/** Makes a lab whose every choice follows from the seed. */
export function createLab(seed: number, policy?: Policy): Lab {
  const scheduler = seededScheduler(seed, policy === undefined ? {} : { policy })
  const violations: string[] = []
  const tracks: Track[] = []
  const entries = new Set<number>()
  const history = ['']
  let generation = 1
  const netlink = createNetlink({
    scheduler,
    clock: scheduler.clock,
    random: scheduler.random,
    onDefect: defect => violations.push(`defect: ${String(defect)}`),
  })

  function change(): void {
    const id = 1 + below(scheduler.random, 60)
    if (!entries.delete(id)) entries.add(id)
    generation += 1
    history.push(sorted(entries))
  }

  function* dump() {
    for (const id of [...entries].sort((a, b) => a - b)) {
      if (entries.has(id)) yield { header: { id }, attrs: {} }
    }
  }

  netlink.register(protocol(scheduler, violations, tracks, { dump, generation: () => generation }))
  for (let count = 0; count < 40; count++) change()
  return {
    netlink,
    scheduler,
    random: scheduler.random,
    violations,
    history,
    change,
    open(abi) {
      const socket = netlink.open({ protocol: 0, cred: rootCred, pid: 100, vnet: vnet0, abi })
      // The port names the socket to its handlers.
      socket.bind({ portid: 1000 + tracks.length, groups: 0 })
      const track: Track = { socket, abi, sent: new Map(), received: [], losses: 0, nextSeq: 1, closed: false }
      tracks.push(track)
      return track
    },
  }
}

function sorted(entries: ReadonlySet<number>): string {
  return [...entries].sort((a, b) => a - b).join()
}

function protocol(
  scheduler: Scheduler,
  violations: string[],
  tracks: readonly Track[],
  source: {
    readonly dump: () => Iterable<{ header: { id: number }; attrs: object }>
    readonly generation: () => number
  },
): Protocol {
  const running = new Set<number>()

  /** Runs a handler and looks whether it should: alone on its socket, and not after close(2) has returned. */
  async function alone(portid: number, work: () => Promise<void>): Promise<void> {
    enter(portid)
    await work()
    running.delete(portid)
  }
  function enter(portid: number): void {
    if (running.has(portid)) violations.push(`two requests of port ${portid} overlap`)
    if (tracks[portid - 1000]?.closed === true) violations.push(`port ${portid} is served after its close`)
    running.add(portid)
  }
  const pause = async () => {
    await preempt(scheduler, 'handler')
    await preempt(scheduler, 'handler')
  }
  const handlers = new Map<number, AnyHandler>([
    [
      types.NOW,
      handler({
        body: entryBody,
        do({ portid }) {
          enter(portid)
          running.delete(portid)
        },
      }),
    ],
    [types.LATER, handler({ body: entryBody, do: ({ portid }) => alone(portid, pause) })],
    [types.LOCKED, handler({ body: entryBody, lock: 'rtnl', do: ({ portid }) => alone(portid, pause) })],
    [types.GET, handler({ body: entryBody, do: ({ body: { header } }) => ({ header, attrs: { value: 1 } }) })],
    [
      types.FAIL,
      handler({
        body: entryBody,
        do(): void {
          throw new NetlinkError('ENOENT')
        },
      }),
    ],
    [types.DUMP, handler({ body: entryBody, dump: () => ({ bodies: source.dump(), generation: source.generation }) })],
  ])
  return {
    number: 0,
    name: 'entries',
    handlerOf({ type }) {
      const found = handlers.get(type)
      if (found === undefined) throw new NetlinkError('EOPNOTSUPP')
      return found
    },
    replyType: () => types.GET,
    groups: () => 32,
  }
}

/** Sends one datagram of one to four random requests. Resolves when send(2) has returned. */
export async function sendSome(lab: Lab, track: Track): Promise<void> {
  const kinds = Object.values(types)
  const chosen = Array.from({ length: 1 + below(lab.random, 4) }, () => kinds[below(lab.random, 6)] ?? types.NOW)
  await sendRequests(lab, track, chosen, below(lab.random, 2) === 0)
}

/** Sends one datagram of requests of the given types, and notes them if send(2) takes it. */
export async function sendRequests(lab: Lab, track: Track, chosen: readonly number[], dontwait = false): Promise<void> {
  const requests = chosen.map(type => ({ type, seq: track.nextSeq++ }))
  const messages = requests.map(({ type, seq }) => {
    const payload = entryBody.encode({ header: { id: seq }, attrs: { value: 7 } }, track.abi)
    return messageBytes({ type, flags: NLM_F_REQUEST_ACK, seq }, payload)
  })
  try {
    await track.socket.send(concatBytes(...messages), dontwait ? dontwaitOf(track) : 0)
  } catch (error) {
    const { code } = error as { code: string }
    if (code !== 'EAGAIN' && code !== 'EBADF') lab.violations.push(`send: ${code}`)
    if (code === 'EBADF' && !track.socket.closed) lab.violations.push('send: EBADF on an open socket')
    return
  }
  for (const { type, seq } of requests) track.sent.set(seq, type)
}

function dontwaitOf({ abi }: Track): number {
  return abiConstants[abi].MSG_DONTWAIT
}

/** Reads what is there, or nothing. */
export function readSome(lab: Lab, track: Track): boolean {
  try {
    const size = 100 + below(lab.random, 2000)
    const got = track.socket.recv(track.abi === 'linux' ? 65536 : size, dontwaitOf(track))
    if (got instanceof Promise) throw new Error('a non-blocking recv waits')
    for (const { type, seq, flags, payload } of splitMessages(got.data)) {
      track.received.push({ type, seq, flags, id: new DataView(payload.buffer, payload.byteOffset).getUint32(0, true) })
    }
    return true
  } catch (error) {
    const { code } = error as { code: string }
    if (code === 'ENOBUFS') return true
    if (code !== 'EAGAIN' && code !== 'EBADF') throw error
    return false
  }
}

/** Switches NETLINK_SND_SYNC: refused only while requests are pending. */
export async function switchSome(lab: Lab, track: Track): Promise<void> {
  if (track.abi === 'linux') return
  const pending = track.socket.fionwrite
  try {
    await track.socket.setsockopt(SOL_NETLINK, NETLINK_SND_SYNC, below(lab.random, 2))
  } catch (error) {
    const { code } = error as { code: string }
    if (code !== 'EBUSY' && code !== 'EBADF') lab.violations.push(`switch: ${code}`)
    if (code === 'EBUSY' && pending === 0 && track.socket.fionwrite === 0)
      lab.violations.push('EBUSY with nothing pending')
  }
}

/** Checks what a socket has received against what it has sent, once nothing is left to come. */
export function judge(lab: Lab, track: Track): void {
  const { sent, received, socket } = track
  const order = [...sent.keys()]
  const finished = received.filter(({ type }) => type === NLMSG_ERROR || type === NLMSG_DONE).map(({ seq }) => seq)
  if (new Set(finished).size !== finished.length) lab.violations.push('a request is answered twice')
  if (
    track.abi === 'freebsd' &&
    !isSubsequence(
      finished.filter(seq => sent.get(seq) !== types.DUMP),
      order,
    )
  ) {
    lab.violations.push(`answers out of order: ${finished.join()}`)
  }
  for (const seq of finished) if (!sent.has(seq)) lab.violations.push(`an answer to ${seq}, which was not sent`)
  judgeDumps(lab, track)
  const drops = lab.netlink.sockets().find(({ portid }) => portid === socket.portid)?.drops
  if (drops === undefined) return
  const expected = order.reduce((sum, seq) => sum + (sent.get(seq) === types.GET ? 2 : 1), 0)
  const got = received.filter(
    ({ seq, type }) => sent.get(seq) !== types.DUMP || type === NLMSG_ERROR || type === NLMSG_DONE,
  )
  if (got.length + drops !== expected) {
    lab.violations.push(`${expected} messages expected, ${got.length} received, ${drops} counted as lost`)
  }
}

/** A dump that is not flagged shows one state in which the set has been. */
function judgeDumps(lab: Lab, { sent, received }: Track): void {
  for (const [seq, type] of sent) {
    if (type !== types.DUMP) continue
    const parts = received.filter(message => message.seq === seq)
    const last = parts.at(-1)
    if (last?.type !== NLMSG_DONE) continue
    if (parts.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0)) continue
    const seen = parts.slice(0, -1).map(({ id }) => id)
    if (!lab.history.includes(seen.join()))
      lab.violations.push(`an unflagged dump shows what never was: ${seen.join()}`)
  }
}

function isSubsequence(part: readonly number[], whole: readonly number[]): boolean {
  let at = 0
  for (const value of whole) if (part[at] === value) at += 1
  return at === part.length
}
