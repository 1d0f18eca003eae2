import { isIPv6 } from 'node:net'

/** An address family as commands name it. */
export type Family = 'inet' | 'inet6'

/** Bits of an address of a family. */
export const addressBits: Readonly<Record<Family, number>> = { inet: 32, inet6: 128 }

/** One part of an IPv4 address in C notation: decimal, 0-octal or 0x-hexadecimal. */
function cNumber(text: string): number {
  if (/^0x[\da-f]{1,8}$/i.test(text)) return Number.parseInt(text.slice(2), 16)
  if (/^0[0-7]{0,11}$/.test(text)) return Number.parseInt(text, 8)
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN
}

/**
 * inet_aton(3): `a.b.c.d`, `a.b.c`, `a.b` and `a`, where the last part fills the remaining bytes, so that `10` is
 * 0.0.0.10. Returns the dotted form, or `undefined` if the text is no address.
 */
export function inetAton(text: string): string | undefined {
  const parts = text.split('.').map(cNumber)
  const last = parts.pop()
  if (last === undefined || parts.length > 3) return undefined
  if (!parts.every(part => part <= 255) || !(last < 256 ** (4 - parts.length))) return undefined
  return dotted(parts.reduce((word, part, i) => word + part * 256 ** (3 - i), last))
}

/** A network number as people write it before a slash: octets that are left out are zero, `10.9` is 10.9.0.0. */
export function inetNetwork(text: string): string | undefined {
  const parts = text.split('.').map(cNumber)
  if (parts.length > 4 || !parts.every(part => part <= 255)) return undefined
  return [...parts, 0, 0, 0].slice(0, 4).join('.')
}

/** An unsigned 32-bit number as `a.b.c.d`. */
export function dotted(word: number): string {
  return [24, 16, 8, 0].map(shift => (word >>> shift) & 255).join('.')
}

/** The mask of a prefix length: 24 is 0xffffff00. */
export function maskOf(prefixlen: number): number {
  return prefixlen === 0 ? 0 : (-1 << (32 - prefixlen)) >>> 0
}

/** The prefix length of a dotted or hexadecimal mask; `undefined` if its ones do not stand together at the front. */
export function prefixlenOf(mask: string): number | undefined {
  const address = inetAton(mask)
  if (address === undefined) return undefined
  const word = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const prefixlen = Math.clz32(~word)
  return maskOf(prefixlen) === word ? prefixlen : undefined
}

/** An IPv6 address, with a zone or without one. */
export function isInet6(text: string): boolean {
  return isIPv6(text) // takes `fe80::1%em0` too
}

/** The family that the notation of an address shows. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'inet6' : 'inet'
}
