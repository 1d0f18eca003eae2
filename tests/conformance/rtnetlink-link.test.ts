import { restoreKernel } from '@nltool/kernel'
import {
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP_FILTERED,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_MULTI,
  NLM_F_REPLACE,
} from '@nltool/nl-core'
import { attributeSet, body, nulString, struct, u32 } from '@nltool/nl-core/wire'
import { IF_OPER, IFF, IFT, openRoute, RTNLGRP, vlanAttrs } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { ACK, CREATE, createLab, DUMP } from './rtnetlink-lab.ts'

const cookieBody = body(
  struct('cookie', {}),
  attributeSet({ IFLA_NEW_IFINDEX: [49, 'newIfindex', u32], IFLA_IFNAME: [3, 'ifname', nulString()] }),
)
const lo = { linkinfo: { kind: 'lo' } }

describe('FreeBSD test_rtnl_iface.py', () => {
  it('get by name, absent: ENODEV', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    expect((await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo10' })).result).toBe('ENODEV')
  })

  it('get by index, absent: ENODEV', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    expect((await talk.link('RTM_GETLINK', 0, { ifindex: 2147483647 })).result).toBe('ENODEV')
  })

  it('create loopback: acknowledged, then found by name', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    expect((await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'lo10', ...lo })).result).toBe('ok')
    const { links } = await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo10' })
    expect(links[0]).toMatchObject({
      header: { type: IFT.IFT_LOOP },
      attrs: { ifname: 'lo10', linkinfo: { kind: 'lo' } },
    })
  })

  it('create answers a cookie with name and index', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const { extAck } = await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'lo10', ...lo })
    const cookie = cookieBody.decode(extAck.cookie ?? new Uint8Array(), 'freebsd').attrs
    expect(cookie.ifname).toBe('lo10')
    const { links } = await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo10' })
    expect(cookie.newIfindex).toBe(links[0]?.header.ifindex)
  })

  it('create with attributes: GETLINK shows both', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const wanted = { ifalias: 'test description', mtu: 1024 }
    await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'lo10', ...lo, ...wanted })
    const { links } = await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo10' })
    expect(links[0]?.attrs).toMatchObject(wanted)
  })

  it('modify without CREATE: GETLINK shows both', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'lo10', ...lo })
    const wanted = { ifalias: 'test description', mtu: 1024 }
    expect((await talk.link('RTM_NEWLINK', ACK, {}, { ifname: 'lo10', ...wanted })).result).toBe('ok')
    const { links } = await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo10' })
    expect(links[0]?.attrs).toMatchObject(wanted)
  })

  it('delete: GETLINK by that index is ENODEV afterwards', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'lo10', ...lo })
    const { links } = await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo10' })
    const ifindex = links[0]?.header.ifindex ?? 0
    expect((await talk.link('RTM_DELLINK', ACK, { ifindex })).result).toBe('ok')
    expect((await talk.link('RTM_GETLINK', 0, { ifindex })).result).toBe('ENODEV')
  })

  it('dump many: without selector and DUMP flag, multipart, exactly the interfaces present', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const names = ['lo0', 'epair0a', 'epair0b']
    for (let unit = 1; unit <= 40; unit++) {
      await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: `lo${unit}`, ...lo })
      names.push(`lo${unit}`)
      const answer = await talk.link('RTM_GETLINK', 0)
      expect(answer.links.map(({ attrs }) => attrs.ifname)).toEqual(names)
      expect(answer.types.at(-1)).toBe('NLMSG_DONE')
      expect(answer.messages.slice(0, -1).every(({ flags }) => (flags & NLM_F_MULTI) !== 0)).toBe(true)
    }
  })
})

const vlanBody = body(struct('vlan', {}), vlanAttrs)
const vlan = (attrs: Parameters<typeof vlanBody.encode>[0]['attrs']) => ({
  linkinfo: { kind: 'vlan', data: vlanBody.encode({ header: {}, attrs }, 'freebsd') },
})

