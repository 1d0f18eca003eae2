import { NetlinkError } from '@nltool/nl-core/errno'
import { freebsdSockets, linuxSockets, type SocketPersonality } from '@nltool/nl-core/kernel'
import { type Abi, type Cred, userCred, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  createWorld,
  drain,
  ITEM_GET,
  ITEM_GROUP,
  itemOf,
  request,
  SOL_NETLINK,
  type World,
} from './fixture.ts'

const jailed: Cred = { uid: 0, privileges: 'all', ownVnet: false }
const vnet1 = 1 as VnetId

describe('NS 2.3 port ids', () => {
  it('uniqueness scope: per vnet across all protocols on FreeBSD, per protocol on Linux', () => {
    for (const [abi, second] of [
      ['freebsd', 'EADDRINUSE'],
      ['linux', 'no error'],
    ] as const) {
      const world = createWorld()
      world.netlink.register({ number: 16, name: 'other', handlerOf: never, replyType: never, groups: () => 32 })
      world.open({ abi }).bind({ portid: 5000, groups: 0 })
      expect(codeOf(() => world.open({ abi, protocol: 16 }).bind({ portid: 5000, groups: 0 }))).toBe(second)
      expect(codeOf(() => world.open({ abi }).bind({ portid: 5000, groups: 0 }))).toBe('EADDRINUSE')
      expect(codeOf(() => world.open({ abi, vnet: vnet1 }).bind({ portid: 5000, groups: 0 }))).toBe('no error')
    }
  })

  it('when assigned: never by send on FreeBSD, by the first send on Linux', async () => {
    const world = createWorld()
    const native = world.open()
    native.send(request(ITEM_GET, { item: itemOf(9) }))
    await world.settle()
    expect(native.portid).toBe(0)
    expect(drain(native).map(message => message.portid)).toEqual([0])
    const linux = world.open({ abi: 'linux' })
    linux.send(request(ITEM_GET, { item: itemOf(9), abi: 'linux' }))
    expect(linux.portid).toBe(100)
    expect(drain(linux).map(message => message.portid)).toEqual([100])
  })

  it('bind with nl_pid 0: the process id, else random in 262144..327679 (FreeBSD) or above 0x80000000 (Linux)', () => {
    for (const abi of ['freebsd', 'linux'] as const) {
      const world = createWorld()
      const ports = [1, 2, 3].map(() => boundTo(world, abi, 0))
      expect(ports[0]).toBe(100)
      const [low, high] = abi === 'freebsd' ? [262144, 327679] : [0x80000000, 0xffffefff]
      for (const port of ports.slice(1)) {
        expect(port).toBeGreaterThanOrEqual(low)
        expect(port).toBeLessThanOrEqual(high)
      }
      expect(new Set(ports).size).toBe(3)
    }
  })

  it('bind with nl_pid 0: sixteen random tries, then EADDRINUSE', () => {
    let calls = 0
    const random = {
      u32() {
        calls += 1
        return 5
      },
    }
    const world = createWorld({ random })
    boundTo(world, 'freebsd', 0)
    expect(boundTo(world, 'freebsd', 0)).toBe(262149)
    calls = 0
    expect(codeOf(() => boundTo(world, 'freebsd', 0))).toBe('EADDRINUSE')
    expect(calls).toBe(16)
  })

  it('bind with nl_pid 0 on Linux: counts down from a random value until one is free, past the end too', () => {
    const world = createWorld({ random: { u32: () => 1 } })
    const ports = [1, 2, 3, 4].map(() => boundTo(world, 'linux', 0))
    expect(ports).toEqual([100, 0x80000001, 0x80000000, 0xffffefff])
  })

  it('connect autobind on Linux: as bind with 0', () => {
    const world = createWorld({ random: { u32: () => 1 } })
    boundTo(world, 'linux', 0)
    const socket = world.open({ abi: 'linux' })
    socket.connect({ portid: 0, groups: 0 })
    expect(socket.portid).toBe(0x80000001)
  })

  it('connect autobind: the process id, then +1 to +9, then EADDRINUSE', () => {
    const world = createWorld()
    const ports = Array.from({ length: 10 }, () => {
      const socket = world.open()
      socket.connect({ portid: 0, groups: 0 })
      return socket.portid
    })
    expect(ports).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108, 109])
    expect(codeOf(() => world.open().connect({ portid: 0, groups: 0 }))).toBe('EADDRINUSE')
  })

  it('released on close', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.bind({ portid: 77, groups: 0 })
    await socket.close()
    expect(boundTo(world, 'freebsd', 77)).toBe(77)
  })
})

