import type { Faults, NetlinkStats, NetlinkSysctls, SocketInfo, SysctlValues, Tap } from '@nltool/nl-core/kernel'
import type { Cancel, Clock, Random, Scheduler, VnetId } from '@nltool/nl-core/model'
import type { FamilyModule } from '@nltool/nl-genl/kernel'
import type { Personality, PersonalityName } from './personality.ts'
import type { Process, SpawnOptions } from './process/types.ts'

/** Bounds of a kernel; each has the name of the FreeBSD sysctl that it stands for, where there is one. */
export interface KernelLimits {
  /** `kern.maxfilesperproc`: descriptors of one process. Default 65536. */
  readonly descriptorsMax: number
  /** `kern.maxproc`: processes. Default 99999 (PID_MAX). */
  readonly processesMax: number
  /** How long `close` waits for handlers that run and locks that are held, milliseconds of the host. Default 5000. */
  readonly closeMs: number
}

/** How a kernel is made. Nothing need be given. */
export interface KernelOptions {
  /** Whose rules it follows. Default `'freebsd'`, the only one yet. */
  readonly personality?: PersonalityName
  /**
   * Seeds a deterministic kernel: order, time and chance all follow from this number (an unsigned 32-bit one). The same
   * seed and program give the same messages and trace. Overridden, one by one, by `scheduler`, `clock` and `random`.
   */
  readonly seed?: number
  /** Order. Default: `loopScheduler()`, the host's event loop. */
  readonly scheduler?: Scheduler
  /** Time. Default: the scheduler's own if it has one (a seeded or manual one), else the host's. */
  readonly clock?: Clock
  /** Chance. Default: the host's cryptographic generator. */
  readonly random?: Random
  /** `net.fibs`: routing tables of each network stack, 1 to 65535. Default 1. */
  readonly fibs?: number
  /** `net.add_addr_allfibs`: routes of addresses go to every fib, not only to that of the interface. Default false. */
  readonly addAddrAllFibs?: boolean
  /** Generic netlink families to load at boot. */
  readonly modules?: readonly FamilyModule[]
  readonly limits?: Partial<KernelLimits>
  /** Initial values of the netlink sysctls, by their names; e.g. `'net.netlink.recvspace'`, bytes. */
  readonly sysctl?: Partial<SysctlValues>
  /**
   * Hears at once of every exception that is nobody's answer: of a handler, a listener, a driver. `where` says whose.
   * The audit lists them, too. Default: nobody hears before that.
   */
  readonly onDefect?: (defect: unknown, where: string) => void
}

/** What is alive in a kernel; all zero but the steady state of its interfaces after everything was closed. */
export interface KernelAudit {
  readonly processes: number
  readonly sockets: number
  readonly descriptors: number
  /** What is wrong, one sentence each; empty when all is well. */
  readonly findings: readonly string[]
}

/** A network stack: vnet(9). */
export interface Vnet {
  readonly id: VnetId
  readonly name: string
}

/** An embedded kernel. */
export interface Kernel extends AsyncDisposable {
  readonly personality: Personality
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly limits: KernelLimits
  /** `net.fibs`: routing tables of each network stack. */
  readonly fibs: number
  /** The sysctls of the netlink subsystem; a new value counts for sockets opened from then on. */
  readonly sysctl: NetlinkSysctls
  /** Errors on demand: what a real kernel does rarely and at bad moments, at the moment that a test chooses. */
  readonly faults: Faults
  /**
   * Shows every netlink datagram of every process as it is queued, until it is cancelled: nlmon(4). With `captureWriter`
   * of `@nltool/nl-core` it becomes a file that Wireshark opens.
   */
  tap(tap: Tap): Cancel
  /** Every open socket, oldest first: sockstat(1). */
  sockets(): readonly SocketInfo[]
  /** What was lost, could not be expressed, or was thrown since the boot. */
  stats(): NetlinkStats
  /**
   * Makes a process. @throws SocketError EEXIST for a pid in use, EINVAL, EAGAIN when no more fit, ENOENT for an unknown
   * vnet, EBUSY for one that is shutting down
   */
  spawn(options?: SpawnOptions): Process
  /** Processes that have not exited, in the order in which they were spawned. */
  processes(): Process[]
  /** Network stacks, ascending by id; 0 is the initial one. */
  vnets(): Vnet[]
  /** Names of what interfaces can be created from, `epair` and the like, newest registration first (`ifconfig -C`). */
  cloners(): readonly string[]
  /**
   * Makes a network stack with its loopback interface. A name has 1 to 64 letters, digits and `_`, `.`, `-`, not digits
   * alone; default `vnet` and the number. @throws SocketError EEXIST for a name in use, EINVAL for a bad one
   */
  createVnet(name?: string): Promise<Vnet>
  /**
   * Ends a network stack: interfaces that came from elsewhere go home, its own are destroyed.
   * @throws SocketError ENOENT, EBUSY for the initial one and while a process runs in it
   */
  destroyVnet(id: VnetId): Promise<void>
  /**
   * Waits until nothing is under way: no request waits for its worker, no reclamation is pending. Steps a manual or
   * seeded scheduler as far as it goes without moving its clock. @throws SocketError ESRCH once the kernel is closed
   */
  settle(): Promise<void>
  /**
   * Lets `ms` milliseconds pass, with everything that falls due in them. A kernel with a virtual clock (seeded, manual)
   * does so at once, and its time stands still otherwise; one on the host's clock waits.
   * @throws SocketError ESRCH once the kernel is closed
   */
  advance(ms: number): Promise<void>
  /** Counts what is alive and looks for what must not be. */
  audit(): KernelAudit
  /**
   * The whole configuration as the bytes of a state file: interfaces, addresses, routes, nexthops, network stacks,
   * sysctls. Processes and sockets are not part of it. @throws NetlinkError EBUSY while a change is under way
   */
  save(): Uint8Array
  /**
   * Ends every process, waits for what is pending, audits what is left, and stops the timers. A second call waits for the
   * first. @throws LeakError with what was wrong, or with what did not end within `limits.closeMs`
   */
  close(): Promise<void>
}
