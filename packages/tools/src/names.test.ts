import { describe, expect, it } from 'vitest'
import { scoped } from './names.ts'

describe('scoped', () => {
  it.each([
    ['fe80::1', 'fe80::1%em0'],
    ['febf:ffff::1', 'febf:ffff::1%em0'],
    ['FE90::1', 'FE90::1%em0'],
    ['fec0::1', 'fec0::1'],
    ['fe8::1', 'fe8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['192.0.2.1', '192.0.2.1'],
  ])('writes %s as %s', (address, shown) => {
    expect(scoped(address, 'em0')).toBe(shown)
  })
})
