import type { VnetId } from '@nltool/nl-core/model'
import { IF_MAXINDEX } from './constants.ts'
import type { ValidatorEntry } from './data/validator.ts'
import { InvariantError } from './errors.ts'
import { createEmitter, type Emitter } from './events.ts'
import type { IfRecord } from './record.ts'
import { createIdSet, type IdSet } from './table/id-set.ts'
import { createNameMap, type NameMap } from './table/name-map.ts'
import type { Ifnet } from './types.ts'

/** Takes a packet that an interface received to the top of the network stack. False: nobody wanted it. */
export type InputHook = (ifp: Ifnet, packet: Uint8Array) => boolean

/** One network stack, as this package keeps it. */
export interface NetState {
  readonly vnet: VnetId
  readonly emitter: Emitter
  /** Attached interfaces in order of attachment. */
  readonly list: Set<IfRecord>
  /** The same by name. */
  readonly names: NameMap
  /** Names promised to interfaces on their way here. */
  readonly reserved: Set<string>
  /** Indices of the attached interfaces: what dumps walk. */
  readonly indexes: IdSet
  /** Members of each group in order of joining. No group is empty. */
  readonly groups: Map<string, Set<IfRecord>>
  /** Changes with the set of attached interfaces and with their names. */
  generation: number
  /** It is being destroyed and takes nobody in. */
  dying: boolean
  input: InputHook | undefined
  validators: readonly ValidatorEntry[]
}

export function createNetState(vnet: VnetId): NetState {
  return {
    vnet,
    emitter: createEmitter(),
    list: new Set(),
    names: createNameMap(),
    reserved: new Set(),
    indexes: createIdSet(IF_MAXINDEX),
    groups: new Map(),
    generation: 0,
    dying: false,
    input: undefined,
    validators: [],
  }
}

/** The network stack of an interface. */
export function netOf(record: IfRecord): NetState {
  const net = record.world.nets.get(record.vnet)
  if (net === undefined)
    throw new InvariantError(`${record.name} is in network stack ${record.vnet}, which does not exist`)
  return net
}
