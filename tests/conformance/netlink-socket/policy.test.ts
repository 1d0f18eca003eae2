import { concatBytes } from '@nltool/nl-core/testing'
import {
  array,
  attributeSet,
  bitfield32,
  bytes,
  flag,
  i32,
  nested,
  nulString,
  policyTypes,
  range,
  string,
  u8,
  u16,
  u32,
  u64,
} from '@nltool/nl-core/wire'
import { defineFamily } from '@nltool/nl-genl'
import { serveFamily } from '@nltool/nl-genl/kernel'
import { describe, expect, it } from 'vitest'
import { allMessages, attr, createBench, errorOf, extAckOf, le, request } from '../genetlink-bench.ts'

const inner = attributeSet({ IN_U32: [1, 'u32', u32] })
/** One attribute of each policy type. */
const set = attributeSet({
  A_U8: [1, 'u8', u8],
  A_U16: [2, 'u16', u16],
  A_U32: [3, 'u32', u32],
  A_U64: [4, 'u64', u64],
  A_S32: [5, 's32', i32],
  A_FLAG: [6, 'flag', flag],
  A_STRING: [7, 'string', string({ max: 3 })],
  A_NUL_STRING: [8, 'nulString', nulString({ max: 3 })],
  A_BINARY: [9, 'binary', bytes({ max: 4 })],
  A_EXACT: [10, 'exact', bytes({ length: 4 })],
  A_NEST: [11, 'nest', nested(inner, { flagged: true })],
  A_ARRAY: [12, 'array', array(nested(inner), { flagged: true })],
  A_BITS: [13, 'bits', bitfield32(0xf)],
  A_NO_BITS: [14, 'noBits', bitfield32(0)],
  A_RANGE: [15, 'range', range(u32, { min: 2, max: 3 })],
  A_MASK: [16, 'mask', range(u32, { mask: 3 })],
})
const NESTED = 0x8000
const failed = 'Attribute failed policy validation'
const tooLong = 'invalid attribute length'

const definition = defineFamily({
  name: 'policies',
  version: 1,
  netns: true,
  groups: {},
  sets: { a: set },
  ops: {
    check: {
      cmd: 1,
      set: 'a',
      do: {
        request: [
          'u8',
          'u16',
          'u32',
          'u64',
          's32',
          'flag',
          'string',
          'nulString',
          'binary',
          'exact',
          'nest',
          'array',
          'bits',
          'noBits',
          'range',
          'mask',
        ],
      },
    },
  },
})

/** What a request with one attribute is answered: 0, or errno, text, and whether OFFS and POLICY came with it. */
function validate(attribute: Uint8Array, strict: boolean) {
  const bench = createBench('freebsd')
  const module = serveFamily(definition, () => ({ check: { do: () => undefined } }))
  const { id } = bench.registry.register(bench.ctx(), module)
  const socket = bench.open({ extAck: true, capAck: true, strict })
  const [answer] = allMessages(socket.ask(request(1, [attribute], { type: id, flags: 4 })))
  const { msg, offs, policy } = extAckOf(answer)
  return {
    error: Math.abs(errorOf(answer) ?? 0),
    msg,
    offs,
    type: policy?.type === undefined ? undefined : policyTypes[policy.type],
    policy,
    last: answer?.bytes.slice(-8),
  }
}

type Row = readonly [situation: string, attribute: Uint8Array, liberal: Outcome, strict: Outcome]
/** Errno, text, and what is reported: offset and policy (OP), the offset only (O), or nothing. */
type Outcome = 'ok' | readonly [error: number, text: string, reported: 'OP' | 'O' | '']

const both = (situation: string, attribute: Uint8Array, outcome: Outcome): Row => [
  situation,
  attribute,
  outcome,
  outcome,
]

