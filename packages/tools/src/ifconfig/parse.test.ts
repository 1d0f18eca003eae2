import { describe, expect, it } from 'vitest'
import { parseIfconfig } from './parse.ts'

const parse = (words: string) => parseIfconfig(words.split(' ').filter(word => word !== ''))

describe('parseIfconfig', () => {
  it('shows everything without words', () => {
    expect(parse('')).toMatchObject({ ifname: undefined, create: false, link: {}, addresses: [] })
  })

  it('takes options in groups, then an interface and a family to show', () => {
    expect(parse('-lu')).toMatchObject({ options: { list: true, up: true }, ifname: undefined })
    expect(parse('-a inet6')).toMatchObject({ options: { all: true }, ifname: undefined, family: 'inet6' })
    expect(parse('-Lm em0 inet')).toMatchObject({
      options: { lifetimes: true, capabilities: true },
      ifname: 'em0',
      family: 'inet',
    })
    expect(parse('-g epair')).toMatchObject({ options: { all: true, group: 'epair' } })
    expect(parse('-f inet:cidr,inet6:cidr em0').options.maskStyle).toEqual({ inet: 'cidr', inet6: 'cidr' })
  })

  it('collects properties', () => {
    const words = 'em0 mtu 9000 descr uplink down group core -group edge -arp link0 fib 2 metric 5 name wan0'
    expect(parse(words).link).toEqual({
      mtu: 9000,
      ifalias: 'uplink',
      up: false,
      join: ['core'],
      leave: ['edge'],
      setFlags: 0x1080,
      fib: 2,
      metric: 5,
      rename: 'wan0',
    })
  })

  it.each([
    ['em0 192.0.2.1/24', { address: '192.0.2.1', prefixlen: 24, mode: 'set', family: 'inet' }],
    ['em0 inet 192.0.2.1/24 alias', { mode: 'alias' }],
    ['em0 inet 192.0.2.1 netmask 255.255.255.0', { prefixlen: 24 }],
    ['em0 inet 192.0.2.1 netmask 0xffffff00 broadcast 192.0.2.127', { prefixlen: 24, broadcast: '192.0.2.127' }],
    ['em0 inet 192.0.2.1/30 192.0.2.2', { peer: '192.0.2.2', prefixlen: 30 }],
    ['em0 inet 192.0.2.1 -alias', { mode: 'delete', prefixlen: undefined }],
    [
      'em0 inet6 2001:db8::1/64 anycast pltime 60 vltime infty',
      { family: 'inet6', flags6: 1, preferredSeconds: 60, validSeconds: undefined },
    ],
    ['em0 inet6 2001:db8::1 prefixlen 48', { prefixlen: 48, mode: 'set' }],
    ['em0 inet6 2001:db8::1 delete', { family: 'inet6', mode: 'delete' }],
  ])('reads the address of `%s`', (words, address) => {
    expect(parse(words).addresses).toEqual([expect.objectContaining(address)])
  })

  it('reads a link-level address behind ether, link or lladdr', () => {
    expect(parse('em0 ether 02:00:00:00:00:0a').link).toEqual({ address: '02:00:00:00:00:0a' })
    expect(parse('em0 lladdr 2-0-0-0-0-a').link).toEqual({ address: '2:0:0:0:0:a' })
  })

  it.each([
    ['-z', 'unknown option: -z'],
    ['-ud', '-u and -d exclude each other'],
    ['-g', '-g: a value must follow'],
    ['-f inet:roman em0', '-f inet:roman: not one of'],
    ['em0 mtu', 'mtu: a value must follow'],
    ['em0 mtu big', 'mtu big: not a number'],
    ['em0 192.0.2.1/33', '192.0.2.1/33: the prefix length is from 0 to 32'],
    ['em0 inet 192.0.2.1', '192.0.2.1: a prefix length is needed, as in 192.0.2.1/24'],
    ['em0 frobnicate', 'frobnicate: neither a keyword nor an address'],
    ['em0 inet 2001:db8::1/64', '2001:db8::1/64: not an inet address'],
    ['em0 inet6 192.0.2.1', '192.0.2.1: not an inet6 address'],
    ['em0 delete', 'delete: no address before it'],
    ['em0 inet 192.0.2.1 netmask 255.0.255.0', 'netmask 255.0.255.0: its ones must stand together'],
    ['em0 ether 02:00', '02:00: not a link-level address'],
    ['em0 group core1', 'group core1: the name of a group does not end in a digit'],
    ['em0 group abcdefghijklmnop', 'the name of a group has 1 to 15 characters'],
    ['em0 upp', 'upp: neither a keyword nor an address (did you mean up?)'],
    ['up em0', 'an interface must be named before what to change'],
    ['create epair', 'an interface must be named before what to change'],
    ['-a mtu 9000', 'an interface must be named'],
    ['em0 inet6 -ifdisabled', '-ifdisabled: netlink carries no such property of an interface'],
    ['em0 media autoselect', 'media: netlink carries no such property of an interface'],
    ['em0 vlan 5 vlandev em1', 'vlan and vlandev go with create'],
  ])('refuses `%s` with exit code 2', (words, sentence) => {
    expect(() => parse(words)).toThrow(expect.objectContaining({ exit: 2, message: expect.stringContaining(sentence) }))
  })
})