describe('NS 2.4 bind', () => {
  it('nl_len other than 12: EINVAL on FreeBSD, which does not look at the family', () => {
    const socket = createWorld().open()
    const address = Uint8Array.of(12, 99, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0)
    expect(codeOf(() => socket.bind(address.with(0, 11)))).toBe('EINVAL')
    expect(codeOf(() => socket.bind(address.slice(0, 8)))).toBe('EINVAL')
    socket.bind(address)
    expect(socket.portid).toBe(7)
  })

  it('length below 12 or family other than AF_NETLINK: EINVAL on Linux', () => {
    const socket = createWorld().open({ abi: 'linux' })
    const address = Uint8Array.of(16, 0, 0xff, 0xff, 7, 0, 0, 0, 0, 0, 0, 0)
    expect(codeOf(() => socket.bind(address.with(0, 38)))).toBe('EINVAL')
    expect(codeOf(() => socket.bind(address.slice(0, 11)))).toBe('EINVAL')
    socket.bind(address)
    expect(socket.portid).toBe(7)
  })

  it.each(['freebsd', 'linux'] as const)('already bound (%s): EINVAL for another port, 0 included', abi => {
    const socket = createWorld().open({ abi })
    socket.bind({ portid: 9, groups: 0 })
    expect(codeOf(() => socket.bind({ portid: 0, groups: 0 }))).toBe('EINVAL')
    expect(codeOf(() => socket.bind({ portid: 10, groups: 0 }))).toBe('EINVAL')
    expect(codeOf(() => socket.bind({ portid: 9, groups: 1 }))).toBe('no error')
  })

  it('groups 1..32 are set exactly to the mask, 33 and up stay', () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, 3)
    socket.setsockopt(SOL_NETLINK, 1, 40)
    socket.bind({ portid: 0, groups: 0x80000041 })
    expect(world.netlink.sockets()[0]?.groups).toEqual([1, 7, 32, 40])
    socket.bind({ portid: 100, groups: 0x40 })
    expect(world.netlink.sockets()[0]?.groups).toEqual([7, 40])
  })

  it('Linux: groups 1..32 are replaced, higher kept', () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    for (const group of [3, 33, 40]) socket.setsockopt(SOL_NETLINK, 1, group)
    socket.bind({ portid: 0, groups: 0x41 })
    expect(world.netlink.sockets()[0]?.groups).toEqual([1, 7, 33, 40])
  })

  it('protocol without a kernel socket: ENOENT on Linux', async () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    await world.netlink.unregister(0)
    expect(codeOf(() => socket.bind({ portid: 0, groups: 0 }))).toBe('ENOENT')
  })

  it('a failing port changes no group', () => {
    const world = createWorld()
    boundTo(world, 'linux', 8)
    const socket = world.open({ abi: 'linux' })
    expect(codeOf(() => socket.bind({ portid: 8, groups: 0x40 }))).toBe('EADDRINUSE')
    expect(socket.getsockname()).toEqual({ portid: 0, groups: 0 })
  })

  it('joins are silently ignored for a jail without vnet', () => {
    const world = createWorld()
    const socket = world.open({ cred: jailed })
    socket.bind({ portid: 0, groups: 0x40 })
    socket.setsockopt(SOL_NETLINK, 1, 7)
    expect(world.netlink.sockets()[0]?.groups).toEqual([])
  })
})

