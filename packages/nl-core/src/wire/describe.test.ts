import {
  array,
  attributeSet,
  be16,
  body,
  bytes,
  describeBody,
  family,
  flag,
  ip,
  longer,
  map,
  nested,
  nulString,
  pad,
  range,
  struct,
  structs,
  u8,
  u32,
  u32s,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

describe('describeBody', () => {
  it('says what stands in the bytes, in words', () => {
    const pair = struct('pair', { id: u32, pad: pad(4) })
    const tree: ReturnType<typeof attributeSet> = attributeSet({ T: [1, 't', nested(() => tree, { flagged: true })] })
    const { header, attributes } = describeBody(
      body(
        struct('ndmsg', { family, pad: pad(3), port: be16 }),
        attributeSet({
          A: [1, 'a', range(u8, { min: 1, max: 4 }), { doc: 'How many.', linux: 5 }],
          B: [2, 'b', nulString({ max: 15 })],
          C: [3, 'c', bytes({ max: 32 })],
          D: [4, 'd', ip, { linux: null }],
          E: [6, 'e', pair, { linux: { value: longer(pair) } }],
          F: [7, 'f', structs(pair), { multi: true }],
          G: [8, 'g', array(nested(tree))],
          H: [9, 'h', map(u32s)],
          I: [10, 'i', flag],
        }),
      ),
    )
    expect(header).toEqual({
      name: 'ndmsg',
      size: 6,
      fields: [
        { name: 'family', offset: 0, type: 'address family' },
        { name: 'pad', offset: 1, type: '3 bytes of padding' },
        { name: 'port', offset: 4, type: 'be16' },
      ],
    })
    expect(attributes.map(({ name, type }) => [name, type])).toEqual([
      ['A', 'u8 ≥ 1 ≤ 4'],
      ['B', 'string ≤ 15'],
      ['C', '≤ 32 bytes'],
      ['D', 'IP address, 4 or 16 bytes'],
      ['E', 'struct pair, 8 bytes'],
      ['F', 'struct pair[], repeated'],
      ['G', 'list of nest'],
      ['H', 'u32[] by number'],
      ['I', 'flag'],
    ])
    expect(attributes[0]).toMatchObject({ doc: 'How many.', number: { freebsd: 1, linux: 5 } })
    expect(attributes[3]?.number.linux).toBeUndefined()
    expect(attributes[4]?.linuxType).toBe('struct pair, 8 bytes or more')
    expect(attributes[6]?.attributes).toEqual([
      { name: 'T', property: 't', number: { freebsd: 1, linux: 1 }, type: 'nest, NLA_F_NESTED' },
    ])
  })
})
