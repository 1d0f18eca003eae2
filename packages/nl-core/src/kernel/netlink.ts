import { SocketError } from '../errno/errors.ts'
import type { Abi } from '../model/abi.ts'
import type { Cred } from '../model/cred.ts'
import type { VnetId } from '../model/ids.ts'
import { createLock, type Lock } from '../model/lock.ts'
import type { Caller } from '../model/task.ts'
import type { Cancel, Clock, Random, Scheduler } from '../model/time.ts'
import type { Core } from './core.ts'
import { createFaults, type Faults } from './debug/faults.ts'
import { createTaps, type Tap } from './debug/tap.ts'
import { createGroupTable } from './groups/groups.ts'
import { createMulticast } from './groups/multicast.ts'
import { freebsdSockets, type SocketPersonality } from './personality.ts'
import type { Multicast, Protocol } from './protocol.ts'
import { createProtocolTable } from './protocol-table.ts'
import { close } from './socket/close.ts'
import type { NetlinkSocket } from './socket/netlink-socket.ts'
import { openSocket } from './socket/open.ts'
import { createPortTable } from './socket/ports.ts'
import type { Sock } from './socket/sock.ts'
import { createSysctls, type NetlinkSysctls, type SysctlValues } from './sysctl.ts'
import { unregisterProtocol } from './unregister.ts'

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
  /** Faults on demand: for tests of programs that must live with them. */
  readonly faults: Faults
  /** Shows every datagram of every socket to `tap`, as it is queued, until it is cancelled. */
  tap(tap: Tap): Cancel
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
  /** Closes every socket and opens no more: socket(2) says EAFNOSUPPORT from now on. */
  unload(): Promise<void>
}

/** Makes the netlink subsystem of a kernel. Nothing is registered: protocols come by `register`. */
export function createNetlink(options: NetlinkOptions): Netlink {
  const core = createCore(options)
  let unloaded = false
  return {
    ...createMulticast(core),
    rtnl: core.rtnl,
    sysctl: core.sysctl,
    faults: core.faults,
    tap: tap => core.taps.add(tap),
    register: protocol => core.protocols.register(protocol),
    unregister: (protocol, how = {}) => unregisterProtocol(core, protocol, how.abortDumps === true),
    open(arguments_) {
      if (unloaded) throw new SocketError('EAFNOSUPPORT', 'netlink has been unloaded')
      return openSocket(core, arguments_)
    },
    sockets: () => [...core.sockets].map(infoOf),
    stats: () => ({ ...core.counters, sockets: core.sockets.size }),
    async unload() {
      unloaded = true
      await Promise.all([...core.sockets].map(close))
    },
  }
}

function createCore(options: NetlinkOptions): Core {
  const core: Core = {
    scheduler: options.scheduler,
    clock: options.clock,
    random: options.random,
    rtnl: options.rtnl ?? createLock('rtnl'),
    personality: options.personality ?? freebsdSockets,
    sysctl: createSysctls(options.sysctl),
    protocols: createProtocolTable(),
    ports: createPortTable(),
    groups: createGroupTable(),
    sockets: new Set(),
    faults: createFaults(options.random),
    taps: createTaps(
      () => options.clock.now(),
      (defect, where) => core.defect(defect, where),
    ),
    counters: { droppedMessages: 0, unencodable: 0, defects: 0, dumps: 0 },
    defect(defect, where) {
      core.counters.defects += 1
      try {
        options.onDefect?.(defect, where)
      } catch {
        // Whoever is told must not stop the requests of others; the counter says that there was something to tell.
      }
    },
    nsidOf: (listener, emitter) => options.nsidOf?.(listener, emitter),
    nextId: 1,
  }
  return core
}

function infoOf(sock: Sock): SocketInfo {
  return {
    protocol: sock.protocol,
    portid: sock.port,
    pid: sock.pid,
    vnet: sock.vnet,
    abi: sock.rules.abi,
    groups: [...sock.groups].sort((a, b) => a - b),
    receiveBytes: sock.rx.ccc,
    sendBytes: sock.tx.ccc,
    drops: sock.rx.drops,
  }
}
