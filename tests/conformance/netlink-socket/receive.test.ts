import { linuxSockets } from '@nltool/nl-core/kernel'
import { concatBytes, hex, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  createWorld,
  drain,
  ITEM_GET,
  ITEM_GROUP,
  ITEM_NEW,
  itemOf,
  NLM_F_ACK,
  NLMSG_DONE,
  received,
  request,
  SOL_NETLINK,
} from './fixture.ts'

const MSG_PEEK = 2
const MSG_TRUNC = 0x10
const SO_RCVBUF = 0x1002
const ack = (seq: number) => messageBytes({ type: 1, flags: NLM_F_ACK, seq })

async function withReplies(count: number) {
  const world = createWorld()
  const socket = world.open()
  for (let seq = 1; seq <= count; seq++) socket.send(ack(seq))
  await world.settle()
  return { world, socket }
}

describe('NS 5.1 FreeBSD recv', () => {
  it('the source address is the kernel', async () => {
    const { socket } = await withReplies(1)
    expect(received(socket.recv(100)).from).toEqual({ portid: 0, groups: 0 })
  })

  it('queue empty: EAGAIN if non-blocking, else sleep until data, signal or time-out', async () => {
    const world = createWorld()
    const socket = world.open()
    expect(codeOf(() => socket.recv(100, 0x80))).toBe('EAGAIN')
    const controller = new AbortController()
    const interrupted = Promise.allSettled([socket.recv(100, 0, { signal: controller.signal })])
    const waiting = socket.recv(100)
    controller.abort()
    expect(await interrupted).toMatchObject([{ reason: { code: 'EINTR' } }])
    socket.send(ack(1))
    await world.settle()
    expect((await waiting).length).toBe(36)
  })

  it('≥ 1 message fits: whole messages, across reply-buffer borders', async () => {
    const { socket } = await withReplies(5)
    const got = received(socket.recv(36 * 3 + 20))
    expect(got).toMatchObject({ length: 108, flags: 0 })
    expect(splitMessages(got.data).map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(received(socket.recv(1000)).length).toBe(72)
  })

  it('first message does not fit, R > 0: its beginning, MSG_TRUNC, the whole message consumed', async () => {
    const { socket } = await withReplies(2)
    expect(received(socket.recv(20))).toMatchObject({ length: 20, flags: MSG_TRUNC, data: { length: 20 } })
    expect(splitMessages(received(socket.recv(100)).data).map(({ seq }) => seq)).toEqual([2])
  })

  it('… with MSG_TRUNC passed: the full length of that message, also of the last in its buffer', async () => {
    const { socket } = await withReplies(2)
    for (let left = 2; left > 0; left--) expect(received(socket.recv(20, MSG_TRUNC))).toMatchObject({ length: 36 })
  })

  it('≥ 1 message fits with MSG_TRUNC passed: T, not more', async () => {
    const { socket } = await withReplies(3)
    expect(received(socket.recv(80, MSG_TRUNC))).toMatchObject({ length: 72, flags: 0 })
  })

  it('R = 0: nothing copied nor consumed; the length of the first message with MSG_TRUNC', async () => {
    const { socket } = await withReplies(2)
    expect(received(socket.recv(0))).toMatchObject({ length: 0, flags: 0 })
    expect(received(socket.recv(0, MSG_TRUNC))).toMatchObject({ length: 36 })
    expect(socket.fionread).toBe(72)
  })

  it('a message of odd length that just fits is copied without the padding behind it', async () => {
    const world = createWorld()
    const socket = world.open()
    const odd = hex`00000000 05000000 0700 0100 616200 00 0500 6300 01`
    socket.send(messageBytes({ type: ITEM_NEW, flags: 1, seq: 1 }, odd))
    for (const seq of [2, 3]) socket.send(request(ITEM_GET, { item: itemOf(5), seq }))
    await world.settle()
    const { length } = received(socket.recv(0, MSG_TRUNC))
    expect(length % 4).not.toBe(0)
    expect(received(socket.recv(length)).data.length).toBe(length)
    expect(splitMessages(received(socket.recv(1000)).data).map(({ seq }) => seq)).toEqual([3])
  })

  it('MSG_PEEK: same walk, same copy, nothing consumed', async () => {
    const { socket } = await withReplies(3)
    expect(received(socket.recv(1000, MSG_PEEK)).length).toBe(108)
    expect(received(socket.recv(20, MSG_PEEK | MSG_TRUNC))).toMatchObject({ length: 36, flags: MSG_TRUNC })
    expect(socket.fionread).toBe(108)
  })

  it('what was received is the reader’s own', async () => {
    const { socket } = await withReplies(2)
    received(socket.recv(36, MSG_PEEK)).data.fill(0xff)
    expect(splitMessages(received(socket.recv(100)).data).map(({ seq }) => seq)).toEqual([1, 2])
  })
})

describe('NS 5.3 how replies are packed', () => {
  it('a message of more than 2 KiB has a run of its own; contents survive the growing', async () => {
    const world = createWorld()
    const data = Uint8Array.from({ length: 9000 }, (_, index) => index % 251)
    for (const id of [1, 2, 3]) {
      world.items.set(id, { header: { family: 0, id }, attrs: { name: 'x', ...(id === 2 ? { data } : {}) } })
    }
    const socket = world.open()
    socket.send(request(ITEM_GET))
    await world.settle()
    const [first, second, third, done] = drain(socket)
    expect([first?.bytes.length, third?.bytes.length, done?.type]).toEqual([32, 32, NLMSG_DONE])
    expect(second?.payload.subarray(8 + 8 + 4)).toEqual(data)
  })
})

describe('NS 5.5 Linux recv', () => {
  it('one queued datagram per call; the excess is discarded and MSG_TRUNC set', () => {
    const socket = createWorld().open({ abi: 'linux' })
    socket.send(concatBytes(ack(1), ack(2)))
    expect(received(socket.recv(1000)).length).toBe(36)
    expect(received(socket.recv(20, 0x20))).toMatchObject({ length: 36, flags: 0x20, data: { length: 20 } })
    expect(socket.fionread).toBe(0)
  })

  it('MSG_PEEK | MSG_TRUNC with no buffer returns the length of the datagram', () => {
    const socket = createWorld().open({ abi: 'linux' })
    socket.send(ack(1))
    expect(received(socket.recv(0, 0x22))).toMatchObject({ length: 36 })
    expect(socket.fionread).toBe(36)
  })

  it('no buffer at all: the datagram is gone, MSG_TRUNC says so', () => {
    const socket = createWorld().open({ abi: 'linux' })
    socket.send(ack(1))
    expect(received(socket.recv(0))).toMatchObject({ length: 0, flags: 0x20 })
    expect(socket.fionread).toBe(0)
  })

  it('a pending ENOBUFS is told and cleared by SO_ERROR as well', () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    while (!socket.poll().error) world.notify(1)
    expect([socket.getsockopt(1, 4).value, socket.getsockopt(1, 4).value]).toEqual([105, 0])
    expect(codeOf(() => socket.recv(100))).toBe('no error')
  })

  it('MSG_OOB: EOPNOTSUPP; empty + MSG_DONTWAIT: EAGAIN', () => {
    const socket = createWorld().open({ abi: 'linux' })
    expect(codeOf(() => socket.recv(100, 1))).toBe('EOPNOTSUPP')
    expect(codeOf(() => socket.recv(100, 0x40))).toBe('EAGAIN')
  })

  it('the source address names the group of a multicast, 0 above 32', () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    for (const group of [ITEM_GROUP, 40]) {
      socket.setsockopt(SOL_NETLINK, 1, group)
      world.notify(1, { group })
    }
    expect(received(socket.recv(100)).from).toEqual({ portid: 0, groups: 0x40 })
    expect(received(socket.recv(100)).from).toEqual({ portid: 0, groups: 0 })
  })
})

