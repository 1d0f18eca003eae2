import { linuxSockets } from '@nltool/nl-core/kernel'
import { type Abi, rootCred, userCred, type VnetId } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import {
  bareCtx,
  codeOf,
  createWorld,
  drain,
  ITEM_GET,
  ITEM_GROUP,
  itemBody,
  itemOf,
  received,
  request,
  SOL_NETLINK,
} from './fixture.ts'

const names = {
  1: 'ADD_MEMBERSHIP',
  2: 'DROP_MEMBERSHIP',
  3: 'PKTINFO',
  4: 'BROADCAST_ERROR',
  5: 'NO_ENOBUFS',
  6: 'RX_RING',
  7: 'TX_RING',
  8: 'LISTEN_ALL_NSID',
  9: 'LIST_MEMBERSHIPS',
  10: 'CAP_ACK',
  11: 'EXT_ACK',
  12: 'GET_STRICT_CHK',
  13: 'other',
  257: 'MSG_INFO',
  258: 'SND_SYNC',
} as const

const ok = 'no error'
const no = 'ENOPROTOOPT'

/** NS 3.1, columns FreeBSD set, FreeBSD get, Linux-ABI set, Linux-ABI get. */
const table: readonly (readonly [number: keyof typeof names, string, string, string, string])[] = [
  [1, ok, no, ok, no],
  [2, ok, no, ok, no],
  [3, no, no, ok, ok],
  [4, no, no, ok, ok],
  [5, no, no, ok, ok],
  [6, no, no, no, no],
  [7, no, no, no, no],
  [8, no, no, ok, ok],
  [9, no, ok, no, ok],
  [10, ok, ok, ok, ok],
  [11, ok, ok, ok, ok],
  [12, ok, ok, ok, ok],
  [13, no, no, no, no],
  [257, ok, ok, 'EINVAL', 'EINVAL'],
  [258, ok, ok, 'EINVAL', 'EINVAL'],
]

describe('NS 3.1 options', () => {
  it.each(table)('%i: FreeBSD set %s, get %s; Linux set %s, get %s', (option, bsdSet, bsdGet, linuxSet, linuxGet) => {
    const world = createWorld()
    const bsd = world.open()
    const linux = world.open({ abi: 'linux' })
    expect(codeOf(() => bsd.setsockopt(SOL_NETLINK, option, 1))).toBe(bsdSet)
    expect(codeOf(() => bsd.getsockopt(SOL_NETLINK, option))).toBe(bsdGet)
    expect(codeOf(() => linux.setsockopt(SOL_NETLINK, option, 1))).toBe(linuxSet)
    expect(codeOf(() => linux.getsockopt(SOL_NETLINK, option))).toBe(linuxGet)
    if (bsdSet === ok && bsdGet === ok) expect(bsd.getsockopt(SOL_NETLINK, option).value).toBe(1)
    if (linuxSet === ok && linuxGet === ok) expect(linux.getsockopt(SOL_NETLINK, option).value).toBe(1)
  })

  it.each([257, 258])('%i on a Linux kernel: ENOPROTOOPT', option => {
    const socket = createWorld({ personality: linuxSockets }).open({ abi: 'linux' })
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, option, 1))).toBe('ENOPROTOOPT')
    expect(codeOf(() => socket.getsockopt(SOL_NETLINK, option))).toBe('ENOPROTOOPT')
  })

  it('LISTEN_ALL_NSID needs a privilege: EPERM', () => {
    const socket = createWorld().open({ abi: 'linux', cred: userCred(1001) })
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, 8, 1))).toBe('EPERM')
  })

  it('LIST_MEMBERSHIPS: one int of groups 1..32 on FreeBSD; words of all groups and the full length on Linux', () => {
    const world = createWorld()
    for (const abi of ['freebsd', 'linux'] as const) {
      const socket = world.open({ abi })
      for (const group of [1, 32, 33, 40]) socket.setsockopt(SOL_NETLINK, 1, group)
      const got = socket.getsockopt(SOL_NETLINK, 9, 4)
      expect([...got.bytes]).toEqual([1, 0, 0, 0x80])
      expect(got.length).toBe(abi === 'linux' ? 8 : 4)
      if (abi === 'linux')
        expect([...socket.getsockopt(SOL_NETLINK, 9, 64).bytes]).toEqual([1, 0, 0, 0x80, 0x81, 0, 0, 0])
      if (abi === 'linux') expect(socket.getsockopt(SOL_NETLINK, 9, 0)).toMatchObject({ length: 8 })
    }
  })
})

