import { NetlinkError } from '../../errno/errors.ts'
import type { Cred } from '../../model/cred.ts'
import type { VnetId } from '../../model/ids.ts'
import { type Caller, createTask, type Task } from '../../model/task.ts'
import type { AbiRules } from '../abi-rules.ts'
import type { Core } from '../core.ts'
import type { RunningDump } from '../dispatch/dump.ts'
import type { ReplyBuffer } from '../dispatch/reply-buffer.ts'
import { createReceiveBuffer, type ReceiveBuffer } from './receive-buffer.ts'
import { createSendBuffer, type SendBuffer } from './send-buffer.ts'

/** The options that are on or off. */
export interface SockFlags {
  capAck: boolean
  extAck: boolean
  strict: boolean
  msgInfo: boolean
  sndSync: boolean
  pktinfo: boolean
  broadcastError: boolean
  noEnobufs: boolean
  listenAllNsid: boolean
  passcred: boolean
}

/** A call that waits on a socket. `attempt` is true when it has been settled. */
export interface Waiter {
  attempt(): boolean
  fail(error: Error): void
}

/** The state of one socket. The modules of this folder are functions over it. */
export interface Sock {
  readonly core: Core
  /** Counts up: the order of creation. */
  readonly id: number
  readonly protocol: number
  readonly type: number
  readonly rules: AbiRules
  readonly cred: Cred
  readonly pid: number
  readonly vnet: VnetId
  readonly caller: Caller | undefined
  readonly task: Task
  readonly flags: SockFlags
  /** Groups joined, numbered by the model. */
  readonly groups: Set<number>
  readonly rx: ReceiveBuffer
  readonly tx: SendBuffer
  /** Receivers asleep, first come first served. */
  readonly receivers: Waiter[]
  /** Senders of other sockets asleep until this one's receive buffer has room (Linux). */
  readonly peerSenders: Waiter[]
  readonly watchers: Set<() => void>
  /** Made when the first answer is written: a mere listener needs none. */
  reply: ReplyBuffer | undefined
  dump: RunningDump | undefined
  port: number
  bound: boolean
  /** Where a Linux program's connect(2) leads. */
  peerPort: number
  peerGroups: number
  nonblocking: boolean
  receiveTimeoutMs: number
  sendTimeoutMs: number
  /** Requests are processed inside send(2). */
  synchronous: boolean
  /** A step of the worker is queued. */
  workPending: boolean
  /** A request of this socket is being served, or waits for something. */
  running: boolean
  wakePending: boolean
  state: 'open' | 'closing' | 'closed'
  /** Made for the first handler that asks for its signal; most never do. */
  aborter: AbortController | undefined
  /** Told once nothing runs any more while the socket closes. */
  idle: (() => void) | undefined
  readonly workStep: () => void
  readonly wakeStep: () => void
  /** What the steps are called in traces: the socket is their lane. */
  readonly workLabel: string
  readonly wakeLabel: string
}

/** What socket(2) fixes. */
export type SockParts = Pick<Sock, 'core' | 'id' | 'protocol' | 'type' | 'rules' | 'cred' | 'pid' | 'vnet' | 'caller'>

/** A socket as socket(2) leaves it: no port, no groups, all options off. */
export function createSock(parts: SockParts, steps: { work(sock: Sock): void; wake(sock: Sock): void }): Sock {
  const { sysctl } = parts.core
  const name = `netlink socket ${parts.id}`
  const sock: Sock = {
    core: parts.core,
    id: parts.id,
    protocol: parts.protocol,
    type: parts.type,
    rules: parts.rules,
    cred: parts.cred,
    pid: parts.pid,
    vnet: parts.vnet,
    caller: parts.caller,
    task: createTask(name),
    flags: {
      capAck: false,
      extAck: false,
      strict: false,
      msgInfo: false,
      sndSync: false,
      pktinfo: false,
      broadcastError: false,
      noEnobufs: false,
      listenAllNsid: false,
      passcred: false,
    },
    groups: new Set(),
    rx: createReceiveBuffer(sysctl.get(parts.rules.recvspace)),
    tx: createSendBuffer(sysctl.get(parts.rules.sendspace)),
    receivers: [],
    peerSenders: [],
    watchers: new Set(),
    reply: undefined,
    dump: undefined,
    port: 0,
    bound: false,
    peerPort: 0,
    peerGroups: 0,
    nonblocking: false,
    receiveTimeoutMs: 0,
    sendTimeoutMs: 0,
    synchronous: parts.rules.synchronous,
    workPending: false,
    running: false,
    wakePending: false,
    state: 'open',
    aborter: undefined,
    idle: undefined,
    workStep: () => steps.work(sock),
    wakeStep: () => steps.wake(sock),
    workLabel: `${name}: worker`,
    wakeLabel: `${name}: wake-up`,
  }
  return sock
}

/** The signal that a socket is being closed, for handlers that wait. */
export function closeSignal(sock: Sock): AbortSignal {
  sock.aborter ??= new AbortController()
  if (sock.state !== 'open') sock.aborter.abort(closeReason())
  return sock.aborter.signal
}

/** What a handler that gives up answers: nobody reads it any more. */
export function closeReason(): NetlinkError {
  return new NetlinkError('EINTR', 'the socket was closed')
}
