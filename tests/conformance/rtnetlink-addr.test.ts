import { drivenScheduler } from '@nltool/kernel'
import { NLM_F_ACK, NLM_F_DUMP_FILTERED, NLM_F_ECHO } from '@nltool/nl-core'
import { addrTypes, IFA_F, IN6_IFF, INFINITE_LIFETIME, RT_SCOPE, RTNLGRP } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { ACK, AF_INET, AF_INET6, createAddressedLab, createLab, DUMP, ip, type Lab } from './rtnetlink-lab.ts'

async function listed(lab: Lab, family: number, ifindex = lab.if1) {
  const { addrs } = await (await lab.talk()).addr('RTM_GETADDR', DUMP, { family, ifindex })
  return addrs
}

describe('FreeBSD test_rtnl_ifaddr.py: list', () => {
  it('no filter: lo0 has some, if1 one of IPv4 and two of IPv6', async () => {
    await using lab = await createAddressedLab()
    const { addrs } = await (await lab.talk()).addr('RTM_GETADDR', DUMP)
    const on = (ifindex: number, family: number): number =>
      addrs.filter(({ header }) => header.ifindex === ifindex && header.family === family).length
    expect([on(1, AF_INET), on(1, AF_INET6), on(lab.if1, AF_INET), on(lab.if1, AF_INET6)]).toEqual([1, 2, 1, 2])
  })

  it('interface filter: exactly its three, marked as filtered', async () => {
    await using lab = await createAddressedLab()
    const { addrs, messages } = await (await lab.talk()).addr('RTM_GETADDR', DUMP, { ifindex: lab.if1 })
    expect(addrs.map(({ header }) => header.ifindex)).toEqual([lab.if1, lab.if1, lab.if1])
    expect(messages.every(({ flags }) => (flags & NLM_F_DUMP_FILTERED) !== 0)).toBe(true)
  })

  it('interface filter for nobody: NLMSG_DONE with ENOENT', async () => {
    await using lab = await createAddressedLab()
    const { types, result } = await (await lab.talk()).addr('RTM_GETADDR', DUMP, { ifindex: 99 })
    expect([types, result]).toEqual([['NLMSG_DONE'], 'ENOENT'])
  })

  it('legacy 1-byte header: all of the family', async () => {
    await using lab = await createAddressedLab()
    const { addrs } = await (await lab.talk()).ask(addrTypes.RTM_GETADDR, DUMP, Uint8Array.of(AF_INET))
    expect(addrs.map(({ header }) => [header.family, header.ifindex])).toEqual([
      [AF_INET, 1],
      [AF_INET, lab.if1],
    ])
  })

  it('without the DUMP flag it is a dump all the same', async () => {
    await using lab = await createAddressedLab()
    const { addrs, types } = await (await lab.talk()).addr('RTM_GETADDR', 0, { family: AF_INET })
    expect([addrs.length, types.at(-1)]).toEqual([2, 'NLMSG_DONE'])
  })

  it('list v4 content', async () => {
    await using lab = await createAddressedLab()
    const [found] = await listed(lab, AF_INET)
    expect(found?.header).toMatchObject({ prefixlen: 24, scope: RT_SCOPE.RT_SCOPE_UNIVERSE })
    expect(found?.attrs).toMatchObject({ label: 'epair0a' })
    const { address, local, broadcast } = found?.attrs ?? {}
    expect([address, local, broadcast].map(String)).toEqual(['192.0.2.1', '192.0.2.1', '192.0.2.255'])
  })

  it('list v6 content, global', async () => {
    await using lab = await createAddressedLab()
    const [found] = await listed(lab, AF_INET6)
    expect(found?.header).toMatchObject({ prefixlen: 64, scope: RT_SCOPE.RT_SCOPE_UNIVERSE })
    const { address, local, broadcast, label } = found?.attrs ?? {}
    expect([String(address), local, broadcast, label]).toEqual(['2001:db8::1', undefined, undefined, 'epair0a'])
  })

  it('list v6 content, link-local: no index embedded', async () => {
    await using lab = await createAddressedLab()
    const [, found] = await listed(lab, AF_INET6)
    expect(found?.header.scope).toBe(RT_SCOPE.RT_SCOPE_LINK)
    expect([...(found?.attrs.address?.toBytes() ?? [])].slice(0, 4)).toEqual([0xfe, 0x80, 0, 0])
  })
})

