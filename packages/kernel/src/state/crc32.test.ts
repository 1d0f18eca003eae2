import { describe, expect, it } from 'vitest'
import { crc32 } from './crc32.ts'

describe('crc32', () => {
  it('gives the check value of the catalogue of CRCs', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })

  it('is the same however the bytes are cut into strides', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, at) => (at * 37) & 0xff)
    for (let length = 0; length <= bytes.length; length++) {
      let rest = 0xffffffff
      for (const byte of bytes.subarray(0, length)) {
        rest ^= byte
        for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
      }
      expect(crc32(bytes.subarray(0, length))).toBe((rest ^ 0xffffffff) >>> 0)
    }
  })

  it('gives 0 for nothing', () => {
    expect(crc32(new Uint8Array())).toBe(0)
  })
})