describe('vlan', () => {
  it('create vlan: an interface with the tag on its parent', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const attrs = { ifname: 'vlan22', link: lab.if1, ...vlan({ id: 22 }) }
    expect((await talk.link('RTM_NEWLINK', CREATE, { ifindex: lab.if1 }, attrs)).result).toBe('ok')
    const made = await lab.route.link.get('vlan22')
    expect(made).toMatchObject({
      kind: 'vlan',
      link: lab.if1,
      vlan: { id: 22, protocol: 0x8100 },
      type: IFT.IFT_L2VLAN,
    })
    expect(made.address).toBe((await lab.route.link.get('epair0a')).address)
  })

  it.each([
    ['no INFO_DATA', 2, { linkinfo: { kind: 'vlan' } }, 'EOPNOTSUPP', 'vlan id is required, guessing not supported'],
    ['id absent', 2, vlan({}), 'EINVAL', 'Invalid VID: 65278'],
    ['id > 4095', 2, vlan({ id: 4096 }), 'EINVAL', 'Invalid VID: 4096'],
    ['protocol', 2, vlan({ id: 2, protocol: 0x0800 }), 'EOPNOTSUPP', 'Unsupported ethertype: 0x0800'],
    ['parent index unknown', 99, vlan({ id: 2 }), 'ENOENT', undefined],
    ['id 0', 2, vlan({ id: 0 }), 'EINVAL', undefined],
    ['id 4095', 2, vlan({ id: 4095 }), 'EINVAL', undefined],
    ['id in use', 2, vlan({ id: 7 }), 'EEXIST', undefined],
    ['parent type', 1, vlan({ id: 2 }), 'EPROTONOSUPPORT', undefined],
  ] as const)('%s', async (_title, ifindex, info, result, text) => {
    await using lab = await createLab()
    await lab.route.link.create({ kind: 'vlan', name: 'vlan7', vlanId: 7, link: 'epair0a' })
    const answer = await (await lab.talk()).link('RTM_NEWLINK', CREATE, { ifindex }, { ifname: 'vlan8', ...info })
    expect(answer.result).toBe(result)
    if (text !== undefined) expect(answer.text).toBe(text)
    await expect(lab.route.link.get('vlan8')).rejects.toThrow('interface vlan8 does not exist')
  })

  it('has the link of its parent and none once that has gone', async () => {
    await using lab = await createLab()
    await lab.route.link.create({ kind: 'vlan', name: 'vlan7', vlanId: 7, link: 'epair0a', up: true })
    for (const ifname of ['epair0a', 'epair0b']) await lab.route.link.set({ ifname, up: true })
    await lab.kernel.settle()
    expect(await lab.route.link.get('vlan7')).toMatchObject({ carrier: true, operstate: 'up' })
    await lab.route.link.delete('epair0a')
    await lab.kernel.settle()
    const orphan = await lab.route.link.get('vlan7')
    expect(orphan).toMatchObject({ carrier: false, operstate: 'down' })
    expect(orphan).not.toHaveProperty('vlan')
    await lab.route.link.delete('vlan7')
  })

  it('is there again after save and restore', async () => {
    await using lab = await createLab()
    await lab.route.link.create({ kind: 'vlan', name: 'vlan7', vlanId: 7, link: 'epair0b' })
    const before = await lab.route.link.get('vlan7')
    await using again = restoreKernel(lab.kernel.save())
    await using route = await openRoute(again.spawn())
    expect(await route.link.get('vlan7')).toEqual(before)
  })
})

describe('links: CREATE, EXCL, REPLACE (3.1)', () => {
  it.each([
    ['absent, none, by index', 0, { ifindex: 99 }, {}, 'ENOENT', 'unable to find interface #99'],
    ['absent, none, by name', 0, {}, { ifname: 'lo9' }, 'ENOENT', 'unable to find interface lo9'],
    ['absent, REPLACE', NLM_F_REPLACE, {}, { ifname: 'lo9' }, 'ENOENT', 'unable to find interface lo9'],
    ['present, CREATE|EXCL', NLM_F_CREATE | NLM_F_EXCL, {}, { ifname: 'lo0', ...lo }, 'EEXIST', undefined],
    ['present, CREATE', NLM_F_CREATE, {}, { ifname: 'lo0', ...lo }, 'EEXIST', undefined],
    ['present, REPLACE', NLM_F_REPLACE, {}, { ifname: 'lo0', mtu: 2000 }, 'ok', undefined],
    ['present, none', 0, {}, { ifname: 'lo0', mtu: 2000 }, 'ok', undefined],
    ['no index, no name', 0, {}, {}, 'EPERM', 'empty ifi_index field'],
  ] as const)('%s', async (_title, flags, header, attrs, result, text) => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const answer = await talk.link('RTM_NEWLINK', flags | NLM_F_ACK, header, attrs)
    expect(answer.result).toBe(result)
    if (text !== undefined) expect(answer.text).toBe(text)
  })
})

