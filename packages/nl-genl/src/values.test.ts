import { toHex } from '@nltool/nl-core/testing'
import { attributeSet, body, struct } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { sint, uint } from './values.ts'

const schema = body(struct('none', {}), attributeSet({ U: [1, 'u', uint], S: [2, 's', sint] }))

describe('integers of 4 or 8 bytes', () => {
  it.each([
    [{ u: 0n }, '0800010000000000'],
    [{ u: 0xffff_ffffn }, '08000100ffffffff'],
    [{ u: 0x1_0000_0000n }, '0c0001000000000001000000'],
    [{ s: -1n }, '08000200ffffffff'],
    [{ s: -0x8000_0001n }, '0c000200ffffff7fffffffff'],
    [{ s: 0x7fff_ffffn }, '08000200ffffff7f'],
    [{ s: 0x8000_0000n }, '0c0002000000008000000000'],
  ])('%o takes as few bytes as it needs', (attrs, hex) => {
    const bytes = schema.encode({ header: {}, attrs }, 'linux')
    expect(toHex(bytes)).toBe(hex)
    expect(schema.decode(bytes, 'linux').attrs).toEqual(attrs)
  })

  it('are refused in any other length', () => {
    expect(() => schema.decode(Uint8Array.of(6, 0, 1, 0, 1, 0, 0, 0), 'linux')).toThrow('EINVAL')
  })
})
