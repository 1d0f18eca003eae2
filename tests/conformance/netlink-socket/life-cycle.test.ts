import { freebsdSockets, linuxSockets, type NetlinkSocket, type SendOptions } from '@nltool/nl-core/kernel'
import { type Abi, type Cred, rootCred, userCred, type VnetId } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  createWorld,
  drain,
  errorOf,
  fill,
  ITEM_GET,
  ITEM_GROUP,
  ITEM_NEW,
  ITEM_WAIT,
  itemOf,
  NLM_F_ACK,
  request,
  SOL_NETLINK,
  type World,
} from './fixture.ts'

describe('NS 2.1 socket(AF_NETLINK, type, proto)', () => {
  it.each([
    ['type not SOCK_RAW or SOCK_DGRAM, proto 0', 'freebsd', 1, 0, 'EPROTOTYPE'],
    ['type not SOCK_RAW or SOCK_DGRAM, proto 16', 'freebsd', 1, 16, 'EPROTONOSUPPORT'],
    ['type SOCK_RDM', 'freebsd', 4, 0, 'EPROTOTYPE'],
    ['type SOCK_SEQPACKET', 'freebsd', 5, 0, 'EPROTOTYPE'],
    ['type not SOCK_RAW or SOCK_DGRAM', 'linux', 1, 0, 'ESOCKTNOSUPPORT'],
    ['proto outside table', 'freebsd', 3, -1, 'EINVAL'],
    ['proto outside table', 'freebsd', 3, 20, 'EINVAL'],
    ['proto outside table', 'linux', 3, -1, 'EPROTONOSUPPORT'],
    ['proto outside table', 'linux', 3, 32, 'EPROTONOSUPPORT'],
    ['proto in table, no handler registered', 'freebsd', 3, 19, 'EPROTONOSUPPORT'],
    ['proto in table, no handler registered', 'linux', 3, 31, 'EPROTONOSUPPORT'],
  ] as const)('%s (%s, type %i, proto %i): %s', (_row, abi, type, protocol, code) => {
    const world = createWorld()
    expect(codeOf(() => world.open({ abi, type, protocol }))).toBe(code)
  })

  it('buffer reservation fails (defaults above limits): ENOBUFS', () => {
    const world = createWorld()
    world.netlink.sysctl.set('net.netlink.recvspace', 1864136)
    expect(codeOf(() => world.open())).toBe('ENOBUFS')
    world.netlink.sysctl.set('net.netlink.recvspace', 1864135)
    expect(codeOf(() => world.open())).toBe('no error')
  })

  it('netlink subsystem being unloaded: EAFNOSUPPORT', async () => {
    const world = createWorld()
    const socket = world.open()
    await world.netlink.unload()
    expect(socket.closed).toBe(true)
    expect(codeOf(() => world.open())).toBe('EAFNOSUPPORT')
  })

  it.each([2, 3])('success with type %i: port 0, no groups, all options off, nothing queued', type => {
    const socket = createWorld().open({ type, cred: userCred(1001) })
    expect(socket.getsockname()).toEqual({ portid: 0, groups: 0 })
    for (const option of [10, 11, 12, 257, 258]) expect(socket.getsockopt(SOL_NETLINK, option).value).toBe(0)
    expect([socket.fionread, socket.fionwrite]).toEqual([0, 0])
    expect(socket.poll()).toEqual({ readable: false, writable: true, error: false })
  })
})

describe('NS 2.8 other calls', () => {
  it.each(['freebsd', 'linux'] as const)('shutdown: EOPNOTSUPP (%s)', abi => {
    expect(codeOf(() => createWorld().open({ abi }).shutdown())).toBe('EOPNOTSUPP')
  })

  it('poll: readable with data or a pending loss, writable with room in the send buffer', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, 0x1001, 36)
    socket.send(request(ITEM_NEW, { flags: NLM_F_ACK, item: itemOf(5) }))
    expect(socket.poll()).toEqual({ readable: false, writable: false, error: false })
    await world.settle()
    expect(socket.poll()).toEqual({ readable: true, writable: true, error: false })
    drain(socket)
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    socket.setsockopt(0xffff, 0x1002, 1)
    for (const id of [1, 2]) world.notify(id)
    expect(socket.poll()).toEqual({ readable: true, writable: true, error: true })
    expect(codeOf(() => socket.recv(100))).toBe('ENOBUFS')
    drain(socket)
    expect(socket.poll()).toEqual({ readable: false, writable: true, error: false })
  })

  it('poll: watchers are called back when that changes', async () => {
    const world = createWorld()
    const socket = world.open()
    let calls = 0
    const cancel = socket.watch(() => void calls++)
    world.notify(1)
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    world.notify(1)
    world.notify(2)
    expect(calls).toBe(0)
    await world.settle()
    expect(calls).toBe(1)
    cancel()
    world.notify(3)
    await world.settle()
    expect(calls).toBe(1)
  })
})