describe('links: checks and their errors (4.2)', () => {
  it.each([
    ['create: IFNAME missing', CREATE, {}, lo, 'EINVAL', 'empty IFLA_IFNAME attribute'],
    ['create: kind missing', CREATE, {}, { ifname: 'lo9' }, 'EINVAL', 'empty IFLA_INFO_KIND attribute'],
    ['create: no cloner', CREATE, {}, { ifname: 'nokind0', linkinfo: { kind: 'nokind' } }, 'EINVAL', undefined],
    ['unit with leading zero', CREATE, {}, { ifname: 'lo01', ...lo }, 'EINVAL', undefined],
    ['unit too large', CREATE, {}, { ifname: 'lo32768', ...lo }, 'ENOSPC', undefined],
    ['name with a slash', CREATE, {}, { ifname: 'lo/1', ...lo }, 'EINVAL', undefined],
    ['mtu too small', ACK, {}, { ifname: 'lo0', mtu: 71 }, 'EINVAL', undefined],
    ['mtu too large', ACK, {}, { ifname: 'lo0', mtu: 65536 }, 'EINVAL', undefined],
    ['lladdr of wrong length', ACK, {}, { ifname: 'epair0a', address: Uint8Array.of(2, 0, 0) }, 'EINVAL', undefined],
    ['lladdr multicast', ACK, {}, { ifname: 'epair0a', address: Uint8Array.of(1, 0, 0, 0, 0, 1) }, 'EINVAL', undefined],
  ] as const)('%s', async (_title, flags, header, attrs, result, text) => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const answer = await talk.link('RTM_NEWLINK', flags, header, attrs)
    expect(answer.result).toBe(result)
    if (text !== undefined) expect(answer.text).toBe(text)
  })

  it('DELLINK absent: ENOENT; no selector: ENOENT; not cloned or needed: EINVAL', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    expect((await talk.link('RTM_DELLINK', ACK, { ifindex: 99 })).result).toBe('ENOENT')
    expect((await talk.link('RTM_DELLINK', ACK)).result).toBe('ENOENT')
    expect((await talk.link('RTM_DELLINK', ACK, { ifindex: 1 })).result).toBe('EINVAL')
  })

  it('GET strict with type, flags or change: EINVAL', async () => {
    await using lab = await createLab()
    const talk = await lab.talk({ strict: true })
    const { result, text } = await talk.link('RTM_GETLINK', DUMP, { change: 1 })
    expect([result, text]).toEqual(['EINVAL', 'strict checking: non-zero values in ifinfomsg header'])
  })

  it('SETLINK on a native socket: unknown message type (R-RT-1)', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const { result, text } = await talk.link('RTM_SETLINK', ACK, { ifindex: 1 })
    expect([result, text]).toEqual(['EOPNOTSUPP', 'unknown message type: 19'])
  })

  it.each([
    ['RTM_NEWLINK', CREATE],
    ['RTM_DELLINK', ACK],
  ] as const)('%s without privilege: EPERM', async (type, flags) => {
    await using lab = await createLab()
    const talk = await lab.talk({ uid: 1001 })
    expect((await talk.link(type, flags, {}, { ifname: 'lo10', ...lo })).result).toBe('EPERM')
    expect((await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo0' })).result).toBe('none')
  })
})

describe('links: all or nothing (R-RT-12)', () => {
  it('destroys a created interface again when an attribute fails', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const answer = await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'lo10', ...lo, mtu: 9, ifalias: 'x' })
    expect(answer.result).toBe('EINVAL')
    expect((await talk.link('RTM_GETLINK', 0, {}, { ifname: 'lo10' })).result).toBe('ENODEV')
    expect((await talk.link('RTM_NEWLINK', CREATE, {}, { ifname: 'lo10', ...lo })).result).toBe('ok')
  })

  it('changes nothing when one of several attributes fails', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const before = await lab.route.link.get('epair0a')
    const attrs = { ifname: 'epair0a', ifalias: 'x', mtu: 65536, nltool: { metric: 7 } }
    expect((await talk.link('RTM_NEWLINK', ACK, { flags: IFF.IFF_UP, change: IFF.IFF_UP }, attrs)).result).toBe(
      'EINVAL',
    )
    expect(await lab.route.link.get('epair0a')).toEqual(before)
  })

  it('takes back what it did when a later step is refused', async () => {
    await using lab = await createLab()
    const talk = await lab.talk()
    const attrs = { ifname: 'epair0a', ifalias: 'x', nltool: { groupJoin: ['blue', 'blue'] } }
    expect((await talk.link('RTM_NEWLINK', ACK, {}, attrs)).result).toBe('EEXIST')
    expect(await lab.route.link.get('epair0a')).toMatchObject({ groups: ['all', 'epair'] })
    expect(await lab.route.link.get('epair0a')).not.toHaveProperty('ifalias')
  })
})

describe('links: operational state (6.4)', () => {
  it('an epair is up when both ends are', async () => {
    await using lab = await createLab()
    await lab.route.link.set({ ifname: 'epair0a', up: true })
    await lab.kernel.settle()
    expect(await lab.route.link.get('epair0a')).toMatchObject({ up: true, operstate: 'down', carrier: false })
    await lab.route.link.set({ ifname: 'epair0b', up: true })
    await lab.kernel.settle()
    for (const end of ['epair0a', 'epair0b']) {
      const link = await lab.route.link.get(end)
      expect(link).toMatchObject({ operstate: 'up', carrier: true })
      expect(link.flags & IFF.IFF_LOWER_UP).not.toBe(0)
    }
  })

  it('lo0 is up and running at boot', async () => {
    await using lab = await createLab()
    const { links } = await (await lab.talk()).link('RTM_GETLINK', 0, {}, { ifname: 'lo0' })
    expect(links[0]?.attrs).toMatchObject({ operstate: IF_OPER.IF_OPER_UP, mtu: 16384 })
    expect(links[0]?.attrs.address).toBeUndefined()
  })
})