describe('FreeBSD test_rtnl_ifaddr.py: add on a broadcast interface', () => {
  it('add_4', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const header = { family: AF_INET, prefixlen: 24, ifindex: lab.if1 }
    expect((await talk.addr('RTM_NEWADDR', ACK, header, { local: ip('192.0.2.1') })).result).toBe('ok')
    const [found, ...more] = await listed(lab, AF_INET)
    expect(more).toEqual([])
    expect(found?.header).toMatchObject({ prefixlen: 24, scope: 0 })
    expect([found?.attrs.local, found?.attrs.address].map(String)).toEqual(['192.0.2.1', '192.0.2.1'])
  })

  it.each([
    [32, undefined, '192.0.2.1'],
    [31, undefined, '255.255.255.255'],
    [30, undefined, '192.0.2.3'],
    [30, '192.0.2.2', '192.0.2.2'],
    [24, '192.0.2.7', '192.0.2.7'],
  ])('add_4_brd: /%i, given %s, shows %s', async (prefixlen, given, shown) => {
    await using lab = await createLab()
    const attrs = { local: ip('192.0.2.1'), broadcast: given === undefined ? undefined : ip(given) }
    await (await lab.talk()).addr('RTM_NEWADDR', ACK, { family: AF_INET, prefixlen, ifindex: lab.if1 }, attrs)
    const [found] = await listed(lab, AF_INET)
    expect(String(found?.attrs.broadcast)).toBe(shown)
  })

  it('add_6: with the link-local address', async () => {
    await using lab = await createLab()
    const header = { family: AF_INET6, prefixlen: 64, ifindex: lab.if1 }
    await (await lab.talk()).addr('RTM_NEWADDR', ACK, header, { address: ip('2001:db8::1') })
    const found = await listed(lab, AF_INET6)
    expect(found).toHaveLength(2)
    expect(String(found[0]?.attrs.address)).toBe('2001:db8::1')
  })

  it('add_6_lifetime', async () => {
    await using lab = await createLab()
    const header = { family: AF_INET6, prefixlen: 64, ifindex: lab.if1 }
    const cacheinfo = { prefered: 43200, valid: 86400, cstamp: 0, tstamp: 0 }
    await (await lab.talk()).addr('RTM_NEWADDR', ACK, header, { address: ip('2001:db8::1'), cacheinfo })
    const [found] = await listed(lab, AF_INET6)
    const shown = found?.attrs.cacheinfo ?? { prefered: 0, valid: 0, cstamp: 0, tstamp: 0 }
    expect(43200 - shown.prefered).toBeLessThanOrEqual(5)
    expect(86400 - shown.valid).toBeLessThanOrEqual(5)
    expect(shown.cstamp).toBeGreaterThan(0)
    expect(shown.tstamp).toBeGreaterThanOrEqual(shown.cstamp)
  })

  it.each([
    ['autoconf', undefined, IN6_IFF.IN6_IFF_AUTOCONF, 0, IN6_IFF.IN6_IFF_AUTOCONF],
    ['deprecated', IFA_F.IFA_F_DEPRECATED, undefined, IFA_F.IFA_F_DEPRECATED, IN6_IFF.IN6_IFF_DEPRECATED],
    [
      'autoconf and deprecated',
      IFA_F.IFA_F_DEPRECATED,
      IN6_IFF.IN6_IFF_AUTOCONF,
      IFA_F.IFA_F_DEPRECATED,
      IN6_IFF.IN6_IFF_AUTOCONF | IN6_IFF.IN6_IFF_DEPRECATED,
    ],
    ['prefer_source', undefined, IN6_IFF.IN6_IFF_PREFER_SOURCE, 0, IN6_IFF.IN6_IFF_PREFER_SOURCE],
  ] as const)('add_6_flags: %s', async (_title, flags, flags6, shown, shown6) => {
    await using lab = await createLab()
    const header = { family: AF_INET6, prefixlen: 64, ifindex: lab.if1 }
    await (await lab.talk()).addr('RTM_NEWADDR', ACK, header, {
      address: ip('2001:db8::1'),
      flags,
      freebsd: { flags: flags6 },
    })
    const [found] = await listed(lab, AF_INET6)
    expect([found?.attrs.flags, found?.attrs.freebsd?.flags]).toEqual([shown, shown6])
  })

  it.each([
    ['add empty message', {}, {}],
    ['add, ifindex 0', { family: AF_INET, prefixlen: 24 }, { local: ip('192.0.2.1') }],
    ['add, no address', { family: AF_INET, prefixlen: 24, ifindex: 2 }, {}],
  ])('%s: an error', async (_title, header, attrs) => {
    await using lab = await createLab()
    expect((await (await lab.talk()).addr('RTM_NEWADDR', ACK, header, attrs)).result).not.toBe('ok')
    expect(await listed(lab, 0)).toEqual([])
  })
})

