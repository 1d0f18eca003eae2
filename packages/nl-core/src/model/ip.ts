import { formatIp, parseIpWords } from './ip-text.ts'

/** `inet` is AF_INET, `inet6` is AF_INET6; the names that route(8) and ifconfig(8) use. */
export type IpFamily = 'inet' | 'inet6'

/** Reverses the bytes of a word: between network order as loaded on a little-endian host and the number meant. */
function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

/** Bits of the `index`th word that a prefix covers, as loaded from the wire. */
function wordMask(length: number, index: number): number {
  const bits = length - 32 * index
  if (bits >= 32) return -1
  return bits <= 0 ? 0 : swap(-1 << (32 - bits))
}

function checkLength(length: number, bits: number): void {
  if (!Number.isInteger(length) || length < 0 || length > bits) {
    throw new RangeError(`prefix length ${length} is not one of 0 to ${bits}`)
  }
}

/**
 * An IPv4 or IPv6 address: an immutable value that costs no text until it is printed. The words are the address as it
 * stands on the wire, loaded in little-endian order, so that codecs copy them as they are; use `byte` and `compare`
 * where the number matters. Two values of the same address are `equals`, not `===`.
 */
export class IpAddress {
  /** Bytes: 4 or 16. */
  readonly size: 4 | 16
  readonly w0: number
  /** 0 in an IPv4 address, as `w2` and `w3`. */
  readonly w1: number
  readonly w2: number
  readonly w3: number
  #text: string | undefined = undefined

  /** From words as loaded from the wire. Programs use `parseIp`, `IpAddress.parse` or `IpAddress.fromBytes`. */
  constructor(size: 4 | 16, w0: number, w1: number, w2: number, w3: number) {
    this.size = size
    this.w0 = w0
    this.w1 = w1
    this.w2 = w2
    this.w3 = w3
  }

  /** Reads text as `parseIp` does. @throws SyntaxError for anything that is not an address */
  static parse(text: string): IpAddress {
    const parsed = parseIp(text)
    if (parsed === undefined) throw new SyntaxError(`'${text}' is not an IPv4 or IPv6 address`)
    return parsed
  }

