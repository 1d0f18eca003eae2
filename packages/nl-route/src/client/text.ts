import { SocketError } from '@nltool/nl-core/errno'
import { IpAddress, parseIp } from '@nltool/nl-core/model'
import type { FamilyName } from './types.ts'

/** Refuses an argument before anything is sent. The text says what was wrong and what would be right. */
export function refuse(text: string): never {
  throw new SocketError('EINVAL', text)
}

/** The text under a key of a request. Plain JavaScript may have left it out; `like` says what would be right. */
export function textIn<K extends string>(request: { readonly [key in K]: string }, key: K, like: string): string {
  const text: unknown = (request as typeof request | null | undefined)?.[key]
  if (typeof text === 'string') return text
  return refuse(`${key} ${text === undefined ? 'is missing' : `is of type ${typeof text}`}: say a text like ${like}`)
}

/** An address and the interface that its zone names (`fe80::1%em0`). */
export interface ZonedAddress {
  readonly address: IpAddress
  readonly zone: string | undefined
}

/** Reads an address; `what` names it in the refusal: `gateway`. */
export function addressOf(text: string, what: string): ZonedAddress {
  const [plain = '', zone] = text.split('%', 2)
  const address = parseIp(plain)
  if (address === undefined) refuse(`${what} '${text}' is not an address like 192.0.2.1 or 2001:db8::1`)
  if (zone !== undefined && address.size === 4) refuse(`${what} '${text}': only an IPv6 address has a zone`)
  return { address, zone: zone === '' ? undefined : zone }
}

/** An address with the length of its prefix; `given` tells whether the text had one. */
export interface PrefixText extends ZonedAddress {
  readonly prefixlen: number
  readonly given: boolean
}

/** Reads `192.0.2.0/24` or an address alone, which is a prefix of all its bits. */
export function prefixOf(text: string, what: string): PrefixText {
  const slash = text.indexOf('/')
  const { address, zone } = addressOf(slash < 0 ? text : text.slice(0, slash), what)
  const { bits } = address
  if (slash < 0) return { address, zone, prefixlen: bits, given: false }
  const digits = text.slice(slash + 1)
  const prefixlen = Number(digits)
  if (!/^\d{1,3}$/.test(digits) || prefixlen > bits) {
    const system = bits === 32 ? 'IPv4' : 'IPv6'
    refuse(`${what} '${text}': the prefix length of an ${system} address is a number from 0 to ${bits}`)
  }
  return { address, zone, prefixlen, given: true }
}

/** Reads a destination, in which `default` is a word. */
export function destinationOf(text: string, family: FamilyName | undefined, what = 'destination'): PrefixText {
  if (text === 'default') {
    return { address: IpAddress.unspecified(family ?? 'inet'), prefixlen: 0, zone: undefined, given: true }
  }
  const prefix = prefixOf(text, what)
  if (family !== undefined && prefix.address.family !== family) {
    refuse(`${what} '${text}' is not of the family ${family}`)
  }
  return prefix
}

/** `02:00:00:00:00:0a`. */
export function formatLladdr(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':')
}

/** Reads the text of {@link formatLladdr}; a leading zero may be left out, `-` may stand for `:`. */
export function lladdrOf(text: string): Uint8Array {
  const parts = text.split(/[:-]/)
  if (parts.length < 2 || !parts.every(part => /^[0-9a-f]{1,2}$/i.test(part))) {
    refuse(`link-level address '${text}' is not like 02:00:00:00:00:0a`)
  }
  return Uint8Array.from(parts, part => Number.parseInt(part, 16))
}

/** A whole number between two limits. */
export function numberIn(value: number, min: number, max: number, what: string): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  return refuse(`${what} ${value} is not a whole number from ${min} to ${max}`)
}