describe('NS 3.2 argument handling', () => {
  it('option value shorter than 4 bytes on set: EINVAL on FreeBSD, taken as 0 on Linux', () => {
    const world = createWorld()
    const bsd = world.open()
    const linux = world.open({ abi: 'linux' })
    linux.setsockopt(SOL_NETLINK, 10, 1)
    expect(codeOf(() => bsd.setsockopt(SOL_NETLINK, 10, Uint8Array.of(1, 0, 0)))).toBe('EINVAL')
    expect(codeOf(() => linux.setsockopt(SOL_NETLINK, 10, Uint8Array.of(1, 0, 0)))).toBe(ok)
    expect(linux.getsockopt(SOL_NETLINK, 10).value).toBe(0)
    expect(codeOf(() => linux.setsockopt(SOL_NETLINK, 1, Uint8Array.of(1)))).toBe('EINVAL')
  })

  it('bool: non-zero is on', () => {
    const socket = createWorld().open()
    socket.setsockopt(SOL_NETLINK, 10, -5)
    expect(socket.getsockopt(SOL_NETLINK, 10)).toEqual({ bytes: Uint8Array.of(1, 0, 0, 0), length: 4, value: 1 })
  })

  it.each([
    ['freebsd', [10, 11, 12, 257, 258]],
    ['linux', [3, 4, 5, 8, 10, 11, 12]],
  ] as const)('bool: 0 is off again (%s)', (abi, options) => {
    const socket = createWorld().open({ abi })
    for (const option of options) {
      for (const value of [1, 0]) {
        socket.setsockopt(SOL_NETLINK, option, value)
        expect(socket.getsockopt(SOL_NETLINK, option).value, `option ${option}`).toBe(value)
      }
    }
  })

  it('get with short buffer: what fits on FreeBSD, EINVAL on Linux', () => {
    const world = createWorld()
    expect(world.open().getsockopt(SOL_NETLINK, 10, 2).bytes).toHaveLength(2)
    expect(codeOf(() => world.open({ abi: 'linux' }).getsockopt(SOL_NETLINK, 10, 3))).toBe('EINVAL')
  })

  it.each(['freebsd', 'linux'] as const)('level check: ENOPROTOOPT for other levels (%s)', abi => {
    const socket = createWorld().open({ abi })
    expect(codeOf(() => socket.setsockopt(6, 10, 1))).toBe('ENOPROTOOPT')
    expect(codeOf(() => socket.getsockopt(6, 10))).toBe('ENOPROTOOPT')
    expect(codeOf(() => socket.setsockopt(abi === 'linux' ? 1 : 0xffff, 999, 1))).toBe('ENOPROTOOPT')
  })
})

describe('NS 3.3 effects', () => {
  it('MSG_INFO: one cmsg of level 270, type 257, two attributes, for every recvmsg with a control buffer', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 257, 1)
    socket.send(request(ITEM_GET, { item: itemOf(9) }))
    await world.settle()
    expect(received(socket.recv(8, 2)).control).toEqual([])
    const { control } = received(socket.recv(8, 2, { control: true }))
    expect(control).toEqual([
      { level: 270, type: 257, data: Uint8Array.of(8, 0, 1, 0, 100, 0, 0, 0, 8, 0, 2, 0, 0, 0, 0, 0) },
    ])
  })

  it('MSG_INFO: reports the originator of a notification, else the receiver itself', async () => {
    const world = createWorld()
    const listener = world.open({ pid: 55 })
    listener.bind({ portid: 900, groups: 1 << (ITEM_GROUP - 1) })
    listener.setsockopt(SOL_NETLINK, 257, 1)
    const sender = world.open({ pid: 66 })
    sender.bind({ portid: 901, groups: 0 })
    sender.send(request(16, { item: itemOf(1) }))
    await world.settle()
    world.notify(2)
    expect(infoOf(received(listener.recv(44, 0, { control: true })).control[0]?.data)).toEqual([66, 901])
    expect(infoOf(received(listener.recv(44, 0, { control: true })).control[0]?.data)).toEqual([55, 900])
  })

  it('PKTINFO: the group of a multicast, 0 for unicast', () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    socket.setsockopt(SOL_NETLINK, 3, 1)
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    world.notify(1)
    socket.send(request(ITEM_GET, { item: itemOf(9), abi: 'linux' }))
    const cmsg = () => received(socket.recv(100, 0, { control: true })).control[0]
    expect(cmsg()).toEqual({ level: 270, type: 3, data: Uint8Array.of(ITEM_GROUP, 0, 0, 0) })
    expect(cmsg()).toEqual({ level: 270, type: 3, data: Uint8Array.of(0, 0, 0, 0) })
  })

  it('LISTEN_ALL_NSID: multicasts of network stacks that have an id here, with that id', () => {
    const world = createWorld({ nsidOf: (_listener, emitter) => (emitter === 1 ? 17 : undefined) })
    const socket = world.open({ abi: 'linux' })
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    world.notify(1, { vnet: 1 as VnetId })
    expect(socket.fionread).toBe(0)
    socket.setsockopt(SOL_NETLINK, 8, 1)
    world.notify(2, { vnet: 1 as VnetId })
    world.notify(3, { vnet: 2 as VnetId })
    const { control } = received(socket.recv(100, 0, { control: true }))
    expect(control).toEqual([{ level: 270, type: 8, data: Uint8Array.of(17, 0, 0, 0) }])
    expect(socket.fionread).toBe(0)
  })
})

