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
  itemOf,
  NLM_F_ACK,
  NLM_F_DUMP_INTR,
  request,
  SOL_NETLINK,
} from './fixture.ts'

describe('faults on demand', () => {
  it('send and recv fail with the code, once, and nothing is sent or taken', async () => {
    const world = createWorld()
    const socket = world.open()
    world.netlink.faults.inject({ at: 'send', code: 'ENOBUFS' })
    world.netlink.faults.inject({ at: 'recv', code: 'EINTR' })
    expect(codeOf(() => socket.send(request(99)))).toBe('ENOBUFS')
    expect(socket.fionwrite).toBe(0)
    socket.send(request(99))
    await world.settle()
    expect(codeOf(() => socket.recv(100))).toBe('EINTR')
    expect(drain(socket)).toHaveLength(1)
    expect(world.netlink.faults.list()).toEqual([])
  })

  it('a request is refused in the handler’s place, by type, after some have passed', async () => {
    const world = createWorld()
    const fault = world.netlink.faults.inject({
      at: 'request',
      type: ITEM_NEW,
      code: 'ENOMEM',
      text: 'no memory',
      skip: 1,
      times: 2,
    })
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 11, 1)
    for (const id of [1, 2, 3, 4]) socket.send(request(ITEM_NEW, { item: itemOf(id), flags: NLM_F_ACK }))
    await world.settle()
    expect(drain(socket).map(errorOf)).toEqual([0, 12, 12, 0])
    expect([...world.items.keys()]).toEqual([1, 4])
    expect(fault.hits).toBe(2)
  })

  it('a delayed request is served by the kernel’s clock, later ones after it', async () => {
    const world = createWorld()
    world.netlink.faults.inject({ at: 'delay', type: ITEM_NEW, ms: 1000 })
    const socket = world.open()
    for (const id of [1, 2]) socket.send(request(ITEM_NEW, { item: itemOf(id) }))
    await world.settle()
    world.scheduler.advance(999)
    await world.settle()
    expect(world.items.size).toBe(0)
    world.scheduler.advance(1)
    await world.settle()
    expect([...world.items.keys()]).toEqual([1, 2])
  })

  it('a request is delayed, then refused', async () => {
    const world = createWorld()
    world.netlink.faults.inject({ at: 'delay', ms: 10 })
    world.netlink.faults.inject({ at: 'request', code: 'ETIMEDOUT' })
    const socket = world.open()
    socket.send(request(ITEM_NEW, { item: itemOf(1) }))
    await world.settle()
    expect(socket.fionread).toBe(0)
    world.scheduler.advance(10)
    await world.settle()
    expect(drain(socket).map(errorOf)).toEqual([60])
  })

  it('one listener loses a notification and is told, another gets it', () => {
    const world = createWorld()
    const [unlucky, lucky] = [1, 2].map(pid => {
      const socket = world.open({ pid })
      socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
      return socket
    })
    if (unlucky === undefined || lucky === undefined) throw new Error('no sockets')
    world.netlink.faults.inject({ at: 'notification', pid: 1, group: ITEM_GROUP })
    world.notify(1)
    world.notify(2)
    expect(drain(lucky)).toHaveLength(2)
    expect(codeOf(() => unlucky.recv(1000))).toBe('ENOBUFS')
    expect(drain(unlucky)).toHaveLength(1)
  })

  it('a dump says that it was interrupted although nothing has changed', async () => {
    const world = createWorld()
    fill(world, 3)
    world.netlink.faults.inject({ at: 'dump', skip: 1 })
    const socket = world.open()
    socket.send(request(ITEM_GET))
    await world.settle()
    expect(drain(socket).map(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0)).toEqual([false, true, false, false])
  })

  it('strikes only what the rule names, with the probability that it says, until it is taken back', async () => {
    const world = createWorld()
    const socket = world.open({ pid: 7 })
    const { faults } = world.netlink
    faults.inject({ at: 'send', code: 'EINTR', pid: 8 })
    faults.inject({ at: 'send', code: 'EINTR', portid: 1 })
    faults.inject({ at: 'send', code: 'EINTR', protocol: 16 })
    expect(codeOf(() => socket.send(request(99)))).toBe('no error')
    faults.clear()
    {
      using half = faults.inject({ at: 'send', code: 'EINTR', probability: 0.5, times: Number.POSITIVE_INFINITY })
      let failed = 0
      for (let count = 0; count < 1000; count++) if (codeOf(() => socket.send(request(99))) === 'EINTR') failed += 1
      expect(failed).toBe(half.hits)
      expect(failed).toBeGreaterThan(400)
      expect(failed).toBeLessThan(600)
    }
    expect(faults.list()).toEqual([])
    expect(codeOf(() => socket.send(request(99)))).toBe('no error')
  })

  it('refuses rules that cannot be', () => {
    const { faults } = createWorld().netlink
    expect(() => faults.inject({ at: 'dump', probability: 2 })).toThrow(RangeError)
    expect(() => faults.inject({ at: 'dump', times: -1 })).toThrow(RangeError)
    expect(() => faults.inject({ at: 'delay', ms: Number.NaN })).toThrow(RangeError)
  })
})
