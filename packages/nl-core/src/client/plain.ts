import { IpAddress } from '../model/ip.ts'

/** What JSON can say. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain }

/**
 * Turns anything decoded into what JSON can say; never throws. 64-bit integers become numbers, or decimal strings where
 * a number would lose digits (beyond 2^53 - 1 either way); bytes become hexadecimal digits; addresses their text; maps
 * objects by key, or pairs where keys are objects. Properties that are `undefined` are left out. What refers to itself is
 * cut with `null`, as are numbers that JSON lacks.
 */
export function toPlain(value: unknown): Plain {
  return plain(value, [])
}

/** `toPlain` as JSON text. `indent` as in JSON.stringify. */
export function stringify(value: unknown, indent?: number): string {
  return JSON.stringify(toPlain(value), undefined, indent)
}

function plain(value: unknown, around: readonly unknown[]): Plain {
  switch (typeof value) {
    case 'bigint':
      return plainInteger(value)
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'string':
    case 'boolean':
      return value
    case 'object':
      return value === null || around.includes(value) ? null : plainObject(value, [...around, value])
    default:
      return null
  }
}

function plainInteger(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

function plainObject(value: object, around: readonly unknown[]): Plain {
  if (value instanceof IpAddress) return value.toString()
  if (value instanceof Uint8Array) return hexOf(value)
  if (Array.isArray(value)) return value.map(item => plain(item, around))
  if (value instanceof Set) return [...value].map(item => plain(item, around))
  if (value instanceof Map) return plainMap(value, around)
  if (value instanceof Error) return plainError(value, around)
  return plainProperties(Object.entries(value), around)
}

function plainMap(map: ReadonlyMap<unknown, unknown>, around: readonly unknown[]): Plain {
  const entries = [...map]
  if (entries.every(([key]) => typeof key !== 'object')) {
    return plainProperties(
      entries.map(([key, item]) => [String(key), item]),
      around,
    )
  }
  return entries.map(([key, item]) => [plain(key, around), plain(item, around)])
}

function plainError(error: Error, around: readonly unknown[]): Plain {
  return plainProperties([['message', error.message], ...Object.entries(error)], around)
}

function plainProperties(entries: readonly (readonly [string, unknown])[], around: readonly unknown[]): Plain {
  const object: [string, Plain][] = []
  for (const [name, item] of entries)
    if (item !== undefined && typeof item !== 'function') object.push([name, plain(item, around)])
  return Object.fromEntries(object)
}

function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