describe('NS 9.3 scope of LISTEN_ALL_NSID', () => {
  it('the own protocol, joined groups, what the credential passes, and nothing once it is off', () => {
    const world = createWorld({ nsidOf: () => 17 })
    const vnet = 1 as VnetId
    const socket = world.open({ abi: 'linux', cred: { uid: 1, privileges: new Set(['net-admin']), ownVnet: true } })
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    socket.setsockopt(SOL_NETLINK, 8, 1)
    const base = { vnet, protocol: 0, group: ITEM_GROUP, type: 16, schema: itemBody, body: itemOf(1) }
    const heard = (change: { protocol?: number; group?: number; priv?: 'net-route' }) => {
      world.netlink.notify(bareCtx(world, vnet), { ...base, ...change })
      return drain(socket).length
    }
    expect(heard({})).toBe(1)
    expect(heard({ protocol: 16 })).toBe(0)
    expect(heard({ group: 8 })).toBe(0)
    expect(heard({ priv: 'net-route' })).toBe(0)
    socket.setsockopt(SOL_NETLINK, 8, 0)
    expect(heard({})).toBe(0)
    socket.setsockopt(SOL_NETLINK, 8, 1)
    void socket.close()
    expect(world.netlink.hasListeners(vnet, 0, ITEM_GROUP)).toBe(false)
  })
})

