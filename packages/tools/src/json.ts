/**
 * A value that JSON can hold: what has `toJSON` says it itself, 64-bit numbers are numbers while they are exact and
 * decimal strings beyond, bytes are hexadecimal text, absent members are left out.
 */
export function jsonReady(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return hexOf(value)
  if ('toJSON' in value && typeof value.toJSON === 'function') return jsonReady(value.toJSON())
  if (Array.isArray(value)) return value.map(jsonReady)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonReady(member)]))
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
