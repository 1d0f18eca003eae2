import { describe, expect, it } from 'vitest'
import { distance, meant, nearest } from './nearest.ts'

describe('distance', () => {
  it.each([
    ['route', 'route', 0],
    ['rout', 'route', 1],
    ['ruote', 'route', 2],
    ['', 'abc', 3],
  ])('from %s to %s is %i', (from, to, far) => expect(distance(from, to)).toBe(far))
})

describe('nearest', () => {
  it('finds what was meant', () => expect(nearest('ifconfg', ['route', 'ifconfig', 'save'])).toBe('ifconfig'))
  it('finds nothing where nothing is alike', () => expect(nearest('frobnicate', ['route', 'save'])).toBeUndefined())
})

describe('meant', () => {
  it('names the keyword', () => expect(meant('upp', { up: 1, mtu: 2 })).toBe(' (did you mean up?)'))
  it('is nothing for a short word that only resembles one', () => expect(meant('foo', { fib: 1 })).toBe(''))
})
