import { describe, expect, it } from 'vitest'
import { hoist, readGlobals, separate } from './argv.ts'

describe('hoist', () => {
  it.each([
    ['--json route show', 'route show --json'],
    ['route show --json', 'route show --json'],
    [
      '--kernel embedded --vnet=1 route add -net 10/8 192.0.2.1',
      'route add -net 10/8 192.0.2.1 --kernel=embedded --vnet=1',
    ],
    ['--json run -- prog --json', 'run --json -- prog --json'],
    ['--version', '--version'],
    ['--json', '--json'],
    ['--help', '--help'],
  ])('turns `%s` to `%s`', (words, hoisted) => {
    expect(hoist(words.split(' ')).join(' ')).toBe(hoisted)
  })

  it('refuses an option without its value', () => {
    expect(() => hoist(['route', 'show', '--kernel'])).toThrow(
      expect.objectContaining({ exit: 2, message: '--kernel needs a value' }),
    )
  })
})

describe('readGlobals', () => {
  it('has a default for each', () => {
    expect(readGlobals([])).toEqual({
      kernel: 'embedded',
      vnet: undefined,
      uid: 0,
      json: false,
      trace: false,
      events: false,
      pcap: undefined,
      release: undefined,
    })
  })

  it('lets the last of several count', () => {
    const { globals } = separate(['--kernel', 'linux', 'route', '--json', '--kernel=unix:/run/x', '--vnet', '2'])
    expect(readGlobals(globals)).toMatchObject({ kernel: 'unix:/run/x', vnet: '2', json: true })
  })
})
