import type { Abi } from './abi.ts'
import type { Cred } from './cred.ts'
import type { PortId, VnetId } from './ids.ts'
import type { HeldLock } from './lock.ts'
import type { Clock, Scheduler } from './time.ts'

/** A thread of execution of the kernel: a socket's worker, a system call, a deferred callback. */
export interface Task {
  readonly name: string
  /** Locks held now, in the order in which they were taken. Kept by the locks themselves. */
  readonly held: HeldLock[]
  /**
   * The innermost epoch section that the task has open, kept by the epoch. While there is one the task may be preempted
   * but must not sleep: taking a lock throws ELOCKSLEEP (epoch(9)).
   */
  section?: Disposable | undefined
}

/** A new task that holds nothing. */
export function createTask(name: string): Task {
  return { name, held: [], section: undefined }
}

/** The process that calls, as handlers that run in its context see it. */
export interface Caller {
  readonly pid: number
  readonly cred: Cred
  readonly abi: Abi
  readonly vnet: VnetId
  /** What stands behind a descriptor of the process, or `undefined`. */
  descriptor(fd: number): unknown
}

/** The request on whose behalf a task works: what its notifications quote. */
export interface Origin {
  readonly portid: PortId
  readonly seq: number
  /** `nlmsg_flags` of the request. */
  readonly flags: number
  readonly abi: Abi
  /** Process id of the requester, where known (NETLINK_MSG_INFO). */
  readonly pid?: number
  /** Queues one message on the requesting socket, ahead of its acknowledgement (NLM_F_ECHO). */
  echo(encode: (abi: Abi) => Uint8Array | undefined): void
}

/** Context of whatever runs in the kernel; passed explicitly, never ambient. */
export interface Ctx {
  readonly task: Task
  readonly vnet: VnetId
  readonly cred: Cred
  readonly scheduler: Scheduler
  readonly clock: Clock
  /** The request being served; absent when the kernel acts by itself. */
  readonly origin?: Origin | undefined
  /** The sending process, while a handler runs in its context; absent on an asynchronous socket. */
  readonly caller?: Caller | undefined
}
