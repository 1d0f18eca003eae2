import { IFT } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { someAddress, someLink } from '../../test/samples.ts'
import { formatInterface, type InterfaceStyle } from './text.ts'

const style: InterfaceStyle = {
  family: undefined,
  capabilities: false,
  lifetimes: false,
  maskStyle: { inet: 'classic', inet6: 'classic' },
  names: new Map([[1, 'em0']]),
}

const em0 = someLink({
  flags: 0x1008843,
  address: '08:00:27:20:af:31',
  capabilities: { supported: 0x48505bb, enabled: 0x48505bb },
})
const em0Addresses = [
  someAddress({ address: '192.168.88.241', broadcast: '192.168.88.255' }),
  someAddress({ family: 'inet6', address: 'fe80::a00:27ff:fe20:af31', prefixlen: 64 }),
]

describe('formatInterface', () => {
  // The examples of ifconfig(8), without media and nd6 lines: netlink carries neither.
  it('prints an Ethernet interface', () => {
    expect(formatInterface(em0, em0Addresses, style)).toBe(
      `em0: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
\toptions=48505bb<RXCSUM,TXCSUM,VLAN_MTU,VLAN_HWTAGGING,JUMBO_MTU,VLAN_HWCSUM,TSO4,LRO,VLAN_HWFILTER,VLAN_HWTSO,HWSTATS,MEXTPG>
\tether 08:00:27:20:af:31
\tinet 192.168.88.241 netmask 0xffffff00 broadcast 192.168.88.255
\tinet6 fe80::a00:27ff:fe20:af31%em0 prefixlen 64 scopeid 0x1
\tstatus: active
`,
    )
  })

  it('prints a loopback interface', () => {
    const lo0 = someLink({
      ifindex: 2,
      ifname: 'lo0',
      flags: 0x1008049,
      type: IFT.IFT_LOOP,
      mtu: 16384,
      groups: ['all', 'lo'],
      capabilities: { supported: 0x680003, enabled: 0x680003 },
    })
    const addresses = [
      someAddress({ address: '127.0.0.1', prefixlen: 8 }),
      someAddress({ family: 'inet6', address: '::1', prefixlen: 128 }),
      someAddress({ family: 'inet6', address: 'fe80::1', prefixlen: 64 }),
    ]
    expect(formatInterface(lo0, addresses, style)).toBe(
      `lo0: flags=1008049<UP,LOOPBACK,RUNNING,MULTICAST,LOWER_UP> metric 0 mtu 16384
\toptions=680003<RXCSUM,TXCSUM,LINKSTATE,RXCSUM_IPV6,TXCSUM_IPV6>
\tinet 127.0.0.1 netmask 0xff000000
\tinet6 ::1 prefixlen 128
\tinet6 fe80::1%lo0 prefixlen 64 scopeid 0x2
\tgroups: lo
`,
    )
  })

  it('prints the flags of older kernels', () => {
    expect(formatInterface(someLink({ flags: 0x8843 }), [], style).split(' metric')[0]).toBe(
      'em0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST>',
    )
  })

  it('prints the lines of the release that is asked for', () => {
    const link = someLink({ flags: 0x1008843, capabilities: { supported: 0, enabled: 0 } })
    const lines = (release: 13 | 14) => formatInterface(link, [], { ...style, release }).split('\n')
    expect(lines(13)[0]).toBe('em0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500')
    expect(lines(13)[1]).toBe('\tstatus: active')
    expect(lines(14)[0]).toBe('em0: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500')
    expect(lines(14)[1]).toBe('\toptions=0<>')
  })

  it('prints an empty set of flags as <>', () => {
    expect(formatInterface(someLink({ flags: 0 }), [], style)).toMatch(/^em0: flags=0<> metric 0 mtu 1500\n/)
  })

  it('groups addresses by family in the order of first appearance', () => {
    const mixed = [
      someAddress({ family: 'inet6', address: '2001:db8::1', prefixlen: 64 }),
      someAddress({ address: '192.0.2.1' }),
      someAddress({ family: 'inet6', address: '2001:db8::2', prefixlen: 64 }),
    ]
    const lines = formatInterface(someLink({}), mixed, style).split('\n')
    expect(lines.slice(1, 4).map(line => line.split(' ')[1])).toEqual(['2001:db8::1', '2001:db8::2', '192.0.2.1'])
  })

  it.each([
    [{ inet: 'cidr', inet6: 'classic' }, '\tinet 192.168.88.241/24 broadcast 192.168.88.255\n'],
    [{ inet: 'dotted', inet6: 'classic' }, '\tinet 192.168.88.241 netmask 255.255.255.0 broadcast 192.168.88.255\n'],
    [{ inet: 'classic', inet6: 'cidr' }, '\tinet6 fe80::a00:27ff:fe20:af31%em0/64 scopeid 0x1\n'],
  ] as const)('writes masks as -f %o says', (maskStyle, line) => {
    expect(formatInterface(em0, em0Addresses, { ...style, maskStyle })).toContain(line)
  })

  it('prints the other end of the line, flags and lifetimes of an address', () => {
    const addresses = [
      someAddress({ address: '192.0.2.1', prefixlen: 30, peer: '192.0.2.2', vhid: 7 }),
      someAddress({
        family: 'inet6',
        address: '2001:db8::1',
        prefixlen: 64,
        flags6: 0x12,
        preferredSeconds: 0,
        validSeconds: 60,
      }),
    ]
    const lines = formatInterface(someLink({}), addresses, { ...style, lifetimes: true }).split('\n')
    expect(lines.slice(1, 3)).toEqual([
      '\tinet 192.0.2.1 --> 192.0.2.2 netmask 0xfffffffc vhid 7',
      '\tinet6 2001:db8::1 prefixlen 64 tentative deprecated pltime 0 vltime 60',
    ])
  })

  it('shows one family only when it is asked to', () => {
    const only = (family: 'ether' | 'inet' | 'inet6') =>
      formatInterface(em0, em0Addresses, { ...style, family }).match(/^\t(ether|inet6?)/gm)
    expect([only('ether'), only('inet'), only('inet6')]).toEqual([['\tether'], ['\tinet'], ['\tinet6']])
  })

  it.each([
    [{ id: 5, protocol: 0x8100 }, 1, 'vlan: 5 vlanproto: 802.1q parent interface: em0'],
    [{ id: 7, protocol: 0x88a8 }, undefined, 'vlan: 7 vlanproto: 802.1ad parent interface: <none>'],
    [{ id: 7, protocol: 0x9100 }, 9, 'vlan: 7 vlanproto: 0x9100 parent interface: <none>'],
  ])('prints the VLAN %o on %s', (vlan, parent, line) => {
    expect(formatInterface(someLink({ type: IFT.IFT_L2VLAN, vlan, link: parent }), [], style)).toContain(
      `\n\t${line}\n`,
    )
  })

  it('prints description, groups and supported capabilities', () => {
    const link = someLink({
      ifalias: 'uplink to R1',
      groups: ['all', 'egress', 'epair'],
      capabilities: { supported: 3, enabled: 0 },
    })
    expect(
      formatInterface(link, [], { ...style, capabilities: true })
        .split('\n')
        .slice(1, 4),
    ).toEqual(['\tdescription: uplink to R1', '\tcapabilities=3<RXCSUM,TXCSUM>', '\tgroups: egress epair'])
  })
})
