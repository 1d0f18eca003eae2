import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_DUMP_FILTERED, NLM_F_EXCL } from '@nltool/nl-core'
import { hex } from '@nltool/nl-core/testing'
import { body, struct } from '@nltool/nl-core/wire'
import {
  IFA_F,
  linkStats,
  linuxRT_TABLE,
  openRoute,
  RT_SCOPE,
  RTN,
  RTNLGRP,
  RTPROT,
  rtnlTypes,
  vethAttrs,
} from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { ACK, AF_INET, AF_INET6, CREATE, createAddressedLab, createLab, DUMP, ip } from './rtnetlink-lab.ts'

const linux = { abi: 'linux' } as const
const dst = ip('203.0.113.0')
const gateway = ip('192.0.2.9')
const main = linuxRT_TABLE.RT_TABLE_MAIN
const veth = body(struct('veth', {}), vethAttrs)
const noPeerHeader = { family: 0, pad: 0, type: 0, ifindex: 0, flags: 0, change: 0 }

describe('Linux ABI: Linux to model (12.1)', () => {
  it('tables 254, 253 and 255 are fib 0, others are themselves', async () => {
    await using lab = await createAddressedLab({ fibs: 6 })
    const talk = await lab.talk(linux)
    for (const [table, third] of [
      [254, 1],
      [253, 2],
      [255, 3],
      [5, 4],
    ] as const) {
      const made = await talk.route(
        'RTM_NEWROUTE',
        CREATE,
        { dstLen: 24, table },
        { dst: ip(`203.0.${third}.0`), gateway },
      )
      expect(made.result).toBe('ok')
    }
    const routes = await lab.route.route.list({ table: 'all', family: 'inet' })
    const found = routes.filter(route => route.dst.startsWith('203.0.')).map(route => [route.dst, route.table])
    expect(found).toEqual([
      ['203.0.1.0/24', 0],
      ['203.0.2.0/24', 0],
      ['203.0.3.0/24', 0],
      ['203.0.4.0/24', 5],
    ])
  })

  it('rtm_table is honoured in DEL and GET without RTA_TABLE (R-RT-7)', async () => {
    await using lab = await createAddressedLab({ fibs: 6 })
    const talk = await lab.talk(linux)
    await talk.route('RTM_NEWROUTE', CREATE, { dstLen: 24, table: 5 }, { dst, gateway })
    expect((await talk.route('RTM_GETROUTE', 0, { dstLen: 32, table: main }, { dst })).result).toBe('ESRCH')
    expect((await talk.route('RTM_GETROUTE', 0, { dstLen: 32, table: 5 }, { dst })).routes[0]?.header.table).toBe(5)
    expect((await talk.route('RTM_DELROUTE', ACK, { dstLen: 24, table: main }, { dst })).result).toBe('ESRCH')
    expect((await talk.route('RTM_DELROUTE', ACK, { dstLen: 24, table: 5 }, { dst })).result).toBe('ok')
  })

  it('the default route needs no RTA_DST (R-RT-6)', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk(linux)
    expect((await talk.route('RTM_NEWROUTE', CREATE, { table: main }, { gateway })).result).toBe('ok')
    expect(await lab.route.route.get('8.8.8.8')).toMatchObject({ dst: '0.0.0.0/0' })
    expect((await talk.route('RTM_DELROUTE', ACK, { table: main }, {})).result).toBe('ok')
  })

  it('protocols BOOT and STATIC make a static route (R-RT-23), hops are weights less one', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk(linux)
    const legs = [
      { header: { flags: 0, hops: 0, ifindex: 0 }, attrs: { gateway } },
      { header: { flags: 0, hops: 2, ifindex: 0 }, attrs: { gateway: ip('192.0.2.8') } },
    ]
    const header = { dstLen: 24, table: main, protocol: RTPROT.RTPROT_BOOT }
    await talk.route('RTM_NEWROUTE', CREATE, header, { dst, multipath: legs })
    const [route] = (await lab.route.route.list({ family: 'inet' })).filter(found => found.dst === '203.0.113.0/24')
    expect(route).toMatchObject({ protocol: RTPROT.RTPROT_STATIC })
    expect(route?.nexthops?.map(({ weight }) => weight)).toEqual([1, 3])
  })

  it('a priority is kept as a label and shown again', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk(linux)
    await talk.route('RTM_NEWROUTE', CREATE, { dstLen: 24, table: main }, { dst, gateway, priority: 32 })
    const { routes } = await talk.route('RTM_GETROUTE', NLM_F_DUMP, { family: AF_INET })
    expect(routes.find(found => found.attrs.dst?.equals(dst))?.attrs.priority).toBe(32)
  })

  it('a daemon deletes only its own: protocol and type count', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk(linux)
    await talk.route(
      'RTM_NEWROUTE',
      CREATE,
      { dstLen: 24, table: main, protocol: RTPROT.RTPROT_ZEBRA },
      { dst, gateway },
    )
    const by = (protocol: number, type = 0) =>
      talk.route('RTM_DELROUTE', ACK, { dstLen: 24, table: main, protocol, type }, { dst })
    expect((await by(RTPROT.RTPROT_BIRD)).result).toBe('ESRCH')
    expect((await by(RTPROT.RTPROT_ZEBRA, RTN.RTN_BLACKHOLE)).result).toBe('ESRCH')
    expect((await by(RTPROT.RTPROT_ZEBRA, RTN.RTN_UNICAST)).result).toBe('ok')
  })

  it('routes of type LOCAL are refused', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk(linux)
    const answer = await talk.route(
      'RTM_NEWROUTE',
      CREATE,
      { dstLen: 32, table: 255, type: RTN.RTN_LOCAL },
      { dst, oif: 1 },
    )
    expect(answer.result).toBe('EOPNOTSUPP')
  })

  it('an IPv6 address and route, family 10', async () => {
    await using lab = await createLab()
    const talk = await lab.talk(linux)
    const header = { family: AF_INET6, prefixlen: 64, ifindex: lab.if1 }
    expect(
      (await talk.addr('RTM_NEWADDR', CREATE, header, { local: ip('2001:db8::1'), address: ip('2001:db8::1') })).result,
    ).toBe('ok')
    const at = { family: AF_INET6, dstLen: 48, table: main }
    expect(
      (await talk.route('RTM_NEWROUTE', CREATE, at, { dst: ip('2001:db8:1::'), gateway: ip('2001:db8::9') })).result,
    ).toBe('ok')
    const { messages } = await talk.route('RTM_GETROUTE', NLM_F_DUMP, { family: AF_INET6 })
    expect(messages[0]?.payload[0]).toBe(10)
  })

  it.each([
    ['RTM_NEWROUTE', hex`1c180000fe040001 00000000 0800 0100 cb007100 0800 0400 01000000`],
    ['RTM_DELROUTE', hex`1c180000fe000000 00000000 0800 0100 cb007100`],
    ['RTM_GETROUTE', hex`1c200000fe000000 00000000 0800 0100 cb007100`],
    ['RTM_NEWADDR', hex`1c180000 01000000 0800 0200 cb007101`],
    ['RTM_DELADDR', hex`1c180000 01000000 0800 0200 cb007101`],
  ] as const)('%s of a family that FreeBSD lacks, 28 or MPLS: EPFNOSUPPORT', async (type, payload) => {
    await using lab = await createAddressedLab()
    expect((await (await lab.talk(linux)).ask(rtnlTypes[type], ACK, payload)).result).toBe('EPFNOSUPPORT')
  })

  it('RT_TABLE_UNSPEC in a dump means all tables, in the header and in RTA_TABLE (R-RT-2)', async () => {
    await using lab = await createAddressedLab({ fibs: 2 })
    const talk = await lab.talk(linux)
    await talk.route('RTM_NEWROUTE', CREATE, { dstLen: 24, table: 1 }, { dst, gateway })
    const header = '02000000 00000000 00000000' // rtmsg: AF_INET
    for (const payload of [hex`${header}`, hex`${header} 08000f00 00000000`]) {
      const { routes, messages } = await talk.ask(rtnlTypes.RTM_GETROUTE, NLM_F_DUMP, payload)
      expect(new Set(routes.map(({ attrs }) => attrs.table))).toEqual(new Set([main, 1]))
      expect(messages.every(({ flags }) => (flags & NLM_F_DUMP_FILTERED) === 0)).toBe(true)
    }
  })

  it('an unknown family in a dump means all (pyroute2 sends 255)', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk(linux)
    const payload = new Uint8Array(12)
    payload[0] = 255
    const { routes } = await talk.ask(rtnlTypes.RTM_GETROUTE, NLM_F_DUMP, payload)
    expect(new Set(routes.map(({ header }) => header.family))).toEqual(new Set([AF_INET, AF_INET6]))
  })

  it('veth makes a pair with both names; dummy makes a loopback; unknown kinds say so', async () => {
    await using lab = await createLab()
    const talk = await lab.talk(linux)
    const data = veth.encode(
      { header: {}, attrs: { peer: { header: noPeerHeader, attrs: { ifname: 'w1' } } } },
      'linux',
    )
    expect(
      (await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'w0', linkinfo: { kind: 'veth', data } })).result,
    ).toBe('ok')
    expect((await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'd0', linkinfo: { kind: 'dummy' } })).result).toBe(
      'ok',
    )
    const names = (await lab.route.link.list()).map(({ ifname, kind }) => [ifname, kind])
    expect(names.slice(3)).toEqual([
      ['w0', 'epair'],
      ['w1', 'epair'],
      ['d0', 'lo'],
    ])
    const refused = await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'x0', linkinfo: { kind: 'nokind' } })
    expect([refused.result, refused.text]).toEqual(['EOPNOTSUPP', 'Unknown device type'])
    const again = await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'w0', linkinfo: { kind: 'veth', data } })
    expect(again.result).toBe('EEXIST')
  })

  it('a link by index with a name is renamed; SETLINK is NEWLINK without CREATE; DELLINK takes a name', async () => {
    await using lab = await createLab()
    const talk = await lab.talk(linux)
    expect((await talk.link('RTM_NEWLINK', ACK, { ifindex: lab.if1 }, { ifname: 'wan' })).result).toBe('ok')
    expect((await talk.link('RTM_SETLINK', ACK, { ifindex: lab.if1 }, { mtu: 1400 })).result).toBe('ok')
    expect(await lab.route.link.get('wan')).toMatchObject({ mtu: 1400 })
    expect((await talk.link('RTM_DELLINK', ACK, {}, { ifname: 'wan' })).result).toBe('ok')
    expect((await talk.link('RTM_DELLINK', ACK, {}, { ifname: 'wan' })).result).toBe('ENOENT')
    expect((await talk.link('RTM_DELLINK', ACK, {}, { ifname: 'lo' })).result).toBe('EOPNOTSUPP')
  })

  it('IFLA_MASTER and namespaces are refused, not forgotten', async () => {
    await using lab = await createLab()
    const talk = await lab.talk(linux)
    expect((await talk.link('RTM_NEWLINK', ACK, { ifindex: lab.if1 }, { master: 1 })).result).toBe('EOPNOTSUPP')
    expect((await talk.link('RTM_NEWLINK', ACK, { ifindex: lab.if1 }, { netNsPid: 1 })).result).toBe('EOPNOTSUPP')
  })
})