describe('links: project attributes', () => {
  it('renames an interface found by index', async () => {
    await using lab = await createLab()
    await lab.route.link.set({ ifname: 'epair0a', rename: 'wan' })
    expect(await lab.route.link.get('wan')).toMatchObject({ ifindex: lab.if1 })
    await expect(lab.route.link.set({ ifname: 'wan', rename: 'epair0b' })).rejects.toThrow('EEXIST')
  })

  it('joins and leaves groups, sets metric and fib', async () => {
    await using lab = await createLab({ fibs: 2 })
    await lab.route.link.set({ ifname: 'epair0a', groups: { join: ['blue', 'red'] }, metric: 3, fib: 1 })
    await lab.route.link.set({ ifname: 'epair0a', groups: { leave: ['red'] } })
    expect(await lab.route.link.get('epair0a')).toMatchObject({ groups: ['all', 'epair', 'blue'], metric: 3, fib: 1 })
    await expect(lab.route.link.set({ ifname: 'epair0a', fib: 2 })).rejects.toThrow('invalid fib')
  })
})

describe('links: notifications (10.1, 10.3)', () => {
  it('attach, flags, rename and detach', async () => {
    await using lab = await createLab()
    const listener = await lab.talk({ groups: [RTNLGRP.RTNLGRP_LINK] })
    await lab.route.link.create({ kind: 'lo', name: 'lo7' })
    await lab.route.link.set({ ifname: 'lo7', up: true })
    await lab.kernel.settle()
    await lab.route.link.set({ ifname: 'lo7', rename: 'loop' })
    await lab.route.link.delete('loop')
    const { messages, types, links } = await listener.heard()
    expect(messages.every(({ seq, portid, flags }) => seq === 0 && portid === 0 && flags === 0)).toBe(true)
    const told = links.map(({ header, attrs }, at) => [types[at], attrs.ifname, header.change])
    expect(told).toEqual([
      ['RTM_NEWLINK', 'lo7', 0], // attached
      ['RTM_NEWLINK', 'lo7', IFF.IFF_UP],
      ['RTM_NEWLINK', 'lo7', 0], // link state
      ['RTM_DELLINK', 'lo7', 0], // renamed
      ['RTM_NEWLINK', 'loop', 0],
      ['RTM_NEWLINK', 'loop', IFF.IFF_UP], // going down
      ['RTM_DELLINK', 'loop', 0],
    ])
  })

  it('queues the arrival ahead of the acknowledgement, and echoes once', async () => {
    await using lab = await createLab()
    const talk = await lab.talk({ groups: [RTNLGRP.RTNLGRP_LINK] })
    const { types, links } = await talk.link(
      'RTM_NEWLINK',
      CREATE | NLM_F_ECHO,
      {},
      { ifname: 'epair', linkinfo: { kind: 'epair' } },
    )
    expect(types).toEqual(['RTM_NEWLINK', 'RTM_NEWLINK', 'RTM_NEWLINK', 'NLMSG_ERROR'])
    expect(links.map(({ attrs }) => attrs.ifname)).toEqual(['epair1a', 'epair1b', 'epair1a'])
  })
})

describe('links: dumps (11)', () => {
  it.each([
    ['ifi_index', { ifindex: 1 }, {}, ['lo0']],
    ['ifi_type', { type: IFT.IFT_ETHER }, {}, ['epair0a', 'epair0b']],
    ['IFNAME', {}, { ifname: 'epair0b' }, ['epair0b']],
    ['IFNAME of nobody', {}, { ifname: 'nobody' }, []],
  ] as const)('filters by %s and says so (R-RT-18)', async (_title, header, attrs, names) => {
    await using lab = await createLab()
    const answer = await (await lab.talk()).link('RTM_GETLINK', DUMP, header, attrs)
    expect(answer.links.map(link => link.attrs.ifname)).toEqual(names)
    expect(answer.result).toBe('ok')
    expect(answer.messages.every(({ flags }) => (flags & NLM_F_DUMP_FILTERED) !== 0)).toBe(true)
  })

  it('does not say so without a filter', async () => {
    await using lab = await createLab()
    const answer = await (await lab.talk()).link('RTM_GETLINK', DUMP)
    expect(answer.messages.some(({ flags }) => (flags & NLM_F_DUMP_FILTERED) !== 0)).toBe(false)
  })
})
