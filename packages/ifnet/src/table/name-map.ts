import type { IfRecord } from '../record.ts'

/** Attached interfaces of a network stack by name. */
export interface NameMap {
  readonly size: number
  get(name: string): IfRecord | undefined
  has(name: string): boolean
  set(name: string, record: IfRecord): void
  delete(name: string): void
  clear(): void
}

/** Names given up are kept as long as they are fewer than this, or than the names in use. */
const spareMin = 64

/**
 * A Map keeps every deleted entry in its hash chain until it is rebuilt: a name that comes and goes (tap0, tap0, …) in
 * a large map makes each look-up of that name walk thousands of them. So a name that goes keeps its entry, empty.
 */
export function createNameMap(): NameMap {
  let entries = new Map<string, IfRecord | undefined>()
  let size = 0

  function sweep(): void {
    if (entries.size - size < Math.max(spareMin, size)) return
    entries = new Map([...entries].filter(([, record]) => record !== undefined))
  }

  return {
    get size() {
      return size
    },
    get: name => entries.get(name),
    has: name => entries.get(name) !== undefined,
    set(name, record) {
      if (entries.get(name) === undefined) size += 1
      entries.set(name, record)
    },
    delete(name) {
      if (entries.get(name) === undefined) return
      entries.set(name, undefined)
      size -= 1
      sweep()
    },
    clear() {
      entries.clear()
      size = 0
    },
  }
}