describe('NS 2.9 close with pending work', () => {
  it('requests that were accepted are still executed where there is receive space', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.bind({ portid: 9, groups: 0 })
    socket.send(request(ITEM_NEW, { item: itemOf(5) }))
    const closed = socket.close()
    expect(socket.closed).toBe(true)
    expect(codeOf(() => boundTo(world, 'freebsd', 9))).toBe('EADDRINUSE')
    await world.settle()
    await closed
    expect(world.items.has(5)).toBe(true)
    expect(boundTo(world, 'freebsd', 9)).toBe(9)
    expect(world.netlink.stats()).toMatchObject({ sockets: 2, dumps: 0 }) // the two above
  })

  it('a handler that runs is waited for', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.send(request(ITEM_WAIT, { item: itemOf(5) }))
    await world.settle()
    let closed = false
    const closing = socket.close().then(() => {
      closed = true
    })
    await world.settle()
    expect(closed).toBe(false)
    world.proceed()
    await world.settle()
    await closing
    expect(world.netlink.stats().sockets).toBe(0)
  })

  it('requests paused on a full receive buffer are never executed, a dump in progress ends', async () => {
    const world = createWorld()
    fill(world, 100)
    const socket = world.open()
    socket.setsockopt(0xffff, 0x1002, 1024)
    socket.send(request(ITEM_GET))
    socket.send(request(ITEM_NEW, { item: itemOf(500) }))
    await world.settle()
    expect(world.netlink.stats().dumps).toBe(1)
    await socket.close()
    await world.settle()
    expect(world.items.has(500)).toBe(false)
    expect(world.netlink.stats()).toMatchObject({ sockets: 0, dumps: 0 })
  })

  it.each(['freebsd', 'linux'] as const)('sleepers end with EBADF, later calls too (%s)', async abi => {
    const world = createWorld()
    const socket = world.open({ abi })
    const sleeping = [socket.recv(100), socket.take()].map(async call => {
      await call
    })
    const outcome = Promise.allSettled(sleeping)
    await socket.close()
    for (const result of await outcome) expect(result).toMatchObject({ reason: { code: 'EBADF' } })
    expect(codeOf(() => socket.send(request(ITEM_GET)))).toBe('EBADF')
    expect(codeOf(() => socket.recv(100))).toBe('EBADF')
    expect(codeOf(() => socket.bind({ portid: 0, groups: 0 }))).toBe('EBADF')
    expect(codeOf(() => socket.getsockopt(SOL_NETLINK, 10))).toBe('EBADF')
  })

  it('watchers are told, in a step of their own, once', async () => {
    const world = createWorld()
    const socket = world.open()
    const told: boolean[] = []
    socket.watch(() => told.push(socket.closed))
    await socket.close()
    expect(told).toEqual([])
    await world.settle()
    expect(told).toEqual([true])
  })

  it('Linux unlinks first: nothing arrives any more while a handler still runs', async () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    const sending = socket.send(request(ITEM_WAIT, { item: itemOf(5), abi: 'linux' }))
    const closed = socket.close()
    expect(world.netlink.hasListeners(0 as VnetId, 0, ITEM_GROUP)).toBe(false)
    world.proceed()
    await world.settle()
    await Promise.all([sending, closed])
    expect(world.netlink.stats().sockets).toBe(0)
  })

  it('later multicasts skip the socket', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    await socket.close()
    world.notify(1)
    expect(world.netlink.hasListeners(0 as VnetId, 0, ITEM_GROUP)).toBe(false)
  })
})

describe('NS 2.10 privileges', () => {
  it('checked against the credential of the socket: EPERM', async () => {
    const world = createWorld()
    const socket = world.open({ cred: userCred(1001) })
    expect(await errorFor(world, socket, request(ITEM_NEW, { item: itemOf(5) }))).toBe(1)
    expect(world.seen).toHaveLength(0)
  })

  it('a Linux kernel asks the sender as well', async () => {
    const world = createWorld({ personality: linuxSockets })
    const socket = world.open({ abi: 'linux' })
    const caller = { pid: 7, cred: userCred(7), abi: 'linux' as const, vnet: 0 as VnetId, descriptor: () => undefined }
    socket.send(request(ITEM_NEW, { item: itemOf(5), abi: 'linux' }), 0, { caller })
    expect(errorOf(drain(socket)[0] as { payload: Uint8Array })).toBe(-1)
  })

  it.each([
    ['linux', 0],
    ['freebsd', -1],
  ] as const)('a message sent with a destination skips the test of the opener on Linux: %s, %i', (name, error) => {
    const world = createWorld({ personality: name === 'linux' ? linuxSockets : freebsdSockets })
    const socket = world.open({ abi: 'linux', cred: userCred(7) })
    const caller = { pid: 7, cred: rootCred, abi: 'linux' as const, vnet: 0 as VnetId, descriptor: () => undefined }
    const asked = request(ITEM_NEW, { item: itemOf(5), flags: NLM_F_ACK, abi: 'linux' })
    const answerTo = (options: SendOptions) => {
      socket.send(asked, 0, options)
      return errorOf(drain(socket)[0] as { payload: Uint8Array })
    }
    expect(answerTo({ caller })).toBe(-1)
    expect(answerTo({ caller, to: { portid: 0, groups: 0 } })).toBe(error)
    expect(answerTo({ to: { portid: 0, groups: 0 } })).toBe(-1)
  })

  it('order: unknown type, then privilege, then jail, then the handler', async () => {
    const world = createWorld()
    const nobody: Cred = { uid: 1, privileges: new Set(), ownVnet: false }
    expect(await errorFor(world, world.open({ cred: nobody }), request(99))).toBe(45)
    expect(await errorFor(world, world.open({ cred: nobody }), request(ITEM_NEW))).toBe(1)
    expect(await errorFor(world, world.open({ cred: { ...rootCred, ownVnet: false } }), request(ITEM_NEW))).toBe(1)
    expect(await errorFor(world, world.open({ cred: nobody }), request(ITEM_GET, { item: itemOf(3) }))).toBe(2)
  })
})

function boundTo(world: World, abi: Abi, portid: number): number {
  const socket = world.open({ abi })
  socket.bind({ portid, groups: 0 })
  return socket.portid
}

async function errorFor(world: World, socket: NetlinkSocket, bytes: Uint8Array): Promise<number> {
  socket.send(bytes)
  await world.settle()
  return errorOf(drain(socket)[0] as { payload: Uint8Array })
}
