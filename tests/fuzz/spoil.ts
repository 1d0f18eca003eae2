import type { Random } from '@nltool/nl-core/model'
import { below } from '@nltool/nl-core/scheduler'
import { concatBytes } from '@nltool/nl-core/testing'

/** Values at which length and type fields turn. */
const edges = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 0x7f, 0x80, 0xff, 0x100, 0x3fff, 0x4000, 0x7fff, 0x8000, 0xffff]

const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T
const some = (random: Random, max: number): Uint8Array =>
  Uint8Array.from({ length: below(random, max) }, () => random.u32())

/** One way of spoiling; may change the bytes in place. */
type Spoiler = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array

function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >> 8
}

const spoilers: readonly Spoiler[] = [
  function flipBit(bytes, random) {
    const at = below(random, bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8))
    return bytes
  },
  function setByte(bytes, random) {
    bytes[below(random, bytes.length)] = pick(random, edges)
    return bytes
  },
  function setWord16(bytes, random) {
    setU16(bytes, below(random, bytes.length) & ~1, pick(random, edges))
    return bytes
  },
  function setWord32(bytes, random) {
    const at = below(random, bytes.length) & ~3
    const value = pick(random, [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, random.u32()])
    for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = value >>> (8 * i)
    return bytes
  },
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)), // cut off
  (bytes, random) => concatBytes(bytes, some(random, 64)), // with a tail
  (bytes, random) => concatBytes(bytes, new Uint8Array(below(random, 64))), // with zeros, as iproute2 sends
  function splice(bytes, random, others) {
    const other = pick(random, others)
    const start = below(random, other.length + 1) & ~3
    const part = other.subarray(start, start + below(random, 64))
    const at = below(random, bytes.length + 1) & ~3
    return concatBytes(bytes.subarray(0, at), part, bytes.subarray(at))
  },
  function repeat(bytes, random) {
    const at = below(random, bytes.length + 1) & ~3
    const part = bytes.subarray(at, at + (below(random, 48) & ~3))
    return concatBytes(bytes.subarray(0, at), part, part, bytes.subarray(at + part.length))
  },
  function drop(bytes, random) {
    const at = below(random, bytes.length + 1) & ~3
    return concatBytes(bytes.subarray(0, at), bytes.subarray(at + (below(random, 32) & ~3)))
  },
  (bytes, _random, others) => concatBytes(bytes, ...others.slice(0, 1)), // a second message behind
]

/** A spoiled copy of bytes; half of the time the length of the first message is made right again, to get further in. */
export function spoil(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let spoiled: Uint8Array = bytes.slice()
  for (let times = 1 + below(random, 4); times > 0; times--) {
    if (spoiled.length === 0) spoiled = some(random, 32)
    if (spoiled.length > 0) spoiled = pick(random, spoilers)(spoiled, random, others)
  }
  if (spoiled.length >= 16 && below(random, 2) === 0)
    new DataView(spoiled.buffer, spoiled.byteOffset).setUint32(0, spoiled.length, true)
  return spoiled
}

function attributes(random: Random, depth: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let count = below(random, 6); count > 0; count--) {
    const nest = depth < 4 && below(random, 4) === 0
    const payload = nest ? attributes(random, depth + 1) : some(random, pick(random, [2, 5, 9, 17, 40]))
    const bytes = new Uint8Array((4 + payload.length + 3) & ~3)
    const length = below(random, 16) === 0 ? pick(random, edges) : 4 + payload.length
    setU16(bytes, 0, length)
    setU16(bytes, 2, below(random, 48) | (nest && below(random, 2) === 0 ? 0x8000 : 0))
    bytes.set(payload, 4)
    parts.push(bytes)
  }
  return concatBytes(...parts)
}

/** A made-up request: a header that makes sense, a body of small numbers, attributes nested at random. */
export function invent(random: Random, types: readonly number[]): Uint8Array {
  const header = new Uint8Array(pick(random, [0, 1, 4, 8, 12, 16, 20]))
  for (let i = 0; i < header.length; i++)
    header[i] = below(random, 3) === 0 ? random.u32() : pick(random, [0, 0, 1, 2, 10, 28, 32])
  const body = concatBytes(header, attributes(random, 1))
  const bytes = new Uint8Array(16 + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, pick(random, types), true)
  view.setUint16(6, pick(random, [1, 5, 0x301, 0x305, 0x605, 0x505, 0xd, 0x405, random.u32()]), true)
  view.setUint32(8, random.u32(), true)
  bytes.set(body, 16)
  return bytes
}