describe('Linux ABI: start-up requests (R-RT-9)', () => {
  it('GETRULE answers the main rule of each family', async () => {
    await using lab = await createLab()
    const talk = await lab.talk(linux)
    const { types, result } = await talk.ask(rtnlTypes.RTM_GETRULE, NLM_F_DUMP, new Uint8Array(12))
    expect([types, result]).toEqual([['RTM_NEWRULE', 'RTM_NEWRULE', 'NLMSG_DONE'], 'ok'])
  })

  it.each(['RTM_GETNETCONF', 'RTM_GETNSID', 'RTM_GETNEIGHTBL'] as const)('%s is an empty dump', async type => {
    await using lab = await createLab()
    const linuxTalk = await lab.talk(linux)
    const { types, result } = await linuxTalk.ask(rtnlTypes[type], NLM_F_DUMP, new Uint8Array(4))
    expect([types, result]).toEqual([['NLMSG_DONE'], 'ok'])
    const native = await (await lab.talk()).ask(rtnlTypes[type], NLM_F_DUMP, new Uint8Array(4))
    expect([native.result, native.text]).toEqual(['EOPNOTSUPP', `unknown message type: ${rtnlTypes[type]}`])
  })

  it.each(['RTM_NEWRULE', 'RTM_DELRULE', 'RTM_NEWNSID', 'RTM_NEWQDISC'] as const)('%s is refused', async type => {
    await using lab = await createLab()
    const answer = await (await lab.talk(linux)).ask(
      rtnlTypes[type],
      ACK | NLM_F_CREATE | NLM_F_EXCL,
      new Uint8Array(12),
    )
    expect(answer.result).toBe('EOPNOTSUPP')
  })
})