describe('NS 3.5 buffer sizes and sysctls', () => {
  const levels = { freebsd: [0xffff, 0x1001, 0x1002], linux: [1, 7, 8] } as const
  const sizes = (abi: Abi) => {
    const [level, send, receive] = levels[abi]
    const world = createWorld()
    const socket = world.open({ abi })
    return {
      world,
      socket,
      send: (value: number) => socket.setsockopt(level, send, value),
      receive: (value: number) => socket.setsockopt(level, receive, value),
      get: () => [socket.getsockopt(level, send).value, socket.getsockopt(level, receive).value],
    }
  }

  it('default send / receive', () => {
    expect(sizes('freebsd').get()).toEqual([65536, 65536])
    expect(sizes('linux').get()).toEqual([212992, 212992])
  })

  it('defaults follow the sysctls', () => {
    const world = createWorld({ sysctl: { 'net.netlink.sendspace': 1000, 'net.netlink.recvspace': 2000 } })
    expect(world.open().getsockopt(0xffff, 0x1001).value).toBe(1000)
    expect(world.open().getsockopt(0xffff, 0x1002).value).toBe(2000)
  })

  it('SO_SNDBUF: ≤ 0 is EINVAL, above the adjusted maximum ENOBUFS', () => {
    const { send, get } = sizes('freebsd')
    expect(codeOf(() => send(0))).toBe('EINVAL')
    expect(codeOf(() => send(-1))).toBe('EINVAL')
    expect(codeOf(() => send(1864136))).toBe('ENOBUFS')
    send(1864135)
    expect(get()[0]).toBe(1864135)
  })

  it('SO_RCVBUF: above the system maximum needs PRIV_NET_ROUTE, else EPERM; above nl_maxsockbuf ENOBUFS', () => {
    const { world, receive, get } = sizes('freebsd')
    for (const value of [0, -1]) expect(codeOf(() => receive(value))).toBe('EINVAL')
    receive(1864136)
    expect(get()[1]).toBe(1864136)
    expect(codeOf(() => receive(536870913))).toBe('ENOBUFS')
    const user = world.open({ cred: userCred(1) })
    expect(codeOf(() => user.setsockopt(0xffff, 0x1002, 1864136))).toBe('EPERM')
    expect(codeOf(() => user.setsockopt(0xffff, 0x1002, 1864135))).toBe(ok)
  })

  it('Linux: doubled, clamped; the FORCE variants need CAP_NET_ADMIN', () => {
    const { socket, world, send, receive, get } = sizes('linux')
    send(10000)
    receive(10000)
    expect(get()).toEqual([20000, 20000])
    receive(10_000_000)
    send(1)
    expect(get()).toEqual([4608, 425984])
    socket.setsockopt(1, 33, 10_000_000)
    expect(get()[1]).toBe(20_000_000)
    const user = world.open({ abi: 'linux', cred: userCred(1) })
    expect(codeOf(() => user.setsockopt(1, 33, 10_000_000))).toBe('EPERM')
  })

  it('net.netlink.nl_maxsockbuf below 2304: EINVAL', () => {
    const { sysctl } = createWorld().netlink
    expect(sysctl.get('net.netlink.nl_maxsockbuf')).toBe(536870912)
    expect(codeOf(() => sysctl.set('net.netlink.nl_maxsockbuf', 2303))).toBe('EINVAL')
    sysctl.set('net.netlink.nl_maxsockbuf', 2304)
    expect(codeOf(() => sysctl.set('net.netlink.nope' as 'net.netlink.recvspace', 1))).toBe('ENOENT')
    expect(codeOf(() => sysctl.get('toString' as 'net.netlink.recvspace'))).toBe('ENOENT')
    expect(sysctl.get('net.netlink.nl_maxsockbuf')).toBe(2304)
  })

  it('largest datagram: hiwat of the send buffer on FreeBSD, 32 bytes less on Linux', () => {
    const bsd = sizes('freebsd')
    expect(codeOf(() => bsd.socket.send(new Uint8Array(65537)))).toBe('EMSGSIZE')
    expect(bsd.socket.send(new Uint8Array(65536))).toBe(65536)
    const linux = sizes('linux')
    expect(codeOf(() => linux.socket.send(new Uint8Array(212961)))).toBe('EMSGSIZE')
    expect(linux.socket.send(new Uint8Array(212960))).toBe(212960)
  })
})

describe('options of level SOL_SOCKET', () => {
  it.each([
    ['freebsd', 0xffff, { type: 0x1008, protocol: 0x1016, domain: 0x1019, error: 0x1007, family: 38 }],
    ['linux', 1, { type: 3, protocol: 38, domain: 39, error: 4, family: 16 }],
  ] as const)('say what the socket is (%s)', (abi, level, option) => {
    const socket = createWorld().open({ abi, type: 2, cred: rootCred })
    const get = (name: number) => socket.getsockopt(level, name).value
    expect([get(option.type), get(option.protocol), get(option.domain), get(option.error)]).toEqual([
      2,
      0,
      option.family,
      0,
    ])
    expect(codeOf(() => socket.setsockopt(level, option.type, 3))).toBe('ENOPROTOOPT')
  })

  it.each([
    ['freebsd', 0xffff, 0x1006],
    ['linux', 1, 20],
  ] as const)('SO_RCVTIMEO is a timeval; a recv that waits longer fails with EAGAIN (%s)', async (abi, level, name) => {
    const world = createWorld()
    const socket = world.open({ abi })
    const timeval = new Uint8Array(16)
    new DataView(timeval.buffer).setBigInt64(0, 1n, true)
    new DataView(timeval.buffer).setBigInt64(8, 500000n, true)
    socket.setsockopt(level, name, timeval)
    expect(socket.getsockopt(level, name).value).toBe(1500)
    expect(socket.getsockopt(level, name).bytes).toEqual(timeval)
    const outcome = Promise.allSettled([socket.recv(100)])
    world.scheduler.advance(1499)
    await world.settle()
    world.scheduler.advance(1)
    expect(await outcome).toMatchObject([{ reason: { code: 'EAGAIN' } }])
    expect(drain(socket)).toEqual([])
  })
})

function infoOf(data: Uint8Array | undefined): number[] {
  const view = new DataView(data?.buffer ?? new ArrayBuffer(16))
  return [view.getUint32(4, true), view.getUint32(12, true)]
}
