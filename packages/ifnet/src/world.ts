import type { Awaitable, Clock, Ctx, Lock, Random, Scheduler, VnetId } from '@nltool/nl-core/model'
import type { ClonerState } from './clone/clone-state.ts'
import type { HangingKind } from './data/hanging.ts'
import type { Epoch } from './epoch/epoch.ts'
import type { NetState } from './net-state.ts'
import type { IfRecord } from './record.ts'
import type { IndexTable } from './table/table.ts'

/**
 * Defects that can be seeded, one per mistake that was made in real kernels: a test that switches one on and sees its
 * checker fail proves that the checker sees what it claims to see. All are off in any other use.
 */
export interface SeededDefects {
  /** Look-ups find what is in the index table, attached or not. */
  readonly lookupIgnoresAttachment?: boolean
  /** The deferred free does not look at the reference count. */
  readonly freeIgnoresCount?: boolean
  /** A serialised reference is resolved by its index alone. */
  readonly referenceIgnoresGeneration?: boolean
  /** Hanging data is freed at detach, not with the interface. */
  readonly hangingFreedAtDetach?: boolean
  /** Detach and move do not exclude each other. */
  readonly noDetachLock?: boolean
  /** A reference can be made from a count of zero. */
  readonly referenceFromZero?: boolean
  /** Detach does not wait for readers. */
  readonly noEpochWait?: boolean
  /** Addresses can be added to an interface that is not attached. */
  readonly addsStayOpen?: boolean
}

/** What the registry has counted since it was made. */
export interface Counts {
  allocated: number
  reclaimed: number
  /** Frees that were postponed because somebody still held a reference: always 0 without a seeded defect. */
  freeDelayed: number
  /** Link reports of interfaces that were not attached. */
  lateLinkReports: number
  /** Events about interfaces after their departure, which were not delivered. */
  eventsSuppressed: number
  /** Link states that no announcement showed, because a later one came first. */
  linkStatesCoalesced: number
}

/** What all parts of one registry share. */
export interface World {
  readonly epoch: Epoch
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  readonly rtnl: Lock<'rtnl'>
  readonly detach: Lock<'detach'>
  readonly table: IndexTable
  /** Every interface that has been allocated and not reclaimed. */
  readonly live: Set<IfRecord>
  readonly nets: Map<VnetId, NetState>
  /** By name, in order of registration. */
  readonly cloners: Map<string, ClonerState>
  readonly hangings: HangingKind[]
  readonly counts: Counts
  readonly defects: SeededDefects
  /** Keep call stacks of allocations, frees and references. */
  readonly stacks: boolean
  /** A state file is being loaded: nobody is told of what happens. */
  quiet: boolean
  report(text: string, cause?: unknown): void
  /** A point at which a simulation may let other tasks run; `undefined` where it does not. */
  point(ctx: Ctx, label: string): Awaitable<void>
}
