import { drivenScheduler } from '@nltool/kernel'
import {
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_DUMP_FILTERED,
  NLM_F_DUMP_INTR,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from '@nltool/nl-core'
import { type RouteBody, RTF, RTM_F, RTN, RTNLGRP, RTPROT } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { ACK, AF_INET, AF_INET6, ALL_TABLES, CREATE, createAddressedLab, createLab, DUMP, ip } from './rtnetlink-lab.ts'

const dst = ip('203.0.113.0')
const gw = ip('192.0.2.9')
const other = ip('192.0.2.8')
const at = { dstLen: 24 }

function gateways(body: RouteBody | undefined): string[] {
  const legs = body?.attrs.multipath?.map(({ attrs }) => String(attrs.gateway))
  return legs ?? [String(body?.attrs.gateway)]
}

const leg = (gateway: string, hops = 1) => ({ header: { flags: 0, hops, ifindex: 0 }, attrs: { gateway: ip(gateway) } })

describe('FreeBSD test_rtnl_route.py', () => {
  it('add route, link-local gateway', async () => {
    await using lab = await createAddressedLab()
    const attrs = { dst: ip('2001:db8:2::'), gateway: ip('fe80::1'), oif: lab.if1 }
    const talk = await lab.talk()
    expect((await talk.route('RTM_NEWROUTE', CREATE, { family: AF_INET6, dstLen: 64 }, attrs)).result).toBe('ok')
    const { routes } = await talk.route('RTM_GETROUTE', 0, { family: AF_INET6, dstLen: 64 }, { dst: attrs.dst })
    expect([String(routes[0]?.attrs.gateway), routes[0]?.attrs.oif]).toEqual(['fe80::1', lab.if1])
  })

  it('add host route, interface only', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const attrs = { dst: ip('203.0.113.7'), oif: lab.if1 }
    expect((await talk.route('RTM_NEWROUTE', CREATE, { dstLen: 32 }, attrs)).result).toBe('ok')
    const { routes } = await talk.route('RTM_GETROUTE', 0, { dstLen: 32 }, { dst: attrs.dst })
    expect(routes[0]?.attrs).toMatchObject({ oif: lab.if1, rtflags: RTF.RTF_UP | RTF.RTF_HOST })
  })

  it('bulk and dump: exactly the thousand prefixes, once each', async () => {
    await using lab = await createAddressedLab()
    const wanted: string[] = []
    for (let i = 0; i < 1000; i++) {
      const prefix = `2001:db8:2:${(i + 1).toString(16)}::/65`
      await lab.route.route.add({ dst: prefix, gateway: '2001:db8::9' })
      wanted.push(prefix)
    }
    const routes = await lab.route.route.list({ family: 'inet6' })
    const found = routes.filter(({ prefixlen }) => prefixlen === 65).map(route => route.dst)
    expect(found.toSorted()).toEqual(wanted.toSorted())
  })
})

describe('FreeBSD test_rtnl_route.c', () => {
  it('nhgrp: a group of two, with its kernel index', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const attrs = { dst, multipath: [leg('127.0.0.1'), leg('127.0.0.2')] }
    // 127.0.0.2 is in the network of lo0's address.
    expect((await talk.route('RTM_NEWROUTE', NLM_F_CREATE | ACK, at, attrs)).result).toBe('ok')
    const { routes } = await talk.route('RTM_GETROUTE', 0, at, { dst })
    expect(gateways(routes[0])).toEqual(['127.0.0.1', '127.0.0.2'])
    expect(routes[0]?.attrs.knhid).toBeGreaterThan(0)
  })

  it('merge: APPEND without CREATE joins another gateway', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, gateway: gw })
    expect((await talk.route('RTM_NEWROUTE', NLM_F_APPEND | ACK, at, { dst, gateway: other })).result).toBe('ok')
    const { routes } = await talk.route('RTM_GETROUTE', 0, at, { dst })
    expect(gateways(routes[0])).toEqual(['192.0.2.9', '192.0.2.8'])
  })

  it('expiry: the third leg ends after its second', async () => {
    const scheduler = drivenScheduler(3)
    await using lab = await createAddressedLab({ scheduler })
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, multipath: [leg('192.0.2.9'), leg('192.0.2.8')] })
    const expires = Math.floor(lab.kernel.clock.now() / 1000) + 1
    await talk.route('RTM_NEWROUTE', NLM_F_APPEND | ACK, at, { dst, gateway: ip('192.0.2.7'), expires })
    expect(gateways((await talk.route('RTM_GETROUTE', 0, at, { dst })).routes[0])).toHaveLength(3)
    await scheduler.advance(2000)
    await lab.kernel.settle()
    expect(gateways((await talk.route('RTM_GETROUTE', 0, at, { dst })).routes[0])).toEqual(['192.0.2.9', '192.0.2.8'])
  })
})

