import type { Abi } from '@nltool/nl-core/model'
import { IpAddress } from '@nltool/nl-core/model'
import { fromHex, toHex } from '@nltool/nl-core/testing'
import {
  attributeSet,
  body,
  createWriter,
  custom,
  frameOf,
  i32,
  ip,
  nested,
  pad,
  string,
  struct,
  u8,
  u16,
  u32,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

// What a typed object does not say about its message is written back as long as the object says the same.
const ndmsg = struct('ndmsg', { family: u8, pad: pad(3), ifindex: i32, state: u16, flags: u8, type: u8 })
const metrics = attributeSet({ RTAX_LOCK: [1, 'lock', u32], RTAX_MTU: [2, 'mtu', u32] })
const attrs = attributeSet({
  A_DST: [1, 'dst', ip],
  A_PROBES: [4, 'probes', u32],
  A_KIND: [5, 'kind', string()],
  A_METRICS: [8, 'metrics', nested(metrics)],
  A_SEEN: [9, 'seen', u32, { multi: true }],
})
const schema = body(ndmsg, attrs)
const header = '02000000 03000000 8000 00 00'

const odd: readonly (readonly [string, string, Abi])[] = [
  ['an order that is not that of the rows', '0800 0400 01000000  0800 0100 c0000201', 'freebsd'],
  ['the earlier of two equal attributes', '0800 0400 01000000  0800 0400 02000000', 'freebsd'],
  ['NLA_F_NESTED where the row has none', '0c00 0880 0800 0200 dc050000', 'freebsd'],
  ['NLA_F_NET_BYTEORDER', '0800 0440 01000000', 'freebsd'],
  ['padding that is not zero', '0600 0500 6100 abcd', 'freebsd'],
  ['text without its NUL', '0600 0500 6162 0000', 'freebsd'],
  ['bytes behind the NUL of a text', '0800 0500 61006263', 'freebsd'],
  ['text that is not UTF-8', '0600 0500 ff00 0000', 'freebsd'],
  ['bytes behind the last attribute', '0800 0400 01000000  aabb', 'freebsd'],
  ['an attribute that FreeBSD skips for its padding', '0800 0400 01000000  0600 0500 6100', 'freebsd'],
  ['an attribute without padding', '0800 0400 01000000  0600 0500 6100', 'linux'],
  ['an attribute longer than what is left', '0800 0400 01000000  0900 0500 61620000', 'linux'],
  ['an unknown attribute before known ones', '0800 4d00 01000000  0800 0400 02000000', 'freebsd'],
  ['an unknown attribute at the end', '0800 0400 02000000  0500 4d80 01000000', 'freebsd'],
  ['disorder inside a nest', '1400 0800 0800 0200 01000000 0800 0100 02000000', 'freebsd'],
  [
    'several of a repeated attribute with another between',
    '0800 0900 01000000  0800 0400 07000000  0800 0900 02000000',
    'freebsd',
  ],
]

describe('a decoded message', () => {
  it.each(odd)('keeps %s', (_what, text, abi) => {
    const message = fromHex(header + text)
    expect(toHex(schema.encode(schema.decode(message, abi), abi))).toBe(toHex(message))
  })

  it('keeps padding in the header that is not zero', () => {
    const message = fromHex('02aabbcc 03000000 8000 00 00 0800 0400 01000000')
    expect(toHex(schema.encode(schema.decode(message, 'freebsd'), 'freebsd'))).toBe(toHex(message))
  })

  it.each([0, 1, 4, 11])('keeps that its header had %i bytes', length => {
    const message = fromHex(header).subarray(0, length)
    const codec = schema.codec('linux')
    const decoded = codec.decodeShort(frameOf(message), 0, length)
    expect(decoded.header.ifindex).toBe(length === 11 ? 3 : 0)
    const writer = createWriter()
    codec.encode(writer, decoded)
    expect(toHex(writer.bytes.subarray(0, writer.pos))).toBe(toHex(message))
  })

  it('takes the last of several equal attributes', () => {
    const message = fromHex(`${header} 0800 0400 01000000  0800 0400 02000000`)
    expect(schema.decode(message, 'freebsd').attrs.probes).toBe(2)
  })

  it('shows nothing of what it keeps', () => {
    const decoded = schema.decode(fromHex(`${header} 0800 0400 01000000 0800 0100 c0000201`), 'freebsd')
    const plain = schema.decode(fromHex(`${header} 0800 0100 c0000201 0800 0400 01000000`), 'freebsd')
    expect(decoded).toStrictEqual(plain)
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(plain))
    expect(Reflect.ownKeys(decoded)).toEqual(['header', 'attrs'])
  })

  it('is written as it says once it has been changed', () => {
    const decoded = schema.decode(fromHex(`${header} 0800 0400 01000000 0800 0100 c0000201`), 'freebsd')
    const changed = decoded as { header: { flags: number }; attrs: { dst?: IpAddress | undefined } }
    changed.attrs.dst = IpAddress.parse('192.0.2.9')
    expect(toHex(schema.encode(decoded, 'freebsd'))).toBe(
      toHex(fromHex(`${header} 0800 0100 c0000209 0800 0400 01000000`)),
    )
    changed.attrs.dst = undefined
    expect(toHex(schema.encode(decoded, 'freebsd'))).toBe(toHex(fromHex(`${header} 0800 0400 01000000`)))
  })

  it('is written anew for the other ABI', () => {
    const decoded = schema.decode(fromHex(`${header} 0800 0400 01000000 0800 0100 c0000201`), 'freebsd')
    expect(toHex(schema.encode(decoded, 'linux'))).toBe(
      toHex(fromHex(`${header} 0800 0100 c0000201 0800 0400 01000000`)),
    )
  })

  it('is a copy: what happens to the bytes afterwards changes nothing', () => {
    const message = fromHex(`${header} 0800 0400 01000000 0800 0100 c0000201 0600 4d00 abcd0000`)
    const before = message.slice()
    const decoded = schema.decode(message, 'freebsd')
    message.fill(0xee)
    expect(toHex(schema.encode(decoded, 'freebsd'))).toBe(toHex(before))
  })

  it('has every property of its rows, present or not, in their order', () => {
    const { attrs: empty } = schema.decode(fromHex(header), 'freebsd')
    expect(Object.keys(empty)).toEqual(['dst', 'probes', 'kind', 'metrics', 'seen', 'unknown'])
  })
})

