import { type Failure, usage } from '../failure.ts'
import { addressBits, type Family, familyOf, inetAton, inetNetwork, isInet6, prefixlenOf } from '../inet.ts'
import { parseNumber } from '../number.ts'
import type { Destination, Gateway } from './types.ts'

/** What the modifiers say about the destination. */
export interface DestinationWords {
  readonly text: string
  readonly family: Family | undefined
  /** `-net` or `-host`; `-net` wins. */
  readonly kind: 'net' | 'host' | undefined
  /** `-netmask` or the third positional word. */
  readonly netmask: string | undefined
  /** `-prefixlen`. */
  readonly prefixlen: string | undefined
}

/** Reads a destination as route(8) does. @throws Failure `bad address`, `bad mask length` */
export function parseDestination(words: DestinationWords): Destination {
  const family = words.family ?? (words.text.includes(':') ? 'inet6' : 'inet')
  const found =
    words.text === 'default' ? defaultRoute(family) : family === 'inet' ? inet(words.text) : inet6(words.text)
  const given = givenLength(words, family) ?? found.length
  const single = given === undefined || (given === addressBits[family] && !found.slashed)
  const kind = words.kind ?? (single ? 'host' : 'net')
  const prefixlen = words.kind === 'host' || given === undefined ? addressBits[family] : given
  return {
    typed: found.typed,
    kind,
    family,
    address: found.address,
    prefixlen,
    exact: given !== undefined && words.kind !== 'host',
  }
}

/** An address without the modifiers; `slashed`: an IPv4 prefix, which route(8) calls a net even at full length. */
interface Found {
  readonly typed: string
  readonly address: string
  readonly length?: number
  readonly slashed: boolean
}

function defaultRoute(family: Family): Found {
  return { typed: 'default', address: family === 'inet' ? '0.0.0.0' : '::', length: 0, slashed: false }
}

function inet(text: string): Found {
  const [typed = '', length] = text.split('/')
  const address = length === undefined ? inetAton(typed) : inetNetwork(typed)
  if (address === undefined) throw badAddress(text)
  return length === undefined
    ? { typed, address, slashed: false }
    : { typed, address, length: lengthOf(length, 'inet'), slashed: true }
}

function inet6(text: string): Found {
  const [address = '', length] = text.split('/')
  if (!isInet6(address)) throw badAddress(text)
  if (length !== undefined) return { typed: text, address, length: lengthOf(length, 'inet6'), slashed: false }
  return { typed: text, address, slashed: false, ...(address === '::' && { length: 0 }) }
}

function lengthOf(text: string, family: Family): number {
  const length = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (!(length <= addressBits[family])) throw usage(`bad mask length: ${text}`)
  return length
}

function givenLength({ netmask, prefixlen }: DestinationWords, family: Family): number | undefined {
  if (prefixlen !== undefined) return parseNumber(prefixlen, '-prefixlen', addressBits[family])
  if (netmask === undefined) return undefined
  if (family === 'inet6') throw usage('destination and netmask family need to be the same')
  const length = prefixlenOf(netmask)
  if (length === undefined) throw usage(`bad netmask: ${netmask}`)
  return length
}

/** Reads a gateway: an address, with an interface behind `%` perhaps. @throws Failure `bad address` */
export function parseGateway(typed: string): Gateway {
  if (familyOf(typed) === 'inet') {
    const address = inetAton(typed)
    if (address === undefined) throw badAddress(typed)
    return { typed, address, ifname: undefined }
  }
  if (!isInet6(typed)) throw badAddress(typed)
  const [address, ifname] = typed.split('%')
  return { typed, address, ifname }
}

function badAddress(text: string): Failure {
  return usage(`bad address: ${text}`)
}