describe('routes: CREATE, EXCL, REPLACE, APPEND (3.3)', () => {
  it.each([
    ['absent, CREATE', false, NLM_F_CREATE, 'ok', [RTPROT.RTPROT_STATIC]],
    ['absent, none', false, 0, 'ESRCH', []],
    ['absent, REPLACE', false, NLM_F_REPLACE, 'ESRCH', []],
    ['absent, APPEND', false, NLM_F_APPEND, 'ESRCH', []],
    ['present, EXCL', true, NLM_F_EXCL, 'EEXIST', ['192.0.2.9']],
    ['present, EXCL before REPLACE', true, NLM_F_EXCL | NLM_F_REPLACE, 'EEXIST', ['192.0.2.9']],
    ['present, REPLACE', true, NLM_F_REPLACE, 'ok', ['192.0.2.8']],
    ['present, CREATE|REPLACE', true, NLM_F_CREATE | NLM_F_REPLACE, 'ok', ['192.0.2.8']],
    ['present, REPLACE before APPEND', true, NLM_F_APPEND | NLM_F_REPLACE, 'ok', ['192.0.2.8']],
    ['present, APPEND', true, NLM_F_APPEND, 'ok', ['192.0.2.9', '192.0.2.8']],
    ['present, none', true, 0, 'EEXIST', ['192.0.2.9']],
    ['present, CREATE', true, NLM_F_CREATE, 'EEXIST', ['192.0.2.9']],
  ] as const)('%s', async (_title, present, flags, result, paths) => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    if (present) await talk.route('RTM_NEWROUTE', CREATE, at, { dst, gateway: gw })
    expect((await talk.route('RTM_NEWROUTE', flags | NLM_F_ACK, at, { dst, gateway: other })).result).toBe(result)
    const { routes } = await talk.route('RTM_GETROUTE', 0, { ...at, flags: RTM_F.RTM_F_PREFIX }, { dst })
    if (present) expect(gateways(routes[0])).toEqual(paths)
    else expect(routes).toHaveLength(paths.length)
  })

  it('APPEND of a path that is there: EEXIST', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, gateway: gw })
    expect((await talk.route('RTM_NEWROUTE', NLM_F_APPEND | ACK, at, { dst, gateway: gw })).result).toBe('EEXIST')
  })

  it('APPEND to a route without gateway: EEXIST', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, oif: lab.if1 })
    expect((await talk.route('RTM_NEWROUTE', NLM_F_APPEND | ACK, at, { dst, gateway: gw })).result).toBe('EEXIST')
  })

  it('REPLACE of an address prefix: EEXIST', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const answer = await talk.route('RTM_NEWROUTE', NLM_F_REPLACE | ACK, at, { dst: ip('192.0.2.0'), gateway: gw })
    expect(answer.result).toBe('EEXIST')
  })
})

