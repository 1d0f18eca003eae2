import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matches } from './fnmatch.ts'

describe('matches', () => {
  it.each([
    ['epair', 'epair', true],
    ['epair', 'e*', true],
    ['epair', '*i?', true],
    ['epair', 'pair', false],
    ['e.air', 'e.air', true],
    ['epair', 'e.air', false],
    ['lo', 'l[m-p]', true],
    ['lo', 'l[!m-p]', false],
    ['l]', 'l[]x]', true],
    ['l-', 'l[9-0-z]', true],
    ['lo', 'l[z-a]', false],
    ['[', '[', true],
    ['a[', 'a[', true],
    ['ab', 'a[b', false],
  ])('%s, %s: %s', (name, pattern, expected) => {
    expect(matches(name, pattern)).toBe(expected)
  })

  it('takes any pattern', () => {
    const pattern = fc.string({ unit: fc.constantFrom(...'[]!^-*?.\\az$(') })
    fc.assert(fc.property(pattern, text => typeof matches('az', text) === 'boolean'))
  })
})
