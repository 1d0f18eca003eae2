import { describe, expect, it } from 'vitest'
import { someAddress, someLink, someRoute } from '../../test/samples.ts'
import { formatEvent, type MonitorContext } from './text.ts'

const context: MonitorContext = {
  nowMs: new Date(2024, 10, 1, 20, 19, 41, 333).getTime(), // local time
  names: new Map([
    [1, 'em0'],
    [2, 'em1'],
  ]),
  mtus: new Map([
    [1, 1500],
    [2, 9000],
  ]),
}
const net = { dst: '10.9.0.0/16', prefixlen: 16 }

describe('formatEvent', () => {
  it('prints a route', () => {
    const route = someRoute({ ...net, gateway: '10.0.2.2' })
    expect(formatEvent({ event: 'route-set', route }, context)).toBe(
      '20:19:41.333 add/repl route 10.9.0.0/16 gw 10.0.2.2 iface em0 mtu 1500 table inet.0',
    )
  })

  it('prints an address that went', () => {
    const address = someAddress({ address: '192.0.2.1', prefixlen: 24 })
    expect(formatEvent({ event: 'addr-delete', address }, context)).toBe(
      '20:19:41.333 delete addr 192.0.2.1/24 iface em0 ',
    )
  })

  it('prints an interface', () => {
    const link = someLink({ ifindex: 3, ifname: 'epair0a', up: false, operstate: 'lowerlayerdown' })
    expect(formatEvent({ event: 'link-set', link, change: 1 }, context)).toBe(
      '20:19:41.333 add/repl iface iface#3 epair0a admin DOWN oper LLDOWN mtu 1500 ',
    )
  })

  it('prints further paths of a route under the first', () => {
    const path = { weight: 1, rtflags: undefined, mtu: undefined }
    const nexthops = [
      { ...path, gateway: '10.0.2.2', ifindex: 1 },
      { ...path, gateway: '10.0.3.2', ifindex: 2 },
    ]
    expect(
      formatEvent({ event: 'route-set', route: someRoute({ ...net, ifindex: undefined, nexthops }) }, context),
    ).toBe(
      '20:19:41.333 add/repl route 10.9.0.0/16 gw 10.0.2.2 iface em0 mtu 1500 table inet.0\n' +
        '                                        gw 10.0.3.2 iface em1 mtu 9000 ',
    )
  })

  it.each([
    ['blackhole', 'blackhole'],
    ['unreachable', 'unreach(reject)'],
    ['prohibit', 'prohibit(reject)'],
  ] as const)('prints a %s route', (type, words) => {
    const route = someRoute({ ...net, type, table: 2 })
    expect(formatEvent({ event: 'route-set', route }, context)).toBe(
      `20:19:41.333 add/repl route 10.9.0.0/16 ${words} table inet.2`,
    )
  })

  it('prints interfaces that are unknown by number, and zones of link-local addresses', () => {
    const route = someRoute({ family: 'inet6', dst: '2001:db8::/32', prefixlen: 32, gateway: 'fe80::2', ifindex: 1 })
    expect(formatEvent({ event: 'route-delete', route }, context)).toBe(
      '20:19:41.333 delete route 2001:db8::/32 gw fe80::2%em0 iface em0 mtu 1500 table inet6.0',
    )
    expect(formatEvent({ event: 'addr-set', address: someAddress({ ifindex: 9, peer: '192.0.2.2' }) }, context)).toBe(
      '20:19:41.333 add/repl addr 192.0.2.1/24 -> 192.0.2.2 iface if#9 ',
    )
  })
})
