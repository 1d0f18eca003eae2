import type { Abi } from '../model/abi.ts'
import type { Cred } from '../model/cred.ts'
import type { VnetId } from '../model/ids.ts'
import type { Lock } from '../model/lock.ts'
import type { Caller } from '../model/task.ts'
import type { Clock, Random, Scheduler } from '../model/time.ts'
import type { NetlinkSocket } from './netlink-socket.ts'
import type { SocketPersonality } from './personality.ts'
import type { Multicast, Protocol } from './protocol.ts'
import type { NetlinkSysctls, SysctlValues } from './sysctl.ts'

/** What a netlink subsystem is made of. */
export interface NetlinkOptions {
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  /** The lock that dispatch takes for `lock: 'rtnl'` rows. Default: one of its own. */
  readonly rtnl?: Lock<'rtnl'> | undefined
  /** Default: FreeBSD's rules. */
  readonly personality?: SocketPersonality | undefined
  /** Initial values of the sysctls, where they are not the defaults. */
  readonly sysctl?: Partial<SysctlValues> | undefined
  /** Told of every exception of a handler that is not an answer; the requester gets EIO. */
  readonly onDefect?: ((defect: unknown, where: string) => void) | undefined
  /** The id by which a network stack knows another one (NETLINK_LISTEN_ALL_NSID); none by default. */
  readonly nsidOf?: ((listener: VnetId, emitter: VnetId) => number | undefined) | undefined
}

/** The arguments of socket(2) and what is captured from the calling process. */
export interface OpenOptions {
  /** NETLINK_*. */
  readonly protocol: number
  /** SOCK_RAW or SOCK_DGRAM, without SOCK_CLOEXEC and SOCK_NONBLOCK. Default SOCK_RAW. */
  readonly type?: number | undefined
  readonly cred: Cred
  /** Process id: the port that a bind to 0 tries first. */
  readonly pid: number
  readonly vnet: VnetId
  readonly abi: Abi
  /** The process, as handlers see it that run in its context. */
  readonly caller?: Caller | undefined
}

/** A line of sockstat(1) or /proc/net/netlink. */
export interface SocketInfo {
  readonly protocol: number
  readonly portid: number
  readonly pid: number
  readonly vnet: VnetId
  readonly abi: Abi
  /** Groups joined, ascending, numbered by the model. */
  readonly groups: readonly number[]
  readonly receiveBytes: number
  readonly sendBytes: number
  /** Messages lost on this socket since it was opened. */
  readonly drops: number
}

/** What has been counted since the subsystem was made. */
export interface NetlinkStats {
  /** Sockets open now. */
  readonly sockets: number
  /** Dumps in progress now. */
  readonly dumps: number
  /** Messages lost because a receive buffer was full. */
  readonly droppedMessages: number
  /** Messages or objects left out because they cannot be expressed in the ABI of the reader. */
  readonly unencodable: number
  /** Exceptions of handlers that were answered EIO. */
  readonly defects: number
}

/** The netlink subsystem of one kernel: all sockets, all protocols, multicast. */
export interface Netlink extends Multicast {
  readonly rtnl: Lock<'rtnl'>
  readonly sysctl: NetlinkSysctls
  /** Makes a protocol available to socket(2). @throws NetlinkError EEXIST if its number is taken, EINVAL out of 0..31 */
  register(protocol: Protocol): void
  /**
   * Takes a protocol back. New requests are refused from now on with EPROTONOSUPPORT; resolves when the handlers that
   * run have ended and no dump is left. `abortDumps` ends those with NLMSG_DONE and EPROTONOSUPPORT.
   */
  unregister(protocol: number, options?: { readonly abortDumps?: boolean }): Promise<void>
  /**
   * socket(2).
   * @throws SocketError EPROTOTYPE, EPROTONOSUPPORT, EINVAL, ENOBUFS (FreeBSD), ESOCKTNOSUPPORT, EPROTONOSUPPORT (Linux)
   */
  open(options: OpenOptions): NetlinkSocket
  /** Every open socket, oldest first. */
  sockets(): readonly SocketInfo[]
  stats(): NetlinkStats
}
