import { NetlinkError } from '@nltool/nl-core/errno'
import type { VnetId } from '@nltool/nl-core/model'
import { IF_MAXINDEX } from '../constants.ts'
import { InvariantError } from '../errors.ts'
import type { IfIndex } from '../ids.ts'
import type { IfRecord } from '../record.ts'
import { createIdSet } from './id-set.ts'

/** The slots of the index table, by index from 1 on. A reader takes the object once, so all three belong together. */
export interface Slots {
  readonly records: (IfRecord | undefined)[]
  /** How often each slot has been emptied; whole numbers that do not wrap. */
  readonly generations: Float64Array
  /**
   * The network stack in which the occupant is attached, plus 1; 0 if it is not. Kept beside the records because
   * look-ups by index are decided by this word alone, without touching the interface.
   */
  readonly attachedIn: Int32Array
}

/** The index table: one for all network stacks, so that an index survives a move (FreeBSD sys/net/if.c). */
export interface IndexTable {
  /** Replaced as a whole when the table grows. */
  slots: Slots
  /** Highest index in use, 0 if there is none. */
  readonly top: number
  /** Takes the lowest free index, or the one asked for. @throws NetlinkError ENOSPC if all are taken. */
  allocate(record: IfRecord, wanted?: number): void
  /** Empties the slot of a record and advances its generation. */
  release(record: IfRecord): void
  /** Generations by index from 1 on. */
  generations(): number[]
  /** Sets them in a table in which nothing is allocated. */
  setGenerations(generations: readonly number[]): void
}

const initialCapacity = 8

/** What marks an interface as attached in a network stack. */
export const attachMark = (vnet: VnetId): number => vnet + 1

/** The new slots are complete before they replace the old ones, which readers may still hold. */
function grown(old: Slots, capacity: number): Slots {
  const records = [...old.records]
  while (records.length < capacity) records.push(undefined)
  const generations = new Float64Array(capacity)
  generations.set(old.generations)
  const attachedIn = new Int32Array(capacity)
  attachedIn.set(old.attachedIn)
  return { records, generations, attachedIn }
}

/** Makes an empty table. Its capacity starts at 8 and doubles. */
export function createIndexTable(): IndexTable {
  const used = createIdSet(IF_MAXINDEX)
  used.add(0) // "none" wherever an index is expected
  const none: Slots = { records: [], generations: new Float64Array(0), attachedIn: new Int32Array(0) }

  function growTo(index: number): void {
    let capacity = table.slots.records.length
    while (capacity <= index) capacity *= 2
    if (capacity !== table.slots.records.length) table.slots = grown(table.slots, capacity)
  }

  const table: IndexTable = {
    slots: grown(none, initialCapacity),
    get top() {
      return used.highest() ?? 0
    },
    allocate(record, wanted) {
      const index = wanted ?? used.lowestFree(0)
      if (index === undefined) throw new NetlinkError('ENOSPC', `all ${IF_MAXINDEX} interface indices are in use`)
      if (used.has(index)) throw new InvariantError(`interface index ${index} is in use`)
      growTo(index)
      used.add(index)
      record.index = index as IfIndex
      record.gen = table.slots.generations[index] ?? 0
      table.slots.records[index] = record
    },
    release(record) {
      const { records, generations, attachedIn } = table.slots
      const { index } = record
      if (records[index] !== record) throw new InvariantError(`${record.name} is not in slot ${index}`)
      records[index] = undefined
      generations[index] = record.gen + 1
      attachedIn[index] = 0
      used.delete(index)
    },
    generations: () => [...table.slots.generations.subarray(1)],
    setGenerations(generations) {
      if (used.size > 1) throw new InvariantError('generations are set while interfaces exist')
      growTo(generations.length)
      table.slots.generations.set(generations, 1)
    },
  }
  return table
}
