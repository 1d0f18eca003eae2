import { describe, expect, it } from 'vitest'
import { readLines } from './lines.ts'

describe('readLines', () => {
  it('takes a command a line, without blank ones and comments', () => {
    expect(readLines('ifconfig -l\r\n\n  # nothing\nroute  show # all of it\n')).toEqual([
      { number: 1, words: ['ifconfig', '-l'] },
      { number: 4, words: ['route', 'show'] },
    ])
  })

  it.each([
    [`ifconfig em0 descr "uplink to R1"`, ['ifconfig', 'em0', 'descr', 'uplink to R1']],
    [`a 'b "c" # d' e`, ['a', 'b "c" # d', 'e']],
    [`a x"y z"w ''`, ['a', 'xy zw', '']],
  ])('joins what stands in quotes: %s', (line, words) => {
    expect(readLines(line)).toEqual([{ number: 1, words }])
  })

  it.each(['a "b', "a b' c"])('refuses a quote that does not end: %s', line => {
    expect(() => readLines(`\n${line}`)).toThrow('line 2: a quote does not end')
  })
})