describe('Linux ABI: model to Linux (12.2)', () => {
  it('NEWROUTE: table 254 in both places, no RTA_DST for the default, scopes, no attributes of FreeBSD', async () => {
    await using lab = await createAddressedLab()
    await lab.route.route.add({ dst: 'default', gateway: '192.0.2.9' })
    const { routes } = await (await lab.talk(linux)).route('RTM_GETROUTE', NLM_F_DUMP, { family: AF_INET })
    expect(routes.every(({ header, attrs }) => header.table === main && attrs.table === main)).toBe(true)
    expect(
      routes.every(
        ({ attrs }) => attrs.knhid === undefined && attrs.rtflags === undefined && attrs.unknown === undefined,
      ),
    ).toBe(true)
    const shown = routes.map(({ header, attrs }) => [attrs.dst?.toString(), header.type, header.scope])
    expect(shown).toEqual([
      [undefined, RTN.RTN_UNICAST, RT_SCOPE.RT_SCOPE_UNIVERSE],
      ['127.0.0.1', RTN.RTN_LOCAL, RT_SCOPE.RT_SCOPE_HOST],
      ['192.0.2.0', RTN.RTN_UNICAST, RT_SCOPE.RT_SCOPE_LINK],
      ['192.0.2.1', RTN.RTN_LOCAL, RT_SCOPE.RT_SCOPE_HOST],
    ])
  })

  it('NEWROUTE: unreachable if that was asked', async () => {
    await using lab = await createLab()
    const talk = await lab.talk(linux)
    await talk.route('RTM_NEWROUTE', CREATE, { dstLen: 24, table: main, type: RTN.RTN_UNREACHABLE }, { dst })
    const { routes } = await talk.route('RTM_GETROUTE', 0, { dstLen: 32, table: main }, { dst })
    expect(routes[0]?.header.type).toBe(RTN.RTN_UNREACHABLE)
  })

  it('NEWLINK: lo, ARPHRD_*, flags of Linux, queue and both statistics', async () => {
    await using lab = await createLab()
    const { links } = await (await lab.talk(linux)).link('RTM_GETLINK', DUMP)
    const [lo, veth0] = links
    expect(lo?.header).toMatchObject({ type: 772, flags: 0x1_1049 & ~0 }) // LOWER_UP MULTICAST RUNNING LOOPBACK UP
    expect(lo?.attrs).toMatchObject({ ifname: 'lo', qdisc: 'noqueue', txqlen: 1000, group: 0, linkinfo: undefined })
    expect(veth0?.header).toMatchObject({ type: 1, flags: 0x1002 })
    expect(veth0?.attrs.linkinfo?.kind).toBe('veth')
    expect([veth0?.attrs.stats64?.length, veth0?.attrs.stats?.length]).toEqual([linkStats.length, 24])
    expect(veth0?.attrs.unknown).toBeUndefined()
  })

  it('NEWLINK: a request by the name lo finds lo0', async () => {
    await using lab = await createLab()
    const { links } = await (await lab.talk(linux)).link('RTM_GETLINK', 0, {}, { ifname: 'lo' })
    expect(links[0]?.header.ifindex).toBe(1)
  })

  it('NEWADDR: CACHEINFO, PERMANENT in both places, label lo', async () => {
    await using lab = await createAddressedLab()
    const { addrs } = await (await lab.talk(linux)).addr('RTM_GETADDR', NLM_F_DUMP)
    expect(
      addrs.every(
        ({ header, attrs }) => header.flags === IFA_F.IFA_F_PERMANENT && attrs.flags === IFA_F.IFA_F_PERMANENT,
      ),
    ).toBe(true)
    expect(addrs.every(({ attrs }) => attrs.cacheinfo?.valid === 0xffffffff && attrs.proto === undefined)).toBe(true)
    expect(addrs[0]?.attrs.label).toBe('lo')
  })

  it('listeners of both ABIs get one notification in their own numbers', async () => {
    await using lab = await createAddressedLab()
    const groups = [RTNLGRP.RTNLGRP_IPV6_ROUTE]
    const [native, foreign] = [await lab.talk({ groups }), await lab.talk({ ...linux, groups })]
    await lab.route.route.add({ dst: '2001:db8:9::/48', gateway: '2001:db8::9' })
    const [mine, theirs] = [await native.heard(), await foreign.heard()]
    expect([mine.messages[0]?.payload[0], theirs.messages[0]?.payload[0]]).toEqual([28, 10])
    expect([mine.routes[0]?.header.table, theirs.routes[0]?.header.table]).toEqual([0, 254])
  })
})

