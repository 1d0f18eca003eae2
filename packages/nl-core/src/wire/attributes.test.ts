import { hex, toHex } from '@nltool/nl-core/testing'
import { attributeOf, attributeSet, body, bytes, ip, longer, struct, u8, u16, u32, valueIn } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

const noHeader = struct('none', {})

describe('attributeSet', () => {
  it('refuses a number given twice in one ABI', () => {
    expect(() => attributeSet({ A: [1, 'a', u8], B: [1, 'b', u8] })).toThrow('B: 1 is A (freebsd)')
    expect(() => attributeSet({ A: [1, 'a', u8], B: [2, 'b', u8, { linux: 1 }] })).toThrow('B: 1 is A (linux)')
  })

  it('takes the same number twice where no system has both', () => {
    const set = attributeSet({ A: [1, 'a', u8, { linux: null }], B: [1, 'b', u32, { freebsd: null }] })
    expect(attributeOf(set, 1, 'freebsd')?.name).toBe('A')
    expect(attributeOf(set, 1, 'linux')?.name).toBe('B')
  })

  it('refuses a property given twice, and names that JavaScript or the set itself needs', () => {
    expect(() => attributeSet({ A: [1, 'a', u8], B: [2, 'a', u8] })).toThrow("B: property 'a' belongs to A")
    expect(() => attributeSet({ A: [1, 'unknown', u8] })).toThrow("'unknown'")
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(() => attributeSet({ A: [1, name, u8] })).toThrow(`A: property '${name}' belongs to JavaScript`)
      expect(() => struct('header', { [name]: u8 })).toThrow(`header: '${name}' is no name for a field`)
    }
  })

  it.each([-1, 1.5, 0x4000, Number.NaN])('refuses %d as a number', number => {
    expect(() => attributeSet({ A: [number, 'a', u8] })).toThrow('is no nla_type')
  })

  it('gives each ABI its number and layout', () => {
    const stats = struct('stats', { a: u32 })
    const set = attributeSet({
      A: [64, 'a', u32, { linux: 80 }],
      B: [2, 'b', stats, { linux: { value: longer(stats) } }],
      C: [3, 'c', u16, { linux: { number: 30, value: u16 } }],
    })
    const schema = body(noHeader, set)
    const message = { header: {}, attrs: { a: 1, c: 2 } }
    expect(toHex(schema.encode(message, 'freebsd'))).toBe('0800400001000000' + '0600030002000000')
    expect(toHex(schema.encode(message, 'linux'))).toBe('0800500001000000' + '06001e0002000000')
    const [, b] = set.attributes
    expect(b && valueIn(b, 'linux')).toMatchObject({ kind: 'struct', exact: false })
    expect(schema.decode(hex`0c00 0200 01000000 ffffffff`, 'linux').attrs.b).toEqual({ a: 1 })
    expect(() => schema.decode(hex`0c00 0200 01000000 ffffffff`, 'freebsd')).toThrow('B: 8 bytes are not stats')
  })

  it('leaves out what an ABI lacks, on writing and on reading', () => {
    const schema = body(noHeader, attributeSet({ A: [9, 'a', ip, { linux: null }], B: [1, 'b', bytes()] }))
    expect(schema.encode({ header: {}, attrs: { a: undefined, b: hex`01` } }, 'linux')).toEqual(hex`0500 0100 01000000`)
    expect(schema.decode(hex`0500 0900 01000000`, 'linux').attrs.unknown).toEqual([{ type: 9, bytes: hex`01` }])
  })
})
