import { IpAddress } from '../model/ip.ts'

/** Whether two decoded values say the same. Absent and `undefined` properties are equal. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof IpAddress) return b instanceof IpAddress && a.equals(b)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && sameItems(a, b)
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b)
  if (a instanceof Map) return b instanceof Map && sameItems([...a].flat(), [...b].flat())
  return sameProperties(new Map(Object.entries(a)), new Map(Object.entries(b)))
}

function sameItems(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!same(a[index], b[index])) return false
  return true
}

function sameProperties(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  for (const [name, value] of a) if (!same(value, b.get(name))) return false
  for (const [name, value] of b) if (value !== undefined && a.get(name) === undefined) return false
  return true
}
