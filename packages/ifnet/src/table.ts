import { NetlinkError } from '@nltool/nl-core/errno'
import { IF_MAXINDEX } from './constants.ts'
import { InvariantError } from './errors.ts'
import { createIdSet } from './id-set.ts'
import type { IfIndex } from './ids.ts'
import type { IfRecord } from './record.ts'

/** A slot of the index table. Occupant and generation are read from one object, so they always belong together. */
export interface Slot {
  record: IfRecord | undefined
  /** How often the slot has been emptied. Does not wrap and is never reset. */
  gen: number
}

/** The index table: one for all network stacks, so that an index survives a move (FreeBSD sys/net/if.c). */
export interface IndexTable {
  /** The current array. A reader takes it once and checks its bounds against the same array. */
  readonly slots: readonly Slot[]
  /** Highest index in use, 0 if there is none. */
  readonly top: number
  /** Slots in use. */
  readonly occupied: number
  /** Takes the lowest free index, or the one asked for. @throws NetlinkError ENOSPC if all are taken. */
  allocate(record: IfRecord, wanted?: number): void
  /** Empties the slot of a record and advances its generation. */
  release(record: IfRecord): void
  /** Generations by index from 1 on, and a way to set them for a table in which nothing is allocated yet. */
  generations(): number[]
  setGenerations(generations: readonly number[]): void
}

const initialCapacity = 8

/** Makes an empty table. Its capacity starts at 8 and doubles. */
export function createIndexTable(): IndexTable {
  const used = createIdSet(IF_MAXINDEX)
  let slots = newSlots(initialCapacity, [])
  let top = 0

  function newSlots(capacity: number, old: readonly Slot[]): Slot[] {
    return Array.from({ length: capacity }, (_, index) => old[index] ?? { record: undefined, gen: 0 })
  }

  /** The new array is complete before it replaces the old one, which readers may still hold. */
  function growTo(index: number): void {
    let capacity = slots.length
    while (capacity <= index) capacity *= 2
    if (capacity !== slots.length) slots = newSlots(capacity, slots)
  }

  return {
    get slots() {
      return slots
    },
    get top() {
      return top
    },
    get occupied() {
      return used.size
    },
    allocate(record, wanted) {
      const index = wanted ?? used.lowestFree(1)
      if (index === undefined) throw new NetlinkError('ENOSPC', `all ${IF_MAXINDEX} interface indices are in use`)
      if (used.has(index)) throw new InvariantError(`interface index ${index} is in use`)
      growTo(index)
      used.add(index)
      const slot = slots[index] as Slot
      if (index > top) top = index
      record.index = index as IfIndex
      record.gen = slot.gen
      slot.record = record
    },
    release(record) {
      const slot = slots[record.index]
      if (slot?.record !== record) throw new InvariantError(`${record.name} is not in slot ${record.index}`)
      slot.record = undefined
      slot.gen += 1
      used.delete(record.index)
      if (record.index === top) top = used.highest() ?? 0
    },
    generations: () => slots.slice(1).map(slot => slot.gen),
    setGenerations(generations) {
      if (used.size > 0) throw new InvariantError('generations are set while interfaces exist')
      growTo(generations.length)
      for (const [index, gen] of generations.entries()) (slots[index + 1] as Slot).gen = gen
    },
  }
}