describe('routes: NEWROUTE checks (4.4)', () => {
  it.each([
    ['RTA_DST absent', at, { gateway: gw }, 'EINVAL', undefined],
    ['table out of range', at, { dst, gateway: gw, table: 9 }, 'EINVAL', 'invalid fib'],
    ['rtm_table out of range', { ...at, table: 9 }, { dst, gateway: gw }, 'EINVAL', 'invalid fib'],
    ['NH_ID unknown', at, { dst, nhid: 7 }, 'ESRCH', undefined],
    [
      'leg without gateway',
      at,
      { dst, multipath: [{ header: { flags: 0, hops: 0, ifindex: 2 }, attrs: {} }] },
      'EINVAL',
      undefined,
    ],
    [
      'link-local gateway without OIF',
      { family: AF_INET6, dstLen: 64 },
      { dst: ip('2001:db8:2::'), gateway: ip('fe80::1') },
      'EINVAL',
      'interface not set',
    ],
    ['neither gateway nor OIF', at, { dst }, 'EINVAL', undefined],
    ['gateway unreachable', at, { dst, gateway: ip('10.1.2.3') }, 'EINVAL', undefined],
    ['no usable source address', at, { dst, oif: 3 }, 'EINVAL', undefined],
    ['OIF unknown', at, { dst, oif: 99 }, 'ENOENT', 'nla type 4: ifindex 99 invalid'],
    ['plen out of range', { dstLen: 33 }, { dst, gateway: gw }, 'EINVAL', undefined],
    ['family without RIB', { family: 18, dstLen: 24 }, { dst, gateway: gw }, 'EAFNOSUPPORT', undefined],
  ] as const)('%s', async (_title, header, attrs, result, text) => {
    await using lab = await createAddressedLab()
    const before = await lab.route.route.list({ table: 'all' })
    const answer = await (await lab.talk()).route('RTM_NEWROUTE', CREATE, header, attrs)
    expect(answer.result).toBe(result)
    if (text !== undefined) expect(answer.text).toBe(text)
    expect(await lab.route.route.list({ table: 'all' })).toEqual(before)
  })

  it.each([
    ['blackhole', RTN.RTN_BLACKHOLE, RTF.RTF_BLACKHOLE, RTN.RTN_BLACKHOLE],
    ['unreachable', RTN.RTN_UNREACHABLE, RTF.RTF_REJECT, RTN.RTN_PROHIBIT],
    ['prohibit', RTN.RTN_PROHIBIT, RTF.RTF_REJECT, RTN.RTN_PROHIBIT],
  ])('%s needs neither gateway nor OIF and leads to lo0', async (_title, type, flag, shown) => {
    await using lab = await createLab()
    const talk = await lab.talk()
    expect((await talk.route('RTM_NEWROUTE', CREATE, { ...at, type }, { dst, gateway: gw })).result).toBe('ok')
    const { routes } = await talk.route('RTM_GETROUTE', 0, at, { dst })
    expect(routes[0]).toMatchObject({ header: { type: shown }, attrs: { oif: 1, rtflags: RTF.RTF_UP | flag } })
    expect(routes[0]?.attrs.gateway).toBeUndefined()
  })

  it('clears host bits silently', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst: ip('203.0.113.77'), gateway: gw })
    const { routes } = await talk.route('RTM_GETROUTE', 0, at, { dst })
    expect(String(routes[0]?.attrs.dst)).toBe('203.0.113.0')
  })

  it('takes only the flags that a request may set, MTU, and protocols above 4 (5.2)', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const rtflags = RTF.RTF_PROTO2 | RTF.RTF_STATIC | RTF.RTF_LOCAL | RTF.RTF_DYNAMIC
    const attrs = { dst, gateway: gw, rtflags, metrics: { mtu: 1400 }, weight: 5 }
    await talk.route('RTM_NEWROUTE', CREATE, { ...at, protocol: RTPROT.RTPROT_BIRD }, attrs)
    const { routes } = await talk.route('RTM_GETROUTE', 0, at, { dst })
    const kept = RTF.RTF_UP | RTF.RTF_GATEWAY | RTF.RTF_STATIC | RTF.RTF_PROTO2 | RTF.RTF_FIXEDMTU
    expect(routes[0]?.attrs).toMatchObject({ rtflags: kept, metrics: { mtu: 1400 }, weight: 5 })
    expect(routes[0]?.header.protocol).toBe(RTPROT.RTPROT_BIRD)
  })

  it('does not set STATIC by itself: protocol 4 is shown as KERNEL (5.2)', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, { ...at, protocol: RTPROT.RTPROT_STATIC }, { dst, gateway: gw })
    const { routes } = await talk.route('RTM_GETROUTE', 0, at, { dst })
    expect(routes[0]?.header.protocol).toBe(RTPROT.RTPROT_KERNEL)
  })

  it('an IPv4 route over an IPv6 gateway (RTA_VIA)', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, via: ip('2001:db8::9') })
    const { routes } = await talk.route('RTM_GETROUTE', 0, at, { dst })
    expect([String(routes[0]?.attrs.via), routes[0]?.attrs.oif]).toEqual(['2001:db8::9', lab.if1])
  })

  it('accepts the default route with RTA_DST', async () => {
    await using lab = await createAddressedLab()
    await lab.route.route.add({ dst: 'default', gateway: '192.0.2.9' })
    expect(await lab.route.route.get('8.8.8.8')).toMatchObject({ dst: '0.0.0.0/0', gateway: '192.0.2.9' })
  })
})

