import type { Abi } from '../../model/abi.ts'
import { IpAddress } from '../../model/ip.ts'
import type { Frame, Writer } from '../codec.ts'
import { familyFromAbi, familyToAbi } from '../family.ts'
import { keep, keptOf } from '../kept.ts'
import { same } from '../same.ts'
import type { AttributeSetSpec, CustomSpec } from '../schema.ts'
import { attributeBytesMax } from '../values.ts'

/** Bytes below which a loop is faster than a call of `TypedArray.prototype.set` or `fill`. */
const shortBytes = 32

/**
 * ASCII text that ends in its only NUL, of at most `max` bytes; `undefined` for any other, which is read slowly. What
 * encoding this gives is what stood there.
 */
function readString(bytes: Uint8Array, start: number, end: number, max: number): string | undefined {
  const last = end - 1
  if (last < start || last - start > max || bytes[last] !== 0) return undefined
  let text = ''
  for (let at = start; at < last; at++) {
    const byte = bytes[at] as number
    if (byte === 0 || byte > 0x7f) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

/** Appends an attribute of bytes at a word; returns the word behind it. */
function putBytes(writer: Writer, index: number, type: number, value: Uint8Array): number {
  const size = value.length
  const next = index + 1 + ((size + 3) >> 2)
  writer.pos = index << 2
  writer.ensure((next - index) << 2)
  const { words, bytes } = writer
  if ((size & 3) !== 0) words[next - 1] = 0
  words[index] = (size + 4) | (type << 16)
  const start = (index + 1) << 2
  if (size > shortBytes) bytes.set(value, start)
  else for (let at = 0; at < size; at++) bytes[start + at] = value[at] as number
  return next
}

/** Appends an attribute of ASCII text with its NUL; returns the word behind it, or -1 for text that is read slowly. */
function putString(writer: Writer, index: number, type: number, value: unknown, max: number): number {
  if (typeof value !== 'string' || value.length > max) return -1
  const size = value.length + 1
  const next = index + 1 + ((size + 3) >> 2)
  writer.pos = index << 2
  writer.ensure((next - index) << 2)
  const { words, bytes } = writer
  words[next - 1] = 0
  words[index] = (size + 4) | (type << 16)
  const start = (index + 1) << 2
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code === 0 || code > 0x7f) return -1
    bytes[start + at] = code
  }
  return next
}

function keepBytes(object: object, abi: Abi, frame: Frame, start: number, end: number): void {
  keep(object, { abi, bytes: frame.bytes.slice(start, end) })
}

/** Both directions of the family map for one byte; -1 where there is none. */
function familyTables(abi: Abi): { readonly from: readonly number[]; readonly to: readonly number[] } {
  return {
    from: Array.from({ length: 256 }, (_, number) => familyFromAbi(number, abi)),
    to: Array.from({ length: 512 }, (_, number) => {
      const mapped = familyToAbi(number, abi) ?? -1
      return mapped <= 0xff ? mapped : -1
    }),
  }
}

/** Custom codecs by number; they answer `undefined` for what they refuse, or cannot give back as it stood. */
function customCodecs(customs: readonly CustomSpec[], abi: Abi) {
  return {
    decodeCustom(index: number, bytes: Uint8Array, start: number, end: number): unknown {
      const payload = bytes.subarray(start, end)
      try {
        const value = customs[index]?.decode(payload, abi)
        return same(customs[index]?.encode(value as never, abi), payload) ? value : undefined
      } catch {
        return undefined // the interpreter says why
      }
    },
    encodeCustom(index: number, value: unknown): Uint8Array | undefined {
      try {
        const bytes = customs[index]?.encode(value as never, abi)
        return bytes !== undefined && bytes.length <= attributeBytesMax ? bytes : undefined
      } catch {
        return undefined
      }
    },
  }
}

/** What generated code uses of the library, by the names that it uses. */
export function runtimeOf(abi: Abi, sets: readonly AttributeSetSpec[], customs: readonly CustomSpec[]) {
  const families = familyTables(abi)
  const numbers = sets.map(set => new Set(set.attributes.map(({ number }) => number[abi] ?? -1)))
  return {
    ...customCodecs(customs, abi),
    abi,
    IpAddress,
    familyFrom: families.from,
    familyTo: families.to,
    keepBytes,
    keptOf,
    knownNumbers: (set: number) => numbers[set],
    putBytes,
    putString,
    readString,
  }
}
