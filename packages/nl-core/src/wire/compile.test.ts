import { IpAddress } from '@nltool/nl-core/model'
import { hex, toHex } from '@nltool/nl-core/testing'
import {
  array,
  attributeSet,
  body,
  compileBody,
  createWriter,
  custom,
  type Evaluate,
  frameOf,
  headed,
  i32,
  ip,
  map,
  nested,
  newFunction,
  nulString,
  pad,
  records,
  struct,
  u8,
  u16,
  u32,
  u64,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

const rtmsg = struct('rtmsg', { family: u8, dstLen: u8, pad: pad(2), flags: u32 })
const leg = struct('rtnexthop', { len: u16, flags: u8, hops: u8, ifindex: i32 })
const legs = attributeSet({ RTA_GATEWAY: [5, 'gateway', ip] })
const text = custom<string>('text', {
  decode: payload => String.fromCharCode(...payload),
  encode: value => Uint8Array.from(value, letter => letter.charCodeAt(0)),
})
const attrs = attributeSet({
  RTA_DST: [1, 'dst', ip],
  RTA_OIF: [4, 'oif', u32],
  RTA_NAME: [7, 'name', nulString({ max: 15 })],
  RTA_METRICS: [8, 'metrics', nested(attributeSet({ RTAX_MTU: [2, 'mtu', u32] }))],
  RTA_MULTIPATH: [9, 'multipath', records(leg, 'len', legs)],
  RTA_COUNT: [10, 'count', u64],
  RTA_PEER: [11, 'peer', headed(rtmsg, legs)],
  RTA_LIST: [12, 'list', array(nulString())],
  RTA_MAP: [13, 'map', map(u16)],
  RTA_TEXT: [14, 'text', text],
})
const schema = body(rtmsg, attrs)
const header = { family: 2, dstLen: 24, flags: 0 }
const value = {
  header,
  attrs: {
    dst: IpAddress.parse('192.0.2.0'),
    oif: 3,
    name: 'epair0a',
    metrics: { mtu: 1500 },
    multipath: [{ header: { flags: 0, hops: 0, ifindex: 3 }, attrs: { gateway: IpAddress.parse('fe80::1') } }],
    count: 1n << 40n,
    peer: { header, attrs: {} },
    list: ['lo0', 'epair0a'],
    map: new Map([[9, 1]]),
    text: 'abc',
  },
}

/** Evaluates as usual, and counts how often generated code left a message to the interpreter. */
function counting(): { evaluate: Evaluate; readonly left: () => number } {
  let left = 0
  const evaluate: Evaluate =
    (parameters, text) =>
    (...values) => {
      const made = newFunction(parameters, text)(...values) as Record<
        'decode' | 'encode',
        (...args: unknown[]) => unknown
      >
      const count = (result: unknown): unknown => {
        if (result === undefined || result === -1) left++
        return result
      }
      return {
        decode: (...args: unknown[]) => count(made.decode(...args)),
        encode: (...args: unknown[]) => count(made.encode(...args)),
      }
    }
  return { evaluate, left: () => left }
}

describe('compiled codecs', () => {
  it('read and write ordinary messages without the interpreter', () => {
    const { evaluate, left } = counting()
    const codec = compileBody(schema, 'freebsd', evaluate)
    const writer = createWriter()
    codec.encode(writer, value)
    const frame = frameOf(writer.bytes.slice(0, writer.pos))
    const decoded = codec.decode(frame, 0, frame.bytes.length)
    expect(decoded).toEqual(value)
    expect(left()).toBe(0)
  })

  it('read any order, and unknown attributes, without the interpreter', () => {
    const { evaluate, left } = counting()
    const message = hex`02 18 0000 00000000  0800 0400 03000000  0800 0100 c0000200  0600 4d00 61000000`
    const decoded = compileBody(schema, 'linux', evaluate).decode(frameOf(message), 0, message.length)
    expect(decoded.attrs.oif).toBe(3)
    expect(decoded.attrs.unknown).toEqual([{ type: 77, bytes: hex`6100` }])
    expect(left()).toBe(0)
  })

  it('are the interpreter where code generation is forbidden', () => {
    const forbidden: Evaluate = () => {
      throw new EvalError('Code generation from strings disallowed for this context')
    }
    const codec = compileBody(schema, 'freebsd', forbidden)
    const writer = createWriter()
    codec.encode(writer, value)
    expect(toHex(writer.bytes.subarray(0, writer.pos))).toBe(toHex(schema.encode(value, 'freebsd')))
  })

  it('take names from anywhere without running them', () => {
    const placeholder = ['$', '{globalThis.stolen = true}'].join('')
    const evil = `x'] = globalThis.stolen = true; //\u2028"\`${placeholder}`
    const named = body(struct(evil, { [evil]: u32 }), attributeSet({ [evil]: [1, evil, u32] }))
    const message = { header: { [evil]: 1 }, attrs: { [evil]: 2 } }
    expect(named.decode(named.encode(message, 'freebsd'), 'freebsd')).toEqual(message)
    expect(globalThis).not.toHaveProperty('stolen')
  })

  it('refuse values that are no objects with what they are', () => {
    const codec = schema.codec('freebsd')
    for (const wrong of [undefined, null, 5, {}, { header }, { header, attrs: null }, { header: 1, attrs: {} }]) {
      expect(() => codec.encode(createWriter(), wrong as never)).toThrow(/EINVAL: .* is no (rtmsg|set of attributes)/)
    }
  })

  it('read sets that contain themselves, ten levels deep', () => {
    const tree: ReturnType<typeof attributeSet> = attributeSet({ NEST: [1, 'nest', nested(() => tree)] })
    const recursive = body(struct('none', {}), tree)
    const deep = (levels: number): object => (levels === 1 ? {} : { nest: deep(levels - 1) })
    const bytes = recursive.encode({ header: {}, attrs: deep(10) }, 'freebsd')
    expect(recursive.decode(bytes, 'freebsd').attrs).toEqual(deep(10))
    expect(() => recursive.encode({ header: {}, attrs: deep(11) }, 'freebsd')).toThrow('deeper than 10')
    const eleven = new Uint8Array([bytes.length + 4, 0, 1, 0, ...bytes])
    expect(() => recursive.decode(eleven, 'freebsd')).toThrow('deeper than 10')
  })
})