describe('routes: DELROUTE and GETROUTE checks (4.4, 5.9)', () => {
  it.each([
    ['DEL: no DST', 'RTM_DELROUTE', at, {}, 'ESRCH', 'RTA_DST is not set'],
    ['DEL: table', 'RTM_DELROUTE', at, { dst, table: 9 }, 'EINVAL', 'invalid fib'],
    ['DEL: prefix absent', 'RTM_DELROUTE', { dstLen: 25 }, { dst }, 'ESRCH', undefined],
    ['DEL: gateway does not match', 'RTM_DELROUTE', at, { dst, gateway: other }, 'ESRCH', undefined],
    ['DEL: OIF does not match', 'RTM_DELROUTE', at, { dst, oif: 1 }, 'ESRCH', undefined],
    ['DEL: pinned', 'RTM_DELROUTE', at, { dst: ip('192.0.2.0') }, 'EADDRINUSE', undefined],
    ['GET: no DST', 'RTM_GETROUTE', at, {}, 'EINVAL', 'No RTA_DST supplied'],
    ['GET: no match', 'RTM_GETROUTE', { dstLen: 32 }, { dst: ip('8.8.8.8') }, 'ESRCH', undefined],
  ] as const)('%s', async (_title, type, header, attrs, result, text) => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, gateway: gw })
    const answer = await talk.route(type, ACK, header, attrs)
    expect(answer.result).toBe(result)
    if (text !== undefined) expect(answer.text).toBe(text)
  })

  it('DEL with PINNED removes the prefix of an address', async () => {
    await using lab = await createAddressedLab()
    await lab.route.route.delete({ dst: '192.0.2.0/24', pinned: true })
    await expect(lab.route.route.get('192.0.2.77')).rejects.toThrow('ESRCH')
  })

  it('DEL with a gateway takes one path of several, the last but one leaves a plain route', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const listener = await lab.talk({ groups: [RTNLGRP.RTNLGRP_IPV4_ROUTE] })
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, multipath: [leg('192.0.2.9'), leg('192.0.2.8')] })
    await talk.route('RTM_DELROUTE', ACK, at, { dst, gateway: gw })
    expect(gateways((await talk.route('RTM_GETROUTE', 0, at, { dst })).routes[0])).toEqual(['192.0.2.8'])
    await talk.route('RTM_DELROUTE', ACK, at, { dst, gateway: other })
    expect((await listener.heard()).types).toEqual(['RTM_NEWROUTE', 'RTM_NEWROUTE', 'RTM_DELROUTE'])
  })

  it('DEL with legs takes the paths through their gateways', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const three = ['192.0.2.9', '192.0.2.8', '192.0.2.7'].map(gateway => leg(gateway))
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, multipath: three })
    expect((await talk.route('RTM_DELROUTE', ACK, at, { dst, multipath: [leg('192.0.2.1')] })).result).toBe('ESRCH')
    await talk.route('RTM_DELROUTE', ACK, at, { dst, multipath: [leg('192.0.2.9'), leg('192.0.2.7')] })
    expect(gateways((await talk.route('RTM_GETROUTE', 0, at, { dst })).routes[0])).toEqual(['192.0.2.8'])
  })

  it('GET finds the longest match, with RTM_F_PREFIX the very prefix', async () => {
    await using lab = await createAddressedLab()
    for (const prefix of ['203.0.0.0/16', '203.0.113.0/24']) {
      await lab.route.route.add({ dst: prefix, gateway: '192.0.2.9' })
    }
    expect((await lab.route.route.get('203.0.113.5')).dst).toBe('203.0.113.0/24')
    expect((await lab.route.route.get('203.0.9.5')).dst).toBe('203.0.0.0/16')
    expect((await lab.route.route.get({ dst: '203.0.0.0/16', exact: true })).dst).toBe('203.0.0.0/16')
    await expect(lab.route.route.get({ dst: '203.0.0.0/17', exact: true })).rejects.toThrow('ESRCH')
  })

  it.each([
    ['RTM_NEWROUTE', CREATE],
    ['RTM_DELROUTE', ACK],
  ] as const)('%s without privilege: EPERM', async (type, flags) => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk({ uid: 1001 })
    expect((await talk.route(type, flags, at, { dst: ip('192.0.2.0'), gateway: gw })).result).toBe('EPERM')
  })
})

