import { describe, expect, it } from 'vitest'
import { parseRoute } from './parse.ts'

const parse = (words: string) => parseRoute(words.split(' '))

describe('parseRoute', () => {
  it.each([
    ['get 10', '0.0.0.10', 32, 'host'], // inet_aton(3): the last part fills what is left
    ['get 128.32', '128.0.0.32', 32, 'host'],
    ['get 0x0a000001', '10.0.0.1', 32, 'host'],
    ['get 10.9/16', '10.9.0.0', 16, 'net'],
    ['get 192.0.2.1/32', '192.0.2.1', 32, 'net'],
    ['get default', '0.0.0.0', 0, 'net'],
    ['get -6 default', '::', 0, 'net'],
    ['get ::', '::', 0, 'net'],
    ['get 2001:db8::1', '2001:db8::1', 128, 'host'],
    ['get 2001:db8::1/128', '2001:db8::1', 128, 'host'],
    ['get 2001:db8::/32', '2001:db8::', 32, 'net'],
    ['get -net 192.0.2.0 -netmask 255.255.255.0', '192.0.2.0', 24, 'net'],
    ['get 192.0.2.0 -prefixlen 24', '192.0.2.0', 24, 'net'],
    ['get 192.0.2.9 -prefixlen 32', '192.0.2.9', 32, 'host'],
    ['get -host 192.0.2.0/24', '192.0.2.0', 32, 'host'],
    ['get -host 2001:db8::/32', '2001:db8::', 128, 'host'],
    ['get -host -net 192.0.2.9', '192.0.2.9', 32, 'net'],
    ['get -net -host 192.0.2.9', '192.0.2.9', 32, 'net'],
  ] as const)('reads the destination of `%s`', (words, address, prefixlen, kind) => {
    expect(parse(words).destination).toMatchObject({ address, prefixlen, kind })
  })

  it('takes destination, gateway and mask by position', () => {
    expect(parse('add 192.0.2.0 198.51.100.1 255.255.255.128')).toMatchObject({
      destination: { address: '192.0.2.0', prefixlen: 25, kind: 'net' },
      gateway: { address: '198.51.100.1', ifname: undefined },
    })
  })

  it('lists the table for show without a destination', () => {
    expect(parse('show').verb).toBe('list')
    expect(parse('show 192.0.2.1').verb).toBe('get')
    expect(parse('-6n show')).toMatchObject({ verb: 'list', family: 'inet6', options: { numeric: true } })
  })

  it('takes the family of the default route from its gateway', () => {
    expect(parse('add default 2001:db8::1').destination).toMatchObject({ family: 'inet6', prefixlen: 0 })
  })

  it('finds the interface behind a link-local gateway', () => {
    expect(parse('add 2001:db8::/32 fe80::2%em0').gateway).toEqual({
      typed: 'fe80::2%em0',
      address: 'fe80::2',
      ifname: 'em0',
    })
  })

  it('collects flags and metrics', () => {
    const words = 'add 192.0.2.0/24 198.51.100.1 -nostatic -proto1 -mtu 0x5dc -weight 3 -expire +60 -fib 0,2-4'
    expect(parse(words)).toMatchObject({
      flags: { static: false, proto1: true, proto2: false },
      mtu: 1500,
      weight: 3,
      expire: 60,
      fibs: [0, 2, 3, 4],
    })
  })

  it('needs no gateway for a blackhole', () => {
    expect(parse('add blackhole 192.0.2.0/24')).toMatchObject({ type: 'blackhole', gateway: undefined })
    expect(parse('add -reject 192.0.2.0/24')).toMatchObject({ type: 'prohibit', gateway: undefined })
  })

  it.each([
    ['add 10.0.0.0/33 192.0.2.1', 'bad mask length: 33'],
    ['add 2001:db8::/129 ::1', 'bad mask length: 129'],
    ['add 10.0.0.256 192.0.2.1', 'bad address: 10.0.0.256'],
    ['add 10.0.0.0/8 host.example', 'bad address: host.example'],
    ['add 2001:db8::g/64 ::1', 'bad address: 2001:db8::g/64'],
    ['add', 'destination parameter required'],
    ['add 10.0.0.0/8', 'gateway parameter required'],
    ['frobnicate', 'bad keyword: frobnicate'],
    ['toString', 'bad keyword: toString'],
    ['get -frobnicate 10.0.0.1', 'bad keyword: frobnicate'],
    ['-x get 10.0.0.1', 'unknown option: -x'],
    ['ad 10.0.0.0/8 192.0.2.1', 'bad keyword: ad (did you mean add?); usage: route'],
    ['add 10.0.0.0/8 192.0.2.1 metric 3', 'unexpected word: metric; usage: route'],
    ['--jsn show', 'unknown option: --jsn'],
    ['get 10.0.0.1 -fib 3-1', 'invalid fib number: 3-1'],
    ['get 10.0.0.1 -fib x', 'invalid fib number: x'],
    ['get 10.0.0.1 -mtu 15x', 'mtu 15x: not a number'],
    ['get 10.0.0.1 -weight 16777216', '-weight 16777216: larger than 16777215'],
    ['get 10.0.0.1 -mtu', '-mtu needs a value'],
    ['get 10.0.0.1 -hopcount 3', '-hopcount: netlink carries no such property of a route'],
    ['add 10.0.0.0 192.0.2.1 255.0.255.0', 'bad netmask: 255.0.255.0'],
    ['add 2001:db8:: ::1 255.0.0.0', 'destination and netmask family need to be the same'],
    ['add 10.0.0.0 192.0.2.1 255.0.0.0 more', 'unexpected word: more'],
    ['', 'bad keyword: '],
  ])('refuses `%s` with exit code 2', (words, sentence) => {
    expect(() => parse(words)).toThrow(expect.objectContaining({ exit: 2, message: expect.stringContaining(sentence) }))
  })
})
