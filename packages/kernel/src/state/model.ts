import type { RegistryState, SavedClone, SavedInterface } from '@nltool/ifnet'
import type { VnetId } from '@nltool/nl-core/model'
import type { RibState } from '@nltool/nl-route/kernel'

/** A kernel as a state file describes it: whole, and consistent in itself. */
export interface KernelState {
  readonly personality: string
  readonly fibs: number
  readonly addAddrAllFibs: boolean
  /** When it booted, milliseconds since the Unix epoch. */
  readonly bootAt: number
  readonly sysctls: ReadonlyMap<string, number>
  readonly vnets: readonly { readonly id: VnetId; readonly name: string }[]
  readonly registry: RegistryState
  /** Routes are decoded while they are read. */
  readonly ribs: ReadonlyMap<VnetId, RibState>
  /** Where in the file the record is that is being read, bytes. */
  readonly position: () => number
}

/** An interface while its records are read. */
export interface LinkDraft {
  readonly saved: SavedInterface
  readonly addresses: SavedInterface['addresses'][number][]
}

/** A network stack while its records are read. */
export interface VnetDraft {
  readonly id: VnetId
  readonly name: string
  readonly names: Set<string>
  readonly list: number[]
  readonly groups: Map<string, number[]>
  readonly nexthops: Map<number, RibState['nexthops'][number]>
  readonly nhgrps: Map<number, RibState['groups'][number]>
  /** Numbers of the records of its routes. */
  readonly routes: number[]
}

/** What has been read so far. */
export interface StateDraft {
  kernel: Pick<KernelState, 'personality' | 'fibs' | 'addAddrAllFibs' | 'bootAt'> | undefined
  readonly sysctls: Map<string, number>
  readonly vnets: Map<number, VnetDraft>
  readonly generations: number[]
  readonly clones: SavedClone[]
  /** Which clone made an index. */
  readonly madeBy: Map<number, SavedClone>
  readonly links: Map<number, LinkDraft>
}

/** Nothing read yet. */
export function emptyDraft(): StateDraft {
  return {
    kernel: undefined,
    sysctls: new Map(),
    vnets: new Map(),
    generations: [],
    clones: [],
    madeBy: new Map(),
    links: new Map(),
  }
}

/** Throws what is wrong with a record; the reader adds where. */
export function refuse(what: string): never {
  throw new RangeError(what)
}

/** A value that a record must have. */
export function need<T>(value: T | undefined, name: string): T {
  return value === undefined ? refuse(`${name} is missing`) : value
}
