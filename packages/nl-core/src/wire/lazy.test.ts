import { IpAddress } from '@nltool/nl-core/model'
import { hex } from '@nltool/nl-core/testing'
import {
  attributeSet,
  be16,
  body,
  family,
  fixed,
  frameOf,
  i32,
  ip,
  lazyBody,
  nested,
  nulString,
  pad,
  struct,
  u8,
  u32,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

const header = struct('header', { family, pad: pad(3), index: i32, count: u32, mac: fixed(6), port: be16 })
const schema = body(
  header,
  attributeSet({
    A_DST: [1, 'dst', ip],
    A_OIF: [4, 'oif', u32],
    A_METRIC: [5, 'metric', i32],
    A_NAME: [6, 'name', nulString({ max: 15 })],
    A_NEST: [7, 'nest', nested(attributeSet({ N_A: [1, 'a', u8] }))],
    A_SEEN: [8, 'seen', u32, { multi: true }],
    A_BSD: [9, 'bsd', u32, { linux: null }],
  }),
)
const head = '0a000000 ffffffff 01000080 020000000001 1f90'
const message = hex`${head}
  0800 0400 01000000  0800 0100 c0000201  0800 0400 02000000  0800 0500 feffffff  0800 0600 6c6f3000
  0c00 0780 0500 0100 09000000  0800 0800 01000000  0800 0800 02000000  0600 4d00 ab000000`

describe('lazyBody', () => {
  it.each(['freebsd', 'linux'] as const)('reads what decoding gives (%s)', abi => {
    const lazy = lazyBody(schema, abi)
    lazy.move(frameOf(message), 0, message.length)
    expect({ header: { ...lazy.value.header }, attrs: { ...lazy.value.attrs } }).toEqual(schema.decode(message, abi))
  })

  it('reads the message that it was last moved to', () => {
    const lazy = lazyBody(schema, 'freebsd')
    const { attrs } = lazy.value
    const bare = hex`${head} 1400 0100 20010db8 00000000 00000000 00000001`
    const frame = frameOf(new Uint8Array([...message, ...bare]))
    lazy.move(frame, 0, message.length)
    expect([attrs.oif, attrs.dst]).toEqual([2, IpAddress.parse('192.0.2.1')])
    lazy.move(frame, message.length, frame.bytes.length)
    expect([attrs.oif, attrs.dst]).toEqual([undefined, IpAddress.parse('2001:db8::1')])
  })

  it('shows nothing before it was moved', () => {
    const { header: empty, attrs } = lazyBody(schema, 'freebsd').value
    expect([empty.index, empty.count, attrs.oif, attrs.dst, attrs.seen]).toEqual([
      0,
      0,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('reads messages off the word border', () => {
    const shifted = new Uint8Array([0, ...message]).subarray(1)
    const lazy = lazyBody(schema, 'freebsd')
    lazy.move(frameOf(shifted), 0, shifted.length)
    expect(lazy.value.attrs.metric).toBe(-2)
    expect(lazy.value.header.index).toBe(-1)
  })

  it('refuses an attribute of the wrong size when it is read, not before', () => {
    const wrong = hex`${head} 0700 0400 01020300  0800 0500 01000000`
    const lazy = lazyBody(schema, 'freebsd')
    lazy.move(frameOf(wrong), 0, wrong.length)
    expect(lazy.value.attrs.metric).toBe(1)
    expect(() => lazy.value.attrs.oif).toThrow('A_OIF: 3 bytes are not uint32')
  })

  it('ends the list where the ABI does', () => {
    const cut = hex`${head} 0800 0400 01000000  0700 0600 6c6f00`
    const name = (abi: 'freebsd' | 'linux') => {
      const lazy = lazyBody(schema, abi)
      lazy.move(frameOf(cut), 0, cut.length)
      return lazy.value.attrs.name
    }
    expect(name('freebsd')).toBeUndefined()
    expect(name('linux')).toBe('lo')
    const bad = hex`${head} 0300 0400 01000000`
    expect(() => lazyBody(schema, 'freebsd').move(frameOf(bad), 0, bad.length)).toThrow('length 3')
    expect(() => lazyBody(schema, 'linux').move(frameOf(bad), 0, bad.length)).not.toThrow()
  })

  it('refuses a body without its header', () => {
    expect(() => lazyBody(schema, 'linux').move(frameOf(hex`0200`), 0, 2)).toThrow('too few for header')
  })
})