describe('NS 5.6 when data is lost and how one learns of it', () => {
  it('multicast, listener full: the buffer is lost for it, counted, told once, other listeners unharmed', () => {
    const world = createWorld()
    const [slow, fast] = [world.open(), world.open()]
    for (const socket of [slow, fast]) socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    slow.setsockopt(0xffff, SO_RCVBUF, 50)
    for (let id = 1; id <= 5; id++) world.notify(id)
    expect(drain(fast)).toHaveLength(5)
    expect(slow.poll().error).toBe(true)
    expect(codeOf(() => slow.recv(1000))).toBe('ENOBUFS')
    expect(drain(slow)).toHaveLength(2)
    expect(world.netlink.stats().droppedMessages).toBe(3)
    expect(codeOf(() => slow.recv(1000, 0x80))).toBe('EAGAIN')
  })

  it('a receive buffer with 1 byte of room accepts a whole reply buffer', () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    socket.setsockopt(0xffff, SO_RCVBUF, 37)
    world.notify(1)
    world.notify(2)
    expect(socket.fionread).toBe(72)
  })

  it('Linux: everything is lost until the queue has been emptied (rule of the Linux personality only)', () => {
    for (const [personality, expected] of [
      [linuxSockets, 0],
      [undefined, 1],
    ] as const) {
      const world = createWorld({ personality })
      const socket = world.open({ abi: 'linux' })
      socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
      socket.setsockopt(1, 33, 1152)
      while (!socket.poll().error) world.notify(1)
      expect(codeOf(() => socket.recv(1000))).toBe('ENOBUFS')
      received(socket.recv(1000))
      const before = socket.fionread
      world.notify(2)
      expect(Math.sign(socket.fionread - before)).toBe(expected)
      drain(socket)
      world.notify(3)
      expect(drain(socket)).toHaveLength(1)
    }
  })

  it('NETLINK_NO_ENOBUFS: no error, a pending one is cleared, drops are still counted', () => {
    const world = createWorld({ personality: linuxSockets })
    const socket = world.open({ abi: 'linux' })
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    while (!socket.poll().error) world.notify(1)
    socket.setsockopt(SOL_NETLINK, 5, 1)
    expect(socket.poll().error).toBe(false)
    const drops = world.netlink.sockets()[0]?.drops ?? 0
    world.notify(2)
    expect(world.netlink.sockets()[0]?.drops).toBe(drops + 1)
    expect(codeOf(() => socket.recv(1000))).toBe('no error')
  })

  it('NETLINK_NO_ENOBUFS: no congestion, and it ends one that there is', () => {
    const world = createWorld({ personality: linuxSockets })
    const socket = world.open({ abi: 'linux' })
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    socket.setsockopt(1, 33, 1152)
    while (!socket.poll().error) world.notify(1)
    socket.setsockopt(SOL_NETLINK, 5, 1)
    for (let rounds = 0; rounds < 2; rounds++) {
      received(socket.recv(1000))
      const before = socket.fionread
      world.notify(2)
      expect(socket.fionread).toBeGreaterThan(before) // not empty in between
      world.notify(3) // lost: the buffer is full again
    }
  })

  it('unicast reply, receiver full, Linux: lost, counted, the next recv says ENOBUFS; send succeeds', () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    socket.setsockopt(1, 8, 1)
    let sent = 0
    for (; !socket.poll().error; sent++) expect(socket.send(ack(sent))).toBe(16)
    expect(world.netlink.stats().droppedMessages).toBe(1)
    expect(codeOf(() => socket.recv(1000))).toBe('ENOBUFS')
    expect(drain(socket)).toHaveLength(sent - 1)
  })

  it('a recv asleep on an empty queue is woken by a drop', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    socket.setsockopt(0xffff, SO_RCVBUF, 1)
    world.notify(1)
    world.notify(2)
    const outcome = await Promise.allSettled([(async () => socket.recv(100))()])
    expect(outcome).toMatchObject([{ reason: { code: 'ENOBUFS' } }])
  })
})