const families = [
  [AF_INET, 32, '192.0.2.1'],
  [AF_INET, 24, '192.0.2.1'],
  [AF_INET6, 64, '2001:db8::1'],
  [AF_INET6, 128, '2001:db8::1'],
] as const

describe.each(['epair0a', 'lo1'])('FreeBSD test_rtnl_ifaddr.py: %s', ifname => {
  const cases = families.flatMap(([family, plen, address]) =>
    (['local', 'address'] as const).map(by => [family, plen, address, by] as const),
  )
  it.each(cases)('delete: family %i, /%i, %s, by %s', async (family, prefixlen, address, by) => {
    await using lab = await createLab()
    if (ifname === 'lo1') await lab.route.link.create({ kind: 'lo', name: 'lo1' })
    const { ifindex } = await lab.route.link.get(ifname)
    const talk = await lab.talk()
    const header = { family, prefixlen, ifindex }
    expect((await talk.addr('RTM_NEWADDR', ACK, header, { local: ip(address) })).result).toBe('ok')
    expect((await talk.addr('RTM_DELADDR', ACK, header, { [by]: ip(address) })).result).toBe('ok')
    const left = await listed(lab, family, ifindex)
    expect(left.map(({ attrs }) => String(attrs.address))).not.toContain(address)
    expect((await talk.addr('RTM_DELADDR', ACK, header, { [by]: ip(address) })).result).toBe('EADDRNOTAVAIL')
  })

  it('add_6 gives two entries with the automatic link-local address', async () => {
    await using lab = await createLab()
    if (ifname === 'lo1') await lab.route.link.create({ kind: 'lo', name: 'lo1' })
    await lab.route.addr.add({ ifname, address: '2001:db8::1/128' })
    const addresses = await lab.route.addr.list({ ifname })
    expect(addresses.map(({ scope }) => scope)).toEqual([0, RT_SCOPE.RT_SCOPE_LINK])
  })
})

describe('addresses: presence (3.2)', () => {
  it.each([0, 0x100, 0x200, 0x400, 0x600])('adds and replaces whatever the NLM flags (0x%s)', async flags => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const header = { family: AF_INET, prefixlen: 24, ifindex: lab.if1 }
    for (let turn = 0; turn < 2; turn++) {
      expect((await talk.addr('RTM_NEWADDR', flags | NLM_F_ACK, header, { local: ip('192.0.2.1') })).result).toBe('ok')
    }
    expect(await listed(lab, AF_INET)).toHaveLength(1)
  })

  it('same address, other length: IPv4 replaces, IPv6 refuses', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const on = { ifindex: lab.if1 }
    await talk.addr('RTM_NEWADDR', ACK, { ...on, family: AF_INET, prefixlen: 28 }, { local: ip('192.0.2.1') })
    expect((await listed(lab, AF_INET)).map(({ header }) => header.prefixlen)).toEqual([28])
    const six = await talk.addr(
      'RTM_NEWADDR',
      ACK,
      { ...on, family: AF_INET6, prefixlen: 80 },
      { address: ip('2001:db8::1') },
    )
    expect(six.result).toBe('EINVAL')
  })
})