const table: readonly Row[] = [
  ['type 0', attr(0, le(4, 1)), 'ok', [22, 'Unknown attribute type', 'O']],
  ['type > maxtype', attr(17, le(4, 1)), 'ok', [22, 'Unknown attribute type', 'O']],
  ...([1, 2, 3, 4, 5] as const).flatMap((type, index): Row[] => {
    const size = [1, 2, 4, 8, 4][index] ?? 0
    return [
      [`integer ${type} longer than its type`, attr(type, new Uint8Array(size + 1)), 'ok', [22, tooLong, 'OP']],
      [`integer ${type} shorter`, attr(type, new Uint8Array(size - 1)), [34, failed, 'OP'], [22, tooLong, 'OP']],
    ]
  }),
  ['nest without NLA_F_NESTED', attr(11, attr(1, le(4, 1))), 'ok', [22, 'NLA_F_NESTED is missing', 'OP']],
  ['non-nest with NLA_F_NESTED', attr(3 | NESTED, le(4, 1)), 'ok', [22, 'NLA_F_NESTED not expected', 'OP']],
  both('FLAG with payload', attr(6, le(1, 1)), [34, failed, 'OP']),
  both('BITFIELD32 length ≠ 8', attr(13, le(4, 1)), [34, failed, 'OP']),
  both('BITFIELD32: selector outside mask', attr(13, concatBytes(le(4, 0), le(4, 0x10))), [22, failed, 'OP']),
  both('BITFIELD32: value outside mask', attr(13, concatBytes(le(4, 0x10), le(4, 0xf))), [22, failed, 'OP']),
  both('BITFIELD32: value not selected', attr(13, concatBytes(le(4, 3), le(4, 1))), [22, failed, 'OP']),
  both('BITFIELD32: mask 0', attr(14, new Uint8Array(8)), [22, failed, 'OP']),
  both('BITFIELD32', attr(13, concatBytes(le(4, 1), le(4, 3))), 'ok'),
  both('NUL_STRING without NUL', attr(8, Uint8Array.of(65, 66)), [22, failed, 'OP']),
  both('NUL_STRING without NUL in max + 1', attr(8, Uint8Array.of(65, 66, 67, 68, 0)), [22, failed, 'OP']),
  both('NUL_STRING of max and its NUL', attr(8, Uint8Array.of(65, 66, 67, 0)), 'ok'),
  both('STRING empty', attr(7, new Uint8Array(0)), [34, failed, 'OP']),
  both('STRING longer than max', attr(7, Uint8Array.of(65, 66, 67, 68)), [34, failed, 'OP']),
  both('STRING of max, one trailing NUL not counted', attr(7, Uint8Array.of(65, 66, 67, 0)), 'ok'),
  both('BINARY longer than max', attr(9, new Uint8Array(5)), [34, failed, 'OP']),
  both('BINARY shorter than exact', attr(10, new Uint8Array(3)), [34, failed, 'OP']),
  ['"warn if too long" binary above max', attr(10, new Uint8Array(5)), 'ok', [22, tooLong, 'OP']],
  ...[1, 2, 3].map(length =>
    both(`NESTED of length ${length}`, attr(11 | NESTED, new Uint8Array(length)), [34, failed, 'OP']),
  ),
  both('NESTED of length 0', attr(11 | NESTED, new Uint8Array(0)), 'ok'),
  ...[1, 2, 3].map(length =>
    both(`NESTED_ARRAY entry of length ${length}`, attr(12 | NESTED, attr(1, new Uint8Array(length))), [
      34,
      'Array element too short',
      'OP',
    ]),
  ),
  both('NESTED_ARRAY entry that is empty', attr(12 | NESTED, attr(1, new Uint8Array(0))), 'ok'),
  both('integer outside range: below', attr(15, le(4, 1)), [34, 'integer out of range', 'OP']),
  both('integer outside range: above', attr(15, le(4, 4)), [34, 'integer out of range', 'OP']),
  both('integer in range', attr(15, le(4, 2)), 'ok'),
  both('bits outside mask', attr(16, le(4, 4)), [22, 'reserved bit set', 'O']),
  [
    'bytes left after the last attribute',
    concatBytes(attr(3, le(4, 1)), Uint8Array.of(1, 2, 3)),
    'ok',
    [22, 'bytes leftover after parsing attributes', ''],
  ],
]

function expected(outcome: Outcome) {
  if (outcome === 'ok') return { error: 0, offs: undefined, policy: undefined }
  const [error, msg, reported] = outcome
  return {
    error,
    msg,
    offs: reported === '' ? undefined : 20,
    policy: reported === 'OP' ? expect.anything() : undefined,
  }
}

describe('NS 7.6 Linux policy validation', () => {
  it.each(table)('%s', (_situation, attribute, liberal, strict) => {
    expect(validate(attribute, false)).toMatchObject(expected(liberal))
    expect(validate(attribute, true)).toMatchObject(expected(strict))
  })

  it('bytes left after the last attribute: success, the text still set as a warning', () => {
    const { error, msg } = validate(concatBytes(attr(3, le(4, 1)), Uint8Array.of(1, 2, 3)), false)
    expect([error, msg]).toEqual([0, 'bytes leftover after parsing attributes'])
  })

  it('errors in a nest keep the inner text and offset', () => {
    const bad = attr(11 | NESTED, concatBytes(attr(1, le(4, 1)), attr(1, le(2, 1))))
    expect(validate(bad, false)).toMatchObject({ error: 34, msg: failed, offs: 32, type: 'U32' })
  })
})

describe('NS 7.7 POLICY attribute', () => {
  it.each([
    ['FLAG', attr(6, le(1, 1)), {}],
    ['U8', attr(1, new Uint8Array(0)), { minValueU: 0n, maxValueU: 0xffn }],
    ['U16', attr(2, le(1, 0)), { minValueU: 0n, maxValueU: 0xffffn }],
    ['U32', attr(15, le(4, 9)), { minValueU: 2n, maxValueU: 3n }],
    ['U32', attr(16, le(1, 9)), { mask: 3n }],
    ['U64', attr(4, le(4, 0)), { minValueU: 0n, maxValueU: 2n ** 64n - 1n }],
    ['S32', attr(5, le(2, 0)), { minValueS: -(2n ** 31n), maxValueS: 2n ** 31n - 1n }],
    ['BINARY', attr(9, new Uint8Array(5)), { maxLength: 4 }],
    ['BINARY', attr(10, new Uint8Array(3)), { minLength: 4, maxLength: 4 }],
    ['STRING', attr(7, new Uint8Array(0)), { maxLength: 3 }],
    ['NUL_STRING', attr(8, Uint8Array.of(65)), { maxLength: 3 }],
    ['NESTED', attr(11 | NESTED, new Uint8Array(1)), {}],
    ['NESTED_ARRAY', attr(12 | NESTED, attr(1, new Uint8Array(1))), {}],
    ['BITFIELD32', attr(13, le(4, 0)), { bitfield32Mask: 0xf }],
  ])('%s %#', (type, bad, limits) => {
    const { policy, last } = validate(bad, false)
    const said = Object.entries(policy ?? {}).filter(([, value]) => value !== undefined)
    const number = policyTypes.indexOf(type as never)
    expect(Object.fromEntries(said)).toEqual({ ...limits, type: number })
    expect(last).toEqual(Uint8Array.of(8, 0, 1, 0, number, 0, 0, 0)) // TYPE is written last in the nest
  })
})
