import type { VnetId } from '../model/ids.ts'
import type { Lock } from '../model/lock.ts'
import type { Clock, Random, Scheduler } from '../model/time.ts'
import type { FaultTable } from './debug/faults.ts'
import type { Taps } from './debug/tap.ts'
import type { GroupTable } from './groups/groups.ts'
import type { SocketPersonality } from './personality.ts'
import type { ProtocolTable } from './protocol-table.ts'
import type { PortTable } from './socket/ports.ts'
import type { Sock } from './socket/sock.ts'
import type { NetlinkSysctls } from './sysctl.ts'

/** Counters of a subsystem; they only grow. */
export interface Counters {
  droppedMessages: number
  unencodable: number
  defects: number
  dumps: number
}

/** What all sockets of one kernel share. */
export interface Core {
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly rtnl: Lock<'rtnl'>
  readonly personality: SocketPersonality
  readonly sysctl: NetlinkSysctls
  readonly protocols: ProtocolTable
  readonly ports: PortTable
  readonly groups: GroupTable
  /** Open sockets, oldest first. */
  readonly sockets: Set<Sock>
  readonly counters: Counters
  readonly faults: FaultTable
  readonly taps: Taps
  /** Number of the next socket. */
  nextId: number
  defect(defect: unknown, where: string): void
  nsidOf(listener: VnetId, emitter: VnetId): number | undefined
}
