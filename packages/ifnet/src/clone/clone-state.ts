import type { Lock, VnetId } from '@nltool/nl-core/model'
import type { IfRecord } from '../record.ts'
import type { IdSet } from '../table/id-set.ts'
import type { CloneInstance, Cloner } from './clone.ts'

/** A cloner that is registered. */
export interface ClonerState {
  readonly cloner: Cloner
  readonly lock: Lock<'cloner'>
  /** Units in use, per network stack. */
  readonly units: Map<VnetId, IdSet>
  /** Its interfaces in order of creation, of all network stacks. */
  readonly members: Set<IfRecord>
  /** False from the moment at which it is being unregistered. */
  registered: boolean
}

/** How an interface belongs to its cloner. */
export interface CloneMembership {
  readonly state: ClonerState
  readonly instance: CloneInstance
  readonly unit: number
  /** The network stack whose unit it occupies. */
  readonly vnet: VnetId
}
