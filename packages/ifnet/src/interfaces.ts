import type { Ctx, VnetId } from '@nltool/nl-core/model'
import type { Section } from './epoch/section.ts'
import type { IfId, IfIndex } from './ids.ts'
import type { NetState } from './net-state.ts'
import type { IfRecord } from './record.ts'
import { attachMark } from './table/table.ts'
import type { Ifnet, IfRef } from './types.ts'
import { borrow, tryRef } from './view.ts'
import type { World } from './world.ts'

/** What a serialised reference turned out to be. Only an interface that is still what it was comes with a borrow. */
export type Resolved =
  | { readonly kind: 'ok'; readonly ifp: Ifnet }
  /** Not attached any more, not freed yet; `ifp` only for a caller who asked for detached ones. */
  | { readonly kind: 'detached'; readonly ifp: Ifnet | undefined }
  /** It has moved since, perhaps there and back. */
  | { readonly kind: 'moved'; readonly to: VnetId }
  /** Freed; the index may belong to another interface now. */
  | { readonly kind: 'gone' }

/**
 * The interfaces of one network stack. Look-ups that borrow demand an open section and answer `undefined` for what is
 * not there; the borrow ends with the section. None promises that the interface stays attached.
 */
export interface Interfaces {
  /** Attached interface of an index: what everyone should use. */
  byIndexAttached(section: Section, index: number): Ifnet | undefined
  /** Whatever has the index here, also while it is being built or torn down: for drivers and diagnosis. */
  byIndex(section: Section, index: number): Ifnet | undefined
  /** Attached interface of a name. */
  byName(section: Section, name: string): Ifnet | undefined
  /** Counted reference to an attached interface; it may be kept across waits. `tag` names the holder in audits. */
  byIndexRef(ctx: Ctx, index: number, tag: string): IfRef | undefined
  byNameRef(ctx: Ctx, name: string, tag: string): IfRef | undefined
  /** What a serialised reference stands for now. Never answers with a different interface. */
  resolve(section: Section, id: IfId, options?: { readonly allowDetached?: boolean }): Resolved
  /** All attached interfaces in order of attachment. */
  list(section: Section): readonly Ifnet[]
  /** Attached indices, ascending. Reads the set as it goes, so it may be held across waits: a dump's cursor. */
  indexes(): Iterable<IfIndex>
  /** The next attached index above one (0 to begin with), or `undefined`. */
  after(index: number): IfIndex | undefined
  /** Members of a group in order of joining; empty for a group that does not exist. */
  groupMembers(section: Section, group: string): readonly Ifnet[]
  /** Groups that exist, in order of their making. */
  groups(): readonly string[]
  /** Changes with every attach, detach and rename: what tells a dump that it was interrupted. */
  readonly generation: number
  /** Number of attached interfaces. */
  readonly count: number
}

export function createInterfaces(world: World, net: NetState): Interfaces {
  const { vnet } = net
  const { table } = world
  const mark = attachMark(vnet)
  const anyState = world.defects.lookupIgnoresAttachment === true
  const sloppyIds = world.defects.referenceIgnoresGeneration === true

  /** The slots are read once, so bounds, occupant and mark belong to the same table. */
  function attached(index: number): IfRecord | undefined {
    const { records, attachedIn } = table.slots
    return attachedIn[index] === mark || anyState ? records[index] : undefined
  }

  function present(index: number): IfRecord | undefined {
    const record = table.slots.records[index]
    return record?.vnet === vnet ? record : undefined
  }

  function* indexes(): Iterable<IfIndex> {
    for (let index = net.indexes.next(0); index !== undefined; index = net.indexes.next(index)) yield index as IfIndex
  }

  return {
    byIndexAttached(section, index) {
      const record = attached(index)
      return record === undefined ? undefined : borrow(record, section, vnet)
    },
    byIndex(section, index) {
      const record = present(index)
      return record === undefined ? undefined : borrow(record, section, vnet, world.epoch.advance())
    },
    byName(section, name) {
      const record = net.names.get(name)
      return record === undefined ? undefined : borrow(record, section, vnet)
    },
    byIndexRef(_ctx, index, tag) {
      const record = attached(index)
      return record === undefined ? undefined : tryRef(record, vnet, tag)
    },
    byNameRef(_ctx, name, tag) {
      const record = net.names.get(name)
      return record === undefined ? undefined : tryRef(record, vnet, tag)
    },
    resolve(section, id, options) {
      const record = table.slots.records[id.index]
      if (record === undefined || (record.gen !== id.gen && !sloppyIds)) return { kind: 'gone' }
      if (record.moves !== id.moves || record.vnet !== id.vnet) {
        if (!sloppyIds) return { kind: 'moved', to: record.vnet }
      }
      if (record.attached) return { kind: 'ok', ifp: borrow(record, section) }
      if (options?.allowDetached !== true) return { kind: 'detached', ifp: undefined }
      return { kind: 'detached', ifp: borrow(record, section, id.vnet, world.epoch.advance()) }
    },
    list: section => [...net.list].map(record => borrow(record, section, vnet)),
    indexes,
    after: index => net.indexes.next(index) as IfIndex | undefined,
    groupMembers: (section, group) => [...(net.groups.get(group) ?? [])].map(record => borrow(record, section, vnet)),
    groups: () => [...net.groups.keys()],
    get generation() {
      return net.generation
    },
    get count() {
      return net.list.size
    },
  }
}
