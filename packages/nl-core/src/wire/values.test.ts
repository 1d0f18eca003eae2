import { NetlinkError, WireError } from '@nltool/nl-core/errno'
import { type Abi, IpAddress } from '@nltool/nl-core/model'
import { fromHex, hex, toHex } from '@nltool/nl-core/testing'
import {
  array,
  attributeSet,
  be16,
  be32,
  be64,
  bitfield32,
  body,
  bytes,
  compileBody,
  custom,
  family,
  fixed,
  flag,
  headed,
  i8,
  i16,
  i32,
  i64,
  interpretBody,
  ip,
  longer,
  map,
  nested,
  nulString,
  pad,
  records,
  string,
  struct,
  structs,
  u8,
  u16,
  u32,
  u32s,
  u64,
  type Value,
  type ValueSpec,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

const noHeader = struct('none', {})
const inner = attributeSet({ INNER_A: [1, 'a', u32], INNER_B: [2, 'b', nulString({ max: 15 })] })
const pair = struct('pair', { id: u32, weight: u8, pad: pad(3) })
const leg = struct('leg', { len: u16, flags: u8, hops: u8, ifindex: i32 })

/** A body whose only attribute, number 5, has a value. */
const schemaOf = (value: ValueSpec, factory = compileBody) =>
  body(noHeader, attributeSet({ ATTR: [5, 'value', value as Value<unknown>] }), { codec: factory })

const upper = custom<string>('capitals', {
  decode: payload => {
    if (payload.length === 0) throw new NetlinkError('EOPNOTSUPP', 'no capitals')
    return String.fromCharCode(...payload)
  },
  encode: value => Uint8Array.from(value, letter => letter.charCodeAt(0)),
})

/** Value, what it means, its attribute. All integers are in the order that the name says. */
const golden: readonly (readonly [string, ValueSpec, unknown, string])[] = [
  ['u8', u8, 0xfe, '0500 0500 fe000000'],
  ['u16', u16, 0x1234, '0600 0500 34120000'],
  ['u32', u32, 0xfedcba98, '0800 0500 98badcfe'],
  ['u64', u64, 0xfedcba9876543210n, '0c00 0500 1032547698badcfe'],
  ['i8', i8, -2, '0500 0500 fe000000'],
  ['i16', i16, -2, '0600 0500 feff0000'],
  ['i32', i32, -2, '0800 0500 feffffff'],
  ['i64', i64, -2n, '0c00 0500 feffffffffffffff'],
  ['be16', be16, 0x8100, '0600 0500 81000000'],
  ['be32', be32, 0x12345678, '0800 0500 12345678'],
  ['be64', be64, 0x0102030405060708n, '0c00 0500 0102030405060708'],
  ['flag', flag, true, '0400 0500'],
  ['nulString', nulString({ max: 15 }), 'lo0', '0800 0500 6c6f3000'],
  ['nulString, padded', nulString({ max: 15 }), 'epair0a', '0c00 0500 6570616972306100'],
  ['an empty string', nulString({ max: 15 }), '', '0500 0500 00000000'],
  ['string beyond ASCII', string(), 'é', '0700 0500 c3a90000'],
  ['bytes', bytes({ max: 32 }), hex`020000000001`, '0a00 0500 020000000001 0000'],
  ['an IPv4 address', ip, IpAddress.parse('192.0.2.1'), '0800 0500 c0000201'],
  ['an IPv6 address', ip, IpAddress.parse('2001:db8::1'), '1400 0500 20010db8 00000000 00000000 00000001'],
  ['words', u32s, [1, 2], '0c00 0500 01000000 02000000'],
  ['bitfield32', bitfield32(), { value: 1, selector: 3 }, '0c00 0500 01000000 03000000'],
  ['a structure', pair, { id: 10, weight: 2 }, '0c00 0500 0a000000 02000000'],
  [
    'structures',
    structs(pair),
    [
      { id: 1, weight: 2 },
      { id: 3, weight: 4 },
    ],
    '1400 0500 01000000 02000000 03000000 04000000',
  ],
  ['a nest', nested(inner), { a: 7, b: 'x' }, '1400 0500 0800 0100 07000000 0600 0200 78000000'],
  ['a flagged nest', nested(inner, { flagged: true }), { a: 7 }, '0c00 0580 0800 0100 07000000'],
  ['a list', array(u32, { flagged: true }), [7, 8], '1400 0580 0800 0100 07000000 0800 0200 08000000'],
  [
    'a map',
    map(u32),
    new Map([
      [9, 1],
      [4, 2],
    ]),
    '1400 0500 0800 0900 01000000 0800 0400 02000000',
  ],
  [
    'a structure with attributes',
    headed(pair, inner),
    { header: { id: 1, weight: 0 }, attrs: { a: 7 } },
    '1400 0500 01000000 00000000 0800 0100 07000000',
  ],
  [
    'records',
    records(leg, 'len', inner),
    [
      { header: { flags: 0, hops: 1, ifindex: 3 }, attrs: { a: 7 } },
      { header: { flags: 4, hops: 0, ifindex: -1 }, attrs: {} },
    ],
    '1c00 0500 1000 00 01 03000000 0800 0100 07000000 0800 04 00 ffffffff',
  ],
  ['a custom value', upper, 'AB', '0600 0500 41420000'],
]

/** Payloads that a FreeBSD kernel refuses: netlink_message_parser.c, texts as its getters print them. */
const refused: readonly (readonly [string, ValueSpec, string, string, string | undefined])[] = [
  ['u8', u8, '0600 0500 01000000', 'EINVAL', 'nla type 5 size(2) is not uint8'],
  ['u16', u16, '0500 0500 01000000', 'EINVAL', 'nla type 5 size(1) is not uint16'],
  ['u32', u32, '0700 0500 01000000', 'EINVAL', 'nla type 5 size(3) is not uint32'],
  ['u64', u64, '0800 0500 01000000', 'EINVAL', 'nla type 5 size(4) is not uint64'],
  ['flag', flag, '0800 0500 01000000', 'EINVAL', 'nla type 5 size(4) is not a flag'],
  ['nulString', nulString(), '0800 0500 61626364', 'EINVAL', 'nla type 5 size(4) is not NULL-terminated'],
  ['ip', ip, '0900 0500 0102030405000000', 'EOPNOTSUPP', 'unknown IP len: 5 for rta type 5'],
  ['a structure', pair, '0800 0500 01000000', 'EINVAL', 'nla type 5 size(4) is not pair'],
  ['a length below 4', u32, '0300 0500 01000000', 'EINVAL', 'Invalid attr 16 type 5 len: 3'],
  ['a record too short', records(leg, 'len', inner), '0c00 0500 0700000003000000', 'EINVAL', 'ATTR: bad length 7'],
  ['half a record', records(leg, 'len', inner), '0800 0500 08000000', 'EINVAL', 'invalid ATTR attr'],
  ['no record', records(leg, 'len', inner), '0400 0500', 'EINVAL', 'invalid ATTR attr'],
  ['what a custom codec refuses', upper, '0400 0500', 'EOPNOTSUPP', 'no capitals'],
]

/** Values that no bytes can express, and the beginning of what is said. */
const unwritable: readonly (readonly [ValueSpec, unknown, string])[] = [
  [u8, 256, 'ATTR: 256 is not uint8, 0 to 255'],
  [u8, -1, 'ATTR: -1 is not uint8, 0 to 255'],
  [u8, 1.5, 'ATTR: 1.5 is no integer'],
  [u8, '1', "ATTR: '1' is no integer"],
  [i16, 32768, 'ATTR: 32768 is not int16, -32768 to 32767'],
  [u32, 2 ** 32, 'ATTR: 4294967296 is not uint32, 0 to 4294967295'],
  [u32, Number.NaN, 'ATTR: NaN is no integer'],
  [u32, null, 'ATTR: null is no integer'],
  [u32, 5n, 'ATTR: 5n is no integer'],
  [u8, Symbol('five'), 'ATTR: Symbol(five) is no integer'],
  [u8, [1], 'ATTR: an object is no integer'],
  [family, '2', "ATTR: '2' is no address family"],
  [u64, 1, 'ATTR: 1 is no bigint'],
  [u64, -1n, 'ATTR: -1n is not uint64'],
  [i64, 1n << 63n, 'ATTR: 9223372036854775808n is not int64'],
  [be32, -1, 'ATTR: -1 is not uint32'],
  [flag, 1, 'ATTR: 1 is no flag'],
  [family, 77, 'ATTR: 77 is no address family of the linux ABI'],
  [nulString({ max: 3 }), 'four', "ATTR: 'four' has 4 bytes, more than 3"],
  [nulString({ max: 3 }), 'éé', "ATTR: 'éé' has 4 bytes, more than 3"],
  [nulString(), 'a\0b', 'ATTR: '],
  [nulString(), '\ud800', 'ATTR: '],
  [bytes({ length: 6 }), new Uint8Array(5), 'ATTR: 5 bytes are not 6 to 6'],
  [bytes(), 'text', "ATTR: 'text' where bytes belong"],
  [ip, '192.0.2.1', "ATTR: '192.0.2.1' is no IpAddress"],
  [
    structs(pair),
    [
      { id: 1, weight: 0 },
      { id: 1, weight: 256 },
    ],
    'ATTR[1].pair.weight: 256 is not uint8',
  ],
  [nested(inner), { b: 5 }, 'ATTR.INNER_B: 5 where text belongs'],
  [nested(inner), 5, 'ATTR: 5 is no set of attributes'],
  [array(u8), [1, 300], 'ATTR[1]: 300 is not uint8'],
  [map(u8), new Map([[0x4000, 1]]), 'ATTR[16384]: 16384 is no nla_type'],
  [records(leg, 'len', inner), [], 'ATTR: there is no leg'],
  [bytes(), new Uint8Array(65532), 'ATTR: 65532 bytes are not 0 to 65531'],
  [
    array(bytes()),
    [new Uint8Array(40000), new Uint8Array(40000)],
    'ATTR: 80008 bytes are more than an attribute holds',
  ],
]

describe.each([
  ['compiled', compileBody],
  ['interpreted', interpretBody],
] as const)('values, %s', (_name, factory) => {
  it.each(golden)('reads and writes %s', (_kind, value, meaning, text) => {
    const schema = schemaOf(value, factory)
    const expected = fromHex(text)
    expect(toHex(schema.encode({ header: {}, attrs: { value: meaning } }, 'freebsd'))).toBe(toHex(expected))
    expect(schema.decode(expected, 'freebsd')).toEqual({ header: {}, attrs: { value: meaning } })
  })

  it.each(refused)('refuses %s as a FreeBSD kernel does', (_kind, value, text, code, kernelText) => {
    const error = thrownBy(() => schemaOf(value, factory).decode(fromHex(text), 'freebsd'))
    expect(error).toMatchObject({ code, kernelText })
  })

  it.each(unwritable)('refuses to write %#', (value, meaning, message) => {
    const error = thrownBy(() => schemaOf(value, factory).encode({ header: {}, attrs: { value: meaning } }, 'linux'))
    expect(error.message.slice(error.code.length + 2)).toContain(message)
  })
})

describe('unknown attributes', () => {
  it.each([
    [[{ type: 70000, bytes: hex`00` }], 'unknown[0]: 70000 is no nla_type'],
    [[{ type: 7, bytes: 'text' }], "unknown[0]: 'text' where bytes belong"],
    [[null], 'unknown[0]: undefined is no nla_type'],
    ['text', "unknown: 'text' is no array"],
    [[{ type: 7, bytes: new Uint8Array(65532) }], 'unknown[0]: 65532 bytes are more than an attribute holds'],
  ])('are refused where they cannot be written: %#', (unknown, message) => {
    const error = thrownBy(() => schemaOf(u8).encode({ header: {}, attrs: { unknown: unknown as never } }, 'linux'))
    expect(error.message).toContain(message)
  })
})

describe('families', () => {
  const schema = body(struct('familied', { family, pad: pad(3) }), attributeSet({}))
  const inAbi = (number: number, abi: Abi) => schema.decode(Uint8Array.of(number, 0, 0, 0), abi).header.family

  // AF_INET, AF_INET6, AF_PACKET, AF_BRIDGE, AF_MPLS and nonsense, as Linux numbers them.
  it.each([
    [2, 2],
    [10, 28],
    [17, 18],
    [7, 0x107],
    [28, 0x11c],
    [255, 0x1ff],
  ])('reads Linux %i as %i and writes it back', (linux, model) => {
    expect(inAbi(linux, 'linux')).toBe(model)
    expect(schema.encode({ header: { family: model }, attrs: {} }, 'linux')[0]).toBe(linux)
  })

  it('gives FreeBSD programs their own numbers', () => {
    for (const number of [0, 2, 28, 38, 255]) expect(inAbi(number, 'freebsd')).toBe(number)
  })

  it('refuses to tell a FreeBSD program of a family that only Linux has', () => {
    const error = thrownBy(() => schema.encode({ header: { family: 0x107 }, attrs: {} }, 'freebsd'))
    expect(error.path).toEqual(['familied.family'])
  })
})

describe('structures', () => {
  const odd = struct('odd', { a: u8, b: u16, mac: fixed(6), c: u64, d: be16, pad: pad(1), e: i32 })
  const schema = body(odd, attributeSet({}))
  const value = { header: { a: 1, b: 0x2345, mac: hex`020000000001`, c: 5n, d: 0x8100, e: -7 }, attrs: {} }

  it('have no hidden padding', () => {
    expect(toHex(schema.encode(value, 'freebsd'))).toBe('0145230200000000010500000000000000810000f9ffffff')
    expect(schema.decode(schema.encode(value, 'freebsd'), 'freebsd')).toEqual(value)
  })

  it('may be shorter than the payload where that is said, and keep what follows', () => {
    const grown = schemaOf(longer(pair))
    const message = hex`1000 0500 0a000000 02000000 aabbccdd`
    const decoded = grown.decode(message, 'linux')
    expect(decoded).toEqual({ header: {}, attrs: { value: { id: 10, weight: 2 } } })
    expect(grown.encode(decoded, 'linux')).toEqual(message)
  })
})

function thrownBy(run: () => unknown): WireError {
  try {
    run()
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
  return expect.unreachable('nothing was thrown')
}