describe('NS 2.5 connect, disconnect', () => {
  it('address checks and effect on FreeBSD: autobind, no peer', () => {
    const socket = createWorld().open()
    expect(codeOf(() => socket.connect(new Uint8Array(12)))).toBe('EINVAL')
    socket.connect({ portid: 55, groups: 1 })
    expect(socket.portid).toBe(100)
    expect(codeOf(() => socket.getpeername())).toBe('EOPNOTSUPP')
  })

  it('strict emulation: EISCONN', () => {
    const personality: SocketPersonality = { ...freebsdSockets, connectedFromBirth: true }
    expect(codeOf(() => createWorld({ personality }).open().connect({ portid: 0, groups: 0 }))).toBe('EISCONN')
  })

  it('Linux stores the peer, the lowest group of the mask; AF_UNSPEC resets it', () => {
    const socket = createWorld().open({ abi: 'linux' })
    socket.connect({ portid: 55, groups: 0x14 })
    expect(socket.getpeername()).toEqual({ portid: 55, groups: 4 })
    expect(socket.portid).toBe(100)
    socket.connect(Uint8Array.of(0, 0))
    expect(socket.getpeername()).toEqual({ portid: 0, groups: 0 })
    expect(codeOf(() => socket.connect(Uint8Array.of(0)))).toBe('EINVAL')
    expect(codeOf(() => socket.connect(Uint8Array.of(16, 0, 0, 0)))).toBe('EINVAL')
    expect(codeOf(() => socket.connect(Uint8Array.of(38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))).toBe('EINVAL')
  })

  it('Linux, a peer or group without permission: EPERM', () => {
    const socket = createWorld().open({ abi: 'linux', cred: userCred(1001) })
    expect(codeOf(() => socket.connect({ portid: 55, groups: 0 }))).toBe('EPERM')
    expect(codeOf(() => socket.connect({ portid: 0, groups: 1 }))).toBe('EPERM')
    expect(codeOf(() => socket.connect({ portid: 0, groups: 0 }))).toBe('no error')
  })
})

describe('NS 2.6 getsockname', () => {
  it('groups: never reported on FreeBSD, the mask of 1..32 on Linux', () => {
    const world = createWorld()
    for (const [abi, groups] of [
      ['freebsd', 0],
      ['linux', 0x80000001],
    ] as const) {
      const socket = world.open({ abi })
      socket.bind({ portid: 0, groups: 0x80000001 })
      expect(socket.getsockname().groups).toBe(groups)
    }
  })
})

describe('NS 2.7 groups', () => {
  it.each([
    ['freebsd', 0, 'ERANGE'],
    ['freebsd', -1, 'ERANGE'],
    ['freebsd', 1, 'no error'],
    ['freebsd', 127, 'no error'],
    ['freebsd', 128, 'ERANGE'],
    ['linux', 0, 'EINVAL'],
    ['linux', 40, 'no error'],
    ['linux', 41, 'EINVAL'],
  ] as const)('ADD/DROP_MEMBERSHIP range: %s %i: %s', (abi, group, code) => {
    const socket = createWorld().open({ abi })
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, 1, group))).toBe(code)
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, 2, group))).toBe(code)
  })

  it('privilege to join: none on FreeBSD, the protocol says under the Linux personality', () => {
    const protocol = { groupPriv: (group: number) => (group === 9 ? ('net-admin' as const) : undefined) }
    for (const [personality, code] of [
      [freebsdSockets, 'no error'],
      [linuxSockets, 'EPERM'],
    ] as const) {
      const world = createWorld({ personality, protocol })
      const socket = world.open({ abi: 'linux', cred: userCred(1001) })
      expect(codeOf(() => socket.setsockopt(SOL_NETLINK, 1, 9))).toBe(code)
      expect(codeOf(() => socket.bind({ portid: 0, groups: 0x181 }))).toBe(code)
      expect(codeOf(() => socket.setsockopt(SOL_NETLINK, 1, 8))).toBe('no error')
    }
  })

  it('idempotence: joining twice or leaving when absent succeeds', () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    world.notify(1)
    expect(drain(socket)).toHaveLength(1)
    socket.setsockopt(SOL_NETLINK, 2, ITEM_GROUP)
    socket.setsockopt(SOL_NETLINK, 2, ITEM_GROUP)
    world.notify(1)
    expect(socket.fionread).toBe(0)
  })

  it('the protocol hears of every join and leave, and may refuse: nothing has changed then', async () => {
    const heard: string[] = []
    const protocol = {
      onJoin(group: number) {
        if (group === 9) throw new NetlinkError('ENOSPC', 'no more listeners')
        heard.push(`+${group}`)
      },
      onLeave: (group: number) => void heard.push(`-${group}`),
    }
    const world = createWorld({ protocol })
    const socket = world.open({ abi: 'linux' })
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, 1, 9))).toBe('ENOSPC')
    expect(codeOf(() => socket.bind({ portid: 0, groups: 0x1c1 }))).toBe('ENOSPC') // groups 1, 7, 8, 9
    expect(socket.getsockname()).toEqual({ portid: 0, groups: 0 })
    expect(heard.splice(0)).toEqual(['+1', '+7', '+8', '-1', '-7', '-8'])
    socket.setsockopt(SOL_NETLINK, 1, 7)
    socket.setsockopt(SOL_NETLINK, 1, 7)
    socket.setsockopt(SOL_NETLINK, 2, 3)
    socket.bind({ portid: 0, groups: 1 })
    expect(heard.splice(0)).toEqual(['+7', '+7', '-3', '+1', '-7'])
    boundTo(world, 'linux', 5)
    expect(codeOf(() => world.open({ abi: 'linux' }).bind({ portid: 5, groups: 2 }))).toBe('EADDRINUSE')
    expect(heard.splice(0)).toEqual(['+2', '-2'])
    await socket.close()
    expect(heard).toEqual(['-1'])
  })

  it('group unregistered: every member of every vnet is removed', () => {
    const world = createWorld()
    const sockets = [world.open(), world.open({ vnet: vnet1 }), world.open({ abi: 'linux' })]
    for (const socket of sockets) socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    expect(world.netlink.hasListeners(vnet1, 0, ITEM_GROUP)).toBe(true)
    world.netlink.dropGroup(0, ITEM_GROUP)
    expect(world.netlink.hasListeners(vnet1, 0, ITEM_GROUP)).toBe(false)
    world.notify(1)
    expect(sockets.map(socket => socket.fionread)).toEqual([0, 0, 0])
  })

  it('group unregistered: members of the same number in another protocol stay', () => {
    const world = createWorld()
    world.netlink.register({ number: 16, name: 'other', handlerOf: never, replyType: never, groups: () => 32 })
    world.open({ protocol: 16 }).setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    world.netlink.dropGroup(0, ITEM_GROUP)
    expect(world.netlink.hasListeners(vnet0, 16, ITEM_GROUP)).toBe(true)
  })
})

function never(): never {
  throw new Error('never called')
}

function boundTo(world: World, abi: Abi, portid: number): number {
  const socket = world.open({ abi })
  socket.bind({ portid, groups: 0 })
  return socket.portid
}
