import { hex, toHex } from '@nltool/nl-core/testing'
import {
  array,
  attributePathAt,
  attributeSet,
  body,
  bytes,
  decodeTree,
  encodeTree,
  headed,
  i32,
  map,
  missingPathAt,
  nested,
  records,
  struct,
  u8,
  u16,
  u32,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

const rtmsg = struct('rtmsg', { family: u8, dstLen: u8, srcLen: u8, tos: u8 })
const leg = struct('rtnexthop', { len: u16, flags: u8, hops: u8, ifindex: i32 })
const metrics = attributeSet({ RTAX_LOCK: [1, 'lock', u32], RTAX_MTU: [2, 'mtu', u32] })
const legs = attributeSet({ RTA_GATEWAY: [5, 'gateway', bytes()], RTA_METRICS: [8, 'metrics', nested(metrics)] })
const schema = body(
  rtmsg,
  attributeSet({
    RTA_DST: [1, 'dst', bytes(), { linux: 101 }],
    RTA_METRICS: [8, 'metrics', nested(metrics)],
    RTA_MULTIPATH: [9, 'multipath', records(leg, 'len', legs)],
    RTA_LIST: [10, 'list', array(nested(metrics))],
    RTA_MAP: [11, 'map', map(nested(metrics))],
    RTA_PEER: [12, 'peer', headed(rtmsg, legs)],
  }),
)

// Offsets on the left count from the nlmsghdr.
const request = hex`
  00000000 1800 0505 07000000 00000000   //   0 nlmsghdr
  02 18 00 00                            //  16 rtmsg
  0800 0100 c0000201                     //  20 RTA_DST
  0c00 0880 0800 0200 dc050000           //  28 RTA_METRICS, 32 RTAX_MTU
  2800 0900                              //  40 RTA_MULTIPATH
    1000 00 00 03000000 0800 0500 01020304 //  44 leg 0, 52 RTA_GATEWAY
    1400 00 00 04000000                  //  60 leg 1
      0c00 0800 0800 0200 dc050000       //  68 RTA_METRICS, 72 RTAX_MTU
  1000 0a00 0c00 0100 0800 0200 dc050000 //  80 RTA_LIST, 84 entry, 88 RTAX_MTU
  1000 0b00 0c00 0700 0800 0200 dc050000 //  96 RTA_MAP, 100 entry 7, 104 RTAX_MTU
  1000 0c00 02180000 0800 0500 01020304  // 112 RTA_PEER, 116 rtmsg, 120 RTA_GATEWAY
  0800 4d00 00000000                     // 128 no row
  0300 0100                              // 136 a bad length`

describe('attributePathAt', () => {
  it.each([
    [17, 'rtmsg.dstLen'],
    [20, 'RTA_DST'],
    [24, 'RTA_DST'],
    [28, 'RTA_METRICS'],
    [32, 'RTA_METRICS.RTAX_MTU'],
    [36, 'RTA_METRICS.RTAX_MTU'],
    [40, 'RTA_MULTIPATH'],
    [48, 'RTA_MULTIPATH[0].rtnexthop.ifindex'],
    [52, 'RTA_MULTIPATH[0].RTA_GATEWAY'],
    [68, 'RTA_MULTIPATH[1].RTA_METRICS'],
    [72, 'RTA_MULTIPATH[1].RTA_METRICS.RTAX_MTU'],
    [84, 'RTA_LIST[0]'],
    [88, 'RTA_LIST[0].RTAX_MTU'],
    [104, 'RTA_MAP[7].RTAX_MTU'],
    [116, 'RTA_PEER.rtmsg.family'],
    [120, 'RTA_PEER.RTA_GATEWAY'],
    [128, 'attribute 77'],
    [136, 'RTA_DST'],
  ])('names what stands at %i', (offset, path) => {
    expect(attributePathAt(request, schema, offset, 'freebsd')).toBe(path)
  })

  it.each([0, 4, 140, 1000, -1])('names nothing at %i', offset => {
    expect(attributePathAt(request, schema, offset, 'freebsd')).toBeUndefined()
  })

  it('reads the numbers of the ABI', () => {
    expect(attributePathAt(request, schema, 20, 'linux')).toBe('attribute 1')
  })

  it('answers for every offset of a request spoiled at every byte', () => {
    for (let at = 16; at < request.length; at++) {
      const spoiled = request.slice()
      spoiled[at] = 0xff
      for (let offset = 0; offset < request.length; offset += 4) attributePathAt(spoiled, schema, offset, 'linux')
    }
  })
})

describe('missingPathAt', () => {
  it.each([
    [1, undefined, 'RTA_DST'],
    [2, 28, 'RTA_METRICS.RTAX_MTU'],
    [1, 68, 'RTA_MULTIPATH[1].RTA_METRICS.RTAX_LOCK'],
    [99, undefined, 'attribute 99'],
    [1, 9999, 'attribute 1'],
  ])('names the missing attribute %i of the nest at %s', (type, nest, path) => {
    expect(missingPathAt(request, schema, type, nest, 'freebsd')).toBe(path)
  })
})

describe('decodeTree', () => {
  const message = request.slice(16, 136)

  it('shows nests where NLA_F_NESTED says so', () => {
    const { header, attributes, rest } = decodeTree(message, 4, 'freebsd')
    expect(toHex(header)).toBe('02180000')
    expect(attributes.map(({ type, nested: inside }) => [type, inside])).toEqual([
      [1, false],
      [8, true],
      [9, false],
      [10, false],
      [11, false],
      [12, false],
      [77, false],
    ])
    expect(attributes[1]?.content).toEqual([{ type: 2, nested: false, netByteorder: false, content: hex`dc050000` }])
    expect(rest).toHaveLength(0)
  })

  it.each(['freebsd', 'linux'] as const)('gives back every byte of anything (%s)', abi => {
    for (let length = 0; length <= request.length - 16; length++) {
      const cut = request.slice(16, 16 + length)
      expect(toHex(encodeTree(decodeTree(cut, 4, abi)))).toBe(toHex(cut))
    }
  })

  it('does not follow nests deeper than ten levels', () => {
    let nest = hex`0400 0180`
    for (let level = 0; level < 2000; level++)
      nest = new Uint8Array([(nest.length + 4) & 0xff, (nest.length + 4) >> 8, 1, 0x80, ...nest])
    expect(toHex(encodeTree(decodeTree(nest, 0, 'linux')))).toBe(toHex(nest))
  })
})