describe('Linux ABI: the same client', () => {
  it('creates, addresses, routes and lists as on a native socket', async () => {
    await using lab = await createLab()
    await using route = await openRoute(lab.kernel.spawn({ abi: 'linux' }))
    expect(await route.link.create({ kind: 'epair', name: 'epair7' })).toMatchObject({ ifname: 'epair7a' })
    await route.addr.add({ ifname: 'epair7a', address: '198.51.100.1/24' })
    await route.link.set({ ifname: 'epair7a', up: true, mtu: 1400, rename: 'wan' })
    await route.route.add({ dst: '203.0.113.0/24', gateway: '198.51.100.2' })
    await route.route.append({ dst: '203.0.113.0/24', gateway: '198.51.100.3', weight: 3 })
    expect(await route.link.get('wan')).toMatchObject({ kind: 'veth', mtu: 1400, up: true })
    expect(await route.link.get('epair7b')).toMatchObject({ kind: 'veth' })
    expect(await lab.route.link.get('wan')).toMatchObject({ kind: 'epair' })
    const found = await route.route.get('203.0.113.9')
    expect(found.nexthops?.map(({ gateway: via, weight }) => [via, weight])).toEqual([
      ['198.51.100.2', 1],
      ['198.51.100.3', 3],
    ])
    await route.route.delete({ dst: '203.0.113.0/24', gateway: '198.51.100.2' })
    expect(await route.route.get('203.0.113.9')).toMatchObject({ gateway: '198.51.100.3', table: 0 })
    await route.link.delete('wan')
    expect((await route.link.list()).map(({ ifname }) => ifname)).toEqual(['lo0', 'epair0a', 'epair0b'])
  })

  it('is told that lo0 is there, as on a native socket', async () => {
    await using lab = await createLab()
    await using route = await openRoute(lab.kernel.spawn({ abi: 'linux' }))
    for (const client of [lab.route, route]) {
      await expect(client.link.create({ kind: 'lo', name: 'lo0' })).rejects.toThrow(/^EEXIST/)
    }
  })
})