describe('routes: notifications (10.1, 10.3)', () => {
  it('carry the port and sequence of the requester and the modifiers of the change', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk({ groups: [RTNLGRP.RTNLGRP_IPV4_ROUTE] })
    const added = await talk.route('RTM_NEWROUTE', NLM_F_CREATE | ACK, at, { dst, gateway: gw })
    const changed = await talk.route('RTM_NEWROUTE', NLM_F_REPLACE | ACK, at, { dst, gateway: other })
    const gone = await talk.route('RTM_DELROUTE', ACK, at, { dst })
    const base = NLM_F_REQUEST | NLM_F_ACK
    const told = [added, changed, gone].map(({ types, messages: [first] }) => [types[0], first?.flags, first?.seq])
    expect(told).toEqual([
      ['RTM_NEWROUTE', base | NLM_F_CREATE | NLM_F_EXCL, 1],
      ['RTM_NEWROUTE', base | NLM_F_REPLACE, 2],
      ['RTM_DELROUTE', base, 3],
    ])
    expect(added.messages[0]?.portid).toBe(added.messages[1]?.portid)
    expect(added.types).toEqual(['RTM_NEWROUTE', 'NLMSG_ERROR'])
  })

  it('NLM_F_ECHO: one copy, and the multicast one for a member', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const echoed = await talk.route('RTM_NEWROUTE', CREATE | NLM_F_ECHO, at, { dst, gateway: gw })
    expect(echoed.types).toEqual(['RTM_NEWROUTE', 'NLMSG_ERROR'])
    const member = await lab.talk({ groups: [RTNLGRP.RTNLGRP_IPV4_ROUTE] })
    const both = await member.route('RTM_DELROUTE', ACK | NLM_F_ECHO, at, { dst })
    expect(both.types.toSorted()).toEqual(['NLMSG_ERROR', 'RTM_DELROUTE', 'RTM_DELROUTE'])
    expect(both.types.at(-1)).toBe('NLMSG_ERROR')
  })

  it('a refused request announces nothing', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk({ groups: [RTNLGRP.RTNLGRP_IPV4_ROUTE] })
    const answer = await talk.route('RTM_NEWROUTE', CREATE | NLM_F_ECHO, at, { dst, gateway: ip('10.9.9.9') })
    expect(answer.types).toEqual(['NLMSG_ERROR'])
  })
})

describe('routes: dumps (11)', () => {
  it('by fib, family, prefix; RT_TABLE_UNSPEC means all fibs, absent means fib 0 (R-RT-2)', async () => {
    await using lab = await createAddressedLab({ fibs: 3 })
    const talk = await lab.talk()
    await talk.route('RTM_NEWROUTE', CREATE, at, { dst, gateway: gw, table: 2 })
    const shown = async (attrs: RouteBody['attrs']): Promise<readonly (number | undefined)[]> => {
      const { routes } = await talk.route('RTM_GETROUTE', DUMP, { family: AF_INET }, attrs)
      return routes.map(({ attrs: { table } }) => table)
    }
    expect(await shown({})).toEqual([0, 0, 0])
    expect(await shown({ table: ALL_TABLES })).toEqual([0, 0, 0, 2])
    expect(await shown({ table: 2 })).toEqual([2])
    expect(await shown({ table: 1 })).toEqual([])
    expect((await talk.route('RTM_GETROUTE', DUMP, {}, { table: 3 })).result).toBe('EINVAL')
  })

  it('says when a filter was applied (R-RT-18)', async () => {
    await using lab = await createAddressedLab()
    const talk = await lab.talk()
    const filtered = async (attrs: RouteBody['attrs']): Promise<boolean> =>
      (await talk.route('RTM_GETROUTE', DUMP, { family: 0 }, attrs)).messages.every(
        ({ flags }) => (flags & NLM_F_DUMP_FILTERED) !== 0,
      )
    expect(await filtered({})).toBe(false)
    expect(await filtered({ table: 0 })).toBe(true)
    expect(await filtered({ oif: lab.if1 })).toBe(true)
  })

  it('is marked as interrupted by a change between two parts (R-RT-11), and shows nothing twice', async () => {
    await using lab = await createAddressedLab()
    for (let i = 0; i < 3000; i++) {
      await lab.route.route.add({ dst: `10.${i >> 8}.${i & 255}.0/24`, gateway: '192.0.2.9' })
    }
    const dump = lab.route.route.dump({ family: 'inet' })
    const seen = new Set<string>()
    let changed = false
    for await (const route of dump) {
      expect(seen.has(route.dst)).toBe(false)
      seen.add(route.dst)
      if (changed || seen.size < 10) continue
      changed = true
      await using second = await lab.kernel.spawn()
      const talk = await (await import('@nltool/nl-route')).openRoute(second)
      await talk.route.delete({ dst: '10.11.0.0/24' })
      await talk.close()
    }
    expect(dump.end?.consistent).toBe(false)
    expect(NLM_F_DUMP_INTR).toBe(0x10)
    expect(seen.size).toBeGreaterThanOrEqual(3000)
  })
})
