import { RTF } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { someRoute } from '../../test/samples.ts'
import { parseRoute } from './parse.ts'
import { changeText, flushLine, formatGet } from './text.ts'

describe('changeText', () => {
  // Every example of route(8) that reports a change.
  it.each([
    ['add -net 10.9.0.0/16 10.0.2.2', 'add net 10.9.0.0: gateway 10.0.2.2'],
    ['delete 10.9.0.0/16', 'delete net 10.9.0.0'],
    ['-6 add 2001:db8:1::/48 fe80::2%em0', 'add net 2001:db8:1::/48: gateway fe80::2%em0'],
    ['delete 192.0.2.1', 'delete host 192.0.2.1'],
    ['add 192.0.2.1 -iface lo0', 'add host 192.0.2.1: gateway lo0'],
    ['del default', 'del net default'],
    ['change 203.0.113.0/24 via 192.0.2.2 dev em0', 'change net 203.0.113.0: gateway 192.0.2.2'],
    ['add 203.0.113.0/24 dev em0', 'add net 203.0.113.0: gateway em0'],
    ['add -blackhole 198.51.100.0/24', 'add net 198.51.100.0'],
  ])('%s', (words, text) => {
    expect(changeText(parseRoute(words.split(' ')))).toBe(text)
  })
})

describe('formatGet', () => {
  const context = { typed: '192.0.2.77', ifname: 'em0', linkMtu: 1500, nowSeconds: 0, numeric: false }
  const viaDefault = someRoute({ gateway: '10.0.2.2', rtflags: RTF.RTF_GATEWAY | RTF.RTF_STATIC })
  const metrics = ` recvpipe  sendpipe  ssthresh  rtt,msec    mtu        weight    expire
       0         0         0         0      1500         1         0 
`

  it('prints the default route that an address takes', () => {
    expect(formatGet(viaDefault, context)).toBe(`   route to: 192.0.2.77
destination: default
       mask: default
    gateway: 10.0.2.2
        fib: 0
  interface: em0
      flags: <UP,GATEWAY,DONE,STATIC>
${metrics}`)
  })

  it('prints zero addresses under -n', () => {
    const text = formatGet(viaDefault, { ...context, numeric: true })
    expect(text.split('\n').slice(1, 3)).toEqual(['destination: 0.0.0.0', '       mask: 0.0.0.0'])
  })

  it('prints no mask for a host and no gateway for a connected route', () => {
    const host = someRoute({ dst: '192.0.2.77/32', prefixlen: 32, rtflags: RTF.RTF_HOST })
    expect(formatGet(host, context)).toBe(`   route to: 192.0.2.77
destination: 192.0.2.77
        fib: 0
  interface: em0
      flags: <UP,HOST,DONE>
${metrics}`)
  })

  it.each([
    ['inet', '203.0.113.0/24', 24, '255.255.255.0'],
    ['inet6', '2001:db8::/32', 32, 'ffff:ffff::'],
    ['inet6', '2001:db8:8000::/33', 33, 'ffff:ffff:8000::'],
    ['inet6', '2001:db8::/127', 127, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe'],
  ] as const)('prints the %s mask of %s', (family, dst, prefixlen, mask) => {
    expect(formatGet(someRoute({ family, dst, prefixlen }), context)).toContain(`\n       mask: ${mask}\n`)
  })

  it('prints the seconds that are left', () => {
    const text = formatGet(someRoute({ expires: 1060 }), { ...context, nowSeconds: 1000 })
    expect(text.split('\n').at(-2)?.trimEnd().endsWith(' 60')).toBe(true)
  })
})

describe('flushLine', () => {
  it.each([
    [someRoute({}), 'default              10.0.2.2             -fib 0   done'],
    [someRoute({ dst: '10.9.0.0/16', prefixlen: 16 }), '10.9                 10.0.2.2             -fib 0   done'],
  ])('prints destination and gateway', (route, line) => {
    expect(flushLine(route, '10.0.2.2')).toBe(line)
  })
})