describe('addresses: checks and their errors (4.3)', () => {
  const one = { local: ip('192.0.2.1') }
  it.each([
    [
      'interface unknown',
      { family: AF_INET, prefixlen: 24, ifindex: 99 },
      one,
      'ENOENT',
      'Unable to find interface with index 99',
    ],
    ['index 0', { family: AF_INET, prefixlen: 24 }, one, 'ENOENT', 'Unable to find interface with index 0'],
    ['plen > 32', { family: AF_INET, prefixlen: 33, ifindex: 2 }, one, 'EINVAL', 'invalid ifa_prefixlen'],
    [
      'plen > 128',
      { family: AF_INET6, prefixlen: 129, ifindex: 2 },
      { address: ip('2001:db8::1') },
      'EINVAL',
      'invalid ifa_prefixlen',
    ],
    ['no address', { family: AF_INET, prefixlen: 24, ifindex: 2 }, {}, 'EINVAL', undefined],
    [
      'attribute family',
      { family: AF_INET, prefixlen: 24, ifindex: 2 },
      { address: ip('2001:db8::1') },
      'EINVAL',
      'wrong family for IFA_ADDRESS attribute: 28 != 2',
    ],
    [
      'broadcast family',
      { family: AF_INET, prefixlen: 24, ifindex: 2 },
      { ...one, broadcast: ip('2001:db8::1') },
      'EINVAL',
      'wrong family for IFA_BROADADDR attribute: 28 != 2',
    ],
    ['other family', { family: 18, prefixlen: 24, ifindex: 2 }, one, 'EAFNOSUPPORT', undefined],
    [
      'preferred > valid',
      { family: AF_INET6, prefixlen: 64, ifindex: 2 },
      { address: ip('2001:db8::1'), cacheinfo: { prefered: 2, valid: 1, cstamp: 0, tstamp: 0 } },
      'EINVAL',
      undefined,
    ],
    ['multicast', { family: AF_INET, prefixlen: 24, ifindex: 2 }, { local: ip('224.0.0.5') }, 'EINVAL', undefined],
    ['0.0.0.0', { family: AF_INET, prefixlen: 24, ifindex: 2 }, { local: ip('0.0.0.0') }, 'EINVAL', undefined],
    [
      'unknown vhid',
      { family: AF_INET, prefixlen: 24, ifindex: 2 },
      { ...one, freebsd: { vhid: 77 } },
      'ENXIO',
      undefined,
    ],
  ] as const)('%s', async (_title, header, attrs, result, text) => {
    await using lab = await createLab()
    const answer = await (await lab.talk()).addr('RTM_NEWADDR', ACK, header, attrs)
    expect(answer.result).toBe(result)
    if (text !== undefined) expect(answer.text).toBe(text)
    expect(await listed(lab, 0)).toEqual([])
  })

  it('valid 0 of an absent address: success, nothing happens', async () => {
    await using lab = await createLab()
    const cacheinfo = { prefered: 0, valid: 0, cstamp: 0, tstamp: 0 }
    const header = { family: AF_INET6, prefixlen: 64, ifindex: lab.if1 }
    const { result } = await (await lab.talk()).addr('RTM_NEWADDR', ACK, header, {
      address: ip('2001:db8::1'),
      cacheinfo,
    })
    expect(result).toBe('ok')
    expect(await listed(lab, 0)).toEqual([])
  })

  it.each(['RTM_NEWADDR', 'RTM_DELADDR'] as const)('%s without privilege: EPERM', async type => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk({ uid: 1001 })
    const header = { family: AF_INET, prefixlen: 24, ifindex: lab.if1 }
    expect((await talk.addr(type, ACK, header, { local: ip('192.0.2.1') })).result).toBe('EPERM')
    expect(await listed(lab, AF_INET)).toHaveLength(1)
  })
})

describe('addresses: the interface and its routes (5.7, 5.8, 7)', () => {
  it('the first address brings the interface up', async () => {
    await using lab = await createLab()
    await lab.route.addr.add({ ifindex: lab.if1, address: '192.0.2.1/24' })
    expect(await lab.route.link.get(lab.if1)).toMatchObject({ up: true })
  })

  it('an address implies its prefix and a host route over lo0', async () => {
    await using lab = await createLab()
    await lab.route.addr.add({ ifindex: lab.if1, address: '192.0.2.1/24' })
    await lab.route.addr.add({ ifindex: lab.if1, address: '192.0.2.2/24' })
    await lab.route.addr.add({ ifindex: lab.if1, address: '198.51.100.1/32' })
    const routes = await lab.route.route.list({ family: 'inet' })
    expect(routes.map(({ dst, ifindex }) => [dst, ifindex])).toEqual([
      ['127.0.0.1/32', 1],
      ['192.0.2.0/24', lab.if1],
      ['192.0.2.1/32', 1],
      ['192.0.2.2/32', 1],
      ['198.51.100.1/32', 1],
    ])
  })

  it('another address of the prefix inherits its route', async () => {
    await using lab = await createLab()
    await lab.route.addr.add({ ifindex: lab.if1, address: '192.0.2.1/24' })
    await lab.route.addr.add({ ifindex: lab.if1, address: '192.0.2.2/24' })
    await lab.route.addr.delete({ ifindex: lab.if1, address: '192.0.2.1' })
    const routes = await lab.route.route.list({ family: 'inet' })
    expect(routes.map(({ dst }) => dst)).toEqual(['127.0.0.1/32', '192.0.2.0/24', '192.0.2.2/32'])
  })

  it('removing an address takes the routes with its source along, static ones too', async () => {
    await using lab = await createAddressedLab()
    await lab.route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.9' })
    await lab.route.addr.delete({ ifindex: lab.if1, address: '192.0.2.1' })
    const routes = await lab.route.route.list({ family: 'inet' })
    expect(routes.map(({ dst }) => dst)).toEqual(['127.0.0.1/32'])
  })

  it('down removes prefix routes and routes that are not static; up brings the prefix back', async () => {
    await using lab = await createAddressedLab()
    await lab.route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.9' })
    await lab.route.route.add({ dst: '198.51.100.0/24', gateway: '192.0.2.9', rtflags: 0 })
    await lab.route.link.set({ ifindex: lab.if1, up: false })
    const down = await lab.route.route.list({ family: 'inet' })
    expect(down.map(({ dst }) => dst)).toEqual(['127.0.0.1/32', '192.0.2.1/32', '203.0.113.0/24'])
    await lab.route.link.set({ ifindex: lab.if1, up: true })
    const up = await lab.route.route.list({ family: 'inet' })
    expect(up.map(({ dst }) => dst)).toEqual(['127.0.0.1/32', '192.0.2.0/24', '192.0.2.1/32', '203.0.113.0/24'])
  })

  it('destroying the interface takes its addresses and routes', async () => {
    await using lab = await createAddressedLab()
    await lab.route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.9' })
    await lab.route.link.delete(lab.if1)
    expect((await lab.route.addr.list()).every(({ ifindex }) => ifindex === 1)).toBe(true)
    expect((await lab.route.route.list()).every(({ ifindex }) => ifindex === 1)).toBe(true)
  })

  it('every link has its own fe80::/64', async () => {
    await using lab = await createAddressedLab()
    await lab.route.addr.add({ ifname: 'epair0b', address: '2001:db8:1::1/64' })
    const routes = await lab.route.route.list({ family: 'inet6' })
    const linkLocal = routes.filter(({ dst }) => dst === 'fe80::/64')
    expect(linkLocal.map(({ ifindex }) => ifindex).sort()).toEqual([1, lab.if1, lab.if1 + 1])
  })
})