describe('a header that is cut short', () => {
  it('keeps its bytes, padding that is not zero included', () => {
    const short = fromHex('02 000001 0300')
    const object = schema.codec('freebsd').decodeShort(frameOf(short), 0, short.length)
    expect(object.header.ifindex).toBe(3)
    expect(schema.encode(object, 'freebsd')).toEqual(short)
  })
})

describe('encoding', () => {
  it('appends nothing when it fails', () => {
    const writer = createWriter({ size: 128 })
    const codec = schema.codec('freebsd')
    const good = { header: { family: 2, ifindex: 3, state: 128, flags: 0, type: 0 }, attrs: { probes: 1 } }
    codec.encode(writer, good)
    const before = toHex(writer.bytes.subarray(0, writer.pos))
    const long = 'k'.repeat(4000)
    const bad = { ...good, attrs: { kind: long, metrics: { mtu: 2 ** 40 } } }
    expect(() => codec.encode(writer, bad)).toThrow('A_METRICS.RTAX_MTU: 1099511627776 is not uint32')
    expect(toHex(writer.bytes.subarray(0, writer.pos))).toBe(before)
  })

  it('grows the writer as needed and keeps what was written', () => {
    const writer = createWriter({ size: 128 })
    const codec = schema.codec('freebsd')
    const one = {
      header: { family: 2, ifindex: 3, state: 128, flags: 0, type: 0 },
      attrs: { kind: 'k'.repeat(99), seen: [1, 2, 3] },
    }
    const expected = toHex(schema.encode(one, 'freebsd'))
    for (let count = 0; count < 50; count++) codec.encode(writer, one)
    expect(toHex(writer.bytes.subarray(0, writer.pos))).toBe(expected.repeat(50))
  })
})

describe('custom codecs', () => {
  const lower = custom<string>('a word', {
    decode: payload => {
      if (payload[0] === 0) throw new RangeError('zero')
      return String.fromCharCode(...payload).toLowerCase()
    },
    encode: word => {
      if (word === 'bad') throw new RangeError('bad word')
      return Uint8Array.from(word, letter => letter.charCodeAt(0))
    },
  })
  const worded = body(struct('none', {}), attributeSet({ A: [1, 'a', lower] }))

  it('keep the bytes that their value does not give back', () => {
    for (const text of ['0600 0100 41420000', '0700 0100 62616400']) {
      const decoded = worded.decode(fromHex(text), 'linux')
      expect(toHex(worded.encode(decoded, 'linux'))).toBe(toHex(fromHex(text)))
    }
  })

  it('may throw anything: it becomes a WireError with a place', () => {
    expect(() => worded.decode(fromHex('0500 0100 00000000'), 'linux')).toThrow('A: is not a word: RangeError: zero')
    expect(() => worded.encode({ header: {}, attrs: { a: 'bad' } }, 'linux')).toThrow(
      'A: is not a word: RangeError: bad',
    )
  })
})
