import { stringify, toPlain } from '@nltool/nl-core'
import { KernelError } from '@nltool/nl-core/errno'
import { IpAddress } from '@nltool/nl-core/model'
import { hex } from '@nltool/nl-core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('toPlain', () => {
  it('writes 64-bit integers as numbers while they keep their digits, else as strings', () => {
    expect(toPlain([0n, -5n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 63n), 2n ** 64n - 1n])).toEqual([
      0,
      -5,
      9007199254740991,
      '9007199254740992',
      '-9223372036854775808',
      '18446744073709551615',
    ])
  })

  it('writes bytes in hexadecimal digits and addresses as text', () => {
    const address = IpAddress.parse('192.0.2.1')
    expect(toPlain({ lladdr: hex`02 00 ff`, address, none: undefined })).toEqual({
      lladdr: '0200ff',
      address: '192.0.2.1',
    })
  })

  it('writes maps as objects, sets as arrays', () => {
    expect(toPlain({ map: new Map([[1, 'a']]), set: new Set([2n]), odd: new Map([[{ x: 1n }, 2]]) })).toEqual({
      map: { 1: 'a' },
      set: [2],
      odd: [[{ x: 1 }, 2]],
    })
  })

  it('writes errors with their parts', () => {
    expect(toPlain(new KernelError({ code: 'EEXIST', errno: 17, request: 'RTM_NEWROUTE' }))).toMatchObject({
      message: 'EEXIST: in RTM_NEWROUTE',
      code: 'EEXIST',
      errno: 17,
    })
  })

  it('cuts what refers to itself, but not what occurs twice', () => {
    const inner = { n: 1n }
    const loop: { self?: unknown; a: unknown; b: unknown } = { a: inner, b: inner }
    loop.self = loop
    expect(toPlain(loop)).toEqual({ a: { n: 1 }, b: { n: 1 }, self: null })
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true }),
        value => {
          expect(typeof stringify(value)).toBe('string')
          JSON.parse(stringify(value, 2))
        },
      ),
    )
  })
})