describe('addresses: notifications (10.1, 10.3, 10.4)', () => {
  it('address first, then its routes, all of the kernel', async () => {
    await using lab = await createLab()
    const groups = [RTNLGRP.RTNLGRP_IPV4_IFADDR, RTNLGRP.RTNLGRP_IPV4_ROUTE]
    const listener = await lab.talk({ groups })
    await lab.route.addr.add({ ifindex: lab.if1, address: '192.0.2.1/24' })
    await lab.route.addr.delete({ ifindex: lab.if1, address: '192.0.2.1' })
    const { types, messages } = await listener.heard()
    expect(types).toEqual([
      'RTM_NEWADDR',
      'RTM_NEWROUTE',
      'RTM_NEWROUTE',
      'RTM_DELADDR',
      'RTM_DELROUTE',
      'RTM_DELROUTE',
    ])
    expect(messages.every(({ seq, portid }) => seq === 0 && portid === 0)).toBe(true)
  })

  it('NLM_F_ECHO: one copy to the requester, then the acknowledgement', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const header = { family: AF_INET, prefixlen: 24, ifindex: lab.if1 }
    const added = await talk.addr('RTM_NEWADDR', ACK | NLM_F_ECHO, header, { local: ip('192.0.2.1') })
    expect(added.types).toEqual(['RTM_NEWADDR', 'NLMSG_ERROR'])
    expect(added.messages[0]?.seq).toBe(added.messages[1]?.seq)
    const removed = await talk.addr('RTM_DELADDR', ACK | NLM_F_ECHO, header, { local: ip('192.0.2.1') })
    expect(removed.types).toEqual(['RTM_DELADDR', 'NLMSG_ERROR'])
  })

  it('a valid lifetime that is over removes the address', async () => {
    const scheduler = drivenScheduler(7)
    await using lab = await createLab({ scheduler })
    await lab.route.addr.add({ ifindex: lab.if1, address: '2001:db8::1/64', validSeconds: 2, preferredSeconds: 1 })
    const before = await lab.route.addr.list({ ifindex: lab.if1 })
    expect(before).toContainEqual(expect.objectContaining({ address: '2001:db8::1', validSeconds: 2 }))
    await scheduler.advance(1500)
    const between = await lab.route.addr.list({ ifindex: lab.if1 })
    expect(between[0]).toMatchObject({ flags6: IN6_IFF.IN6_IFF_DEPRECATED, preferredSeconds: 0, validSeconds: 1 })
    await scheduler.advance(1500)
    await lab.kernel.settle()
    const addresses = await lab.route.addr.list({ ifindex: lab.if1 })
    expect(addresses.map(({ address }) => address)).not.toContain('2001:db8::1')
    expect(addresses.every(({ validSeconds }) => validSeconds === undefined)).toBe(true)
    expect(INFINITE_LIFETIME).toBe(0xffffffff)
  })
})
