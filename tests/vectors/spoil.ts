import { NLMSG_HDRLEN } from '@nltool/nl-core'

/** Spoiled bytes, and how they were spoiled. */
export interface Spoiled {
  readonly how: string
  readonly bytes: Uint8Array
}

/** Values of a 16-bit length that is wrong: none, shorter than its own header, unaligned, beyond everything. */
const wrongLengths = [0, 3, 5, 0x7fff, 0xffff]

/** Bytes cut, shifted and with overlong attributes at every position. */
export function* spoilings(bytes: Uint8Array): Generator<Spoiled, void, void> {
  for (let at = 0; at < bytes.length; at++) yield { how: `cut to ${at} bytes`, bytes: bytes.slice(0, at) }
  for (let at = 0; at <= bytes.length; at++) yield { how: `a byte more at ${at}`, bytes: withByte(bytes, at) }
  for (let at = 0; at < bytes.length; at++) yield { how: `a byte less at ${at}`, bytes: withoutByte(bytes, at) }
  // Attributes begin on 4-byte borders, and so do their lengths.
  for (let at = 0; at + 2 <= bytes.length; at += 4) {
    for (const length of wrongLengths) yield { how: `length ${length} at ${at}`, bytes: withLength(bytes, at, length) }
  }
}

/** As {@link spoilings}, of a message: what is spoiled is its body; `nlmsg_len` is made right, and once more left as it was. */
export function* spoiledMessages(message: Uint8Array): Generator<Spoiled, void, void> {
  const header = message.subarray(0, NLMSG_HDRLEN)
  for (const { how, bytes } of spoilings(message.subarray(NLMSG_HDRLEN))) {
    const whole = new Uint8Array(NLMSG_HDRLEN + bytes.length)
    whole.set(header)
    whole.set(bytes, NLMSG_HDRLEN)
    if (whole.length !== message.length) yield { how: `body: ${how}, nlmsg_len as it was`, bytes: whole.slice() }
    new DataView(whole.buffer).setUint32(0, whole.length, true)
    yield { how: `body: ${how}`, bytes: whole }
  }
  for (let at = 0; at < NLMSG_HDRLEN; at++) yield { how: `cut to ${at} bytes`, bytes: message.slice(0, at) }
  for (const length of [0, 15, message.length - 1, message.length + 1, 0xffff_ffff]) {
    const bytes = message.slice()
    new DataView(bytes.buffer).setUint32(0, length, true)
    yield { how: `nlmsg_len ${length}`, bytes }
  }
}

function withByte(bytes: Uint8Array, at: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + 1)
  longer.set(bytes.subarray(0, at))
  longer[at] = 0xff
  longer.set(bytes.subarray(at), at + 1)
  return longer
}

function withoutByte(bytes: Uint8Array, at: number): Uint8Array {
  const shorter = new Uint8Array(bytes.length - 1)
  shorter.set(bytes.subarray(0, at))
  shorter.set(bytes.subarray(at + 1), at)
  return shorter
}

function withLength(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint16(at, length, true)
  return copy
}