  /** Reads 4 or 16 bytes in network order. @throws RangeError for another number of bytes */
  static fromBytes(bytes: Uint8Array): IpAddress {
    const word = (at: number): number =>
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    if (bytes.length === 4) return new IpAddress(4, word(0), 0, 0, 0)
    if (bytes.length === 16) return new IpAddress(16, word(0), word(4), word(8), word(12))
    throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`)
  }

  /** `0.0.0.0` or `::`. */
  static unspecified(family: IpFamily): IpAddress {
    return new IpAddress(family === 'inet' ? 4 : 16, 0, 0, 0, 0)
  }

  /** The mask of a prefix length: 24 gives `255.255.255.0`. @throws RangeError */
  static netmask(family: IpFamily, length: number): IpAddress {
    const size = family === 'inet' ? 4 : 16
    return new IpAddress(size, -1, size === 4 ? 0 : -1, size === 4 ? 0 : -1, size === 4 ? 0 : -1).mask(length)
  }

  get family(): IpFamily {
    return this.size === 4 ? 'inet' : 'inet6'
  }

  /** 32 or 128: the longest prefix length. */
  get bits(): 32 | 128 {
    return this.size === 4 ? 32 : 128
  }

  /** The `index`th byte in network order. */
  byte(index: number): number {
    return (this.word(index >> 2) >>> ((index & 3) * 8)) & 0xff
  }

  /** The `index`th word as loaded from the wire. */
  word(index: number): number {
    if (index === 0) return this.w0
    if (index === 1) return this.w1
    return index === 2 ? this.w2 : this.w3
  }

  /** Writes the bytes in network order. */
  writeTo(bytes: Uint8Array, offset: number): void {
    for (let index = 0; index < this.size; index++) bytes[offset + index] = this.byte(index)
  }

  /** The bytes in network order, in an array of their own. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.size)
    this.writeTo(bytes, 0)
    return bytes
  }

  /** Text after RFC 5952 (IPv6) or dotted decimal (IPv4), made once. */
  toString(): string {
    this.#text ??= formatIp(this)
    return this.#text
  }

  toJSON(): string {
    return this.toString()
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  equals(other: IpAddress): boolean {
    return (
      this.w0 === other.w0 &&
      this.w1 === other.w1 &&
      this.w2 === other.w2 &&
      this.w3 === other.w3 &&
      this.size === other.size
    )
  }

  /** Orders IPv4 before IPv6 and each by number: negative, 0 or positive, as `Array.sort` wants. */
  compare(other: IpAddress): number {
    if (this.size !== other.size) return this.size - other.size
    for (let index = 0; index < this.size >> 2; index++) {
      const difference = (swap(this.word(index)) >>> 0) - (swap(other.word(index)) >>> 0)
      if (difference !== 0) return difference
    }
    return 0
  }

  /** The address with all bits after the first `length` cleared. @throws RangeError for a length beyond `bits` */
  mask(length: number): IpAddress {
    checkLength(length, this.bits)
    return new IpAddress(
      this.size,
      this.w0 & wordMask(length, 0),
      this.w1 & wordMask(length, 1),
      this.w2 & wordMask(length, 2),
      this.w3 & wordMask(length, 3),
    )
  }

  /** Whether this address, read as a prefix of `length` bits, covers another. @throws RangeError */
  covers(other: IpAddress, length: number): boolean {
    return this.size === other.size && this.mask(length).equals(other.mask(length))
  }

  /** The length of a netmask: `255.255.255.0` gives 24; `undefined` where ones follow a zero. */
  get maskLength(): number | undefined {
    let length = 0
    for (let index = 0; index < this.size >> 2; index++) length += Math.clz32(~swap(this.word(index)))
    return IpAddress.netmask(this.family, length).equals(this) ? length : undefined
  }

  get isUnspecified(): boolean {
    return (this.w0 | this.w1 | this.w2 | this.w3) === 0
  }

  /** 127.0.0.0/8 or ::1. */
  get isLoopback(): boolean {
    if (this.size === 4) return this.byte(0) === 127
    return (this.w0 | this.w1 | this.w2) === 0 && this.w3 === 0x0100_0000
  }

  /** 224.0.0.0/4 or ff00::/8. */
  get isMulticast(): boolean {
    return this.size === 4 ? this.byte(0) >> 4 === 0xe : this.byte(0) === 0xff
  }

  /** 169.254.0.0/16 or fe80::/10. */
  get isLinkLocal(): boolean {
    if (this.size === 4) return this.byte(0) === 169 && this.byte(1) === 254
    return this.byte(0) === 0xfe && this.byte(1) >> 6 === 2
  }

  /** ::ffff:0:0/96: an IPv4 address in IPv6 form. */
  get isV4Mapped(): boolean {
    return this.size === 16 && (this.w0 | this.w1) === 0 && this.w2 === (0xffff_0000 | 0)
  }
}

/**
 * Reads an address: four decimal numbers without leading zeros, or RFC 4291 §2.2 text with `::` and a dotted IPv4
 * tail. `undefined` for anything else, a zone (`%em0`) or a prefix length included.
 */
export function parseIp(text: string): IpAddress | undefined {
  const words = parseIpWords(text)
  if (words === undefined) return undefined
  if (words.length === 1) return new IpAddress(4, words[0], 0, 0, 0)
  return new IpAddress(16, words[0], words[1], words[2], words[3])
}

/** An address and the length of its prefix, as in `192.0.2.1/24`. */
export interface IpPrefix {
  readonly address: IpAddress
  readonly prefixlen: number
}

/**
 * Reads `ADDRESS/LENGTH`, or an address alone as a prefix of all its bits. Host bits may be set. `undefined` for
 * anything else.
 */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/')
  const address = parseIp(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  if (slash < 0) return { address, prefixlen: address.bits }
  const digits = text.slice(slash + 1)
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return undefined
  const prefixlen = Number(digits)
  return prefixlen <= address.bits ? { address, prefixlen } : undefined
}
