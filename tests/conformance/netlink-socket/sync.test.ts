import { concatBytes, messageBytes } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  createWorld,
  drain,
  fill,
  ITEM_FAIL,
  ITEM_GET,
  ITEM_LOCKED,
  ITEM_NEW,
  ITEM_WAIT,
  itemOf,
  NLM_F_ACK,
  NLMSG_DONE,
  NLMSG_ERROR,
  request,
  SOL_NETLINK,
  type World,
} from './fixture.ts'

const SND_SYNC = 258
const SO_RCVBUF = 0x1002
const ack = (seq: number) => messageBytes({ type: 1, flags: NLM_F_ACK, seq })
const malformed = Uint8Array.of(8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

function openSync(world: World) {
  const socket = world.open()
  socket.setsockopt(SOL_NETLINK, SND_SYNC, 1)
  return socket
}

describe('NS 4.4.2 switching', () => {
  it('value shorter than 4 bytes: EINVAL; Linux-ABI socket: EINVAL', () => {
    const world = createWorld()
    expect(codeOf(() => world.open().setsockopt(SOL_NETLINK, SND_SYNC, Uint8Array.of(1)))).toBe('EINVAL')
    expect(codeOf(() => world.open({ abi: 'linux' }).setsockopt(SOL_NETLINK, SND_SYNC, 1))).toBe('EINVAL')
  })

  it('takes the send lock: waits for a sender in progress', async () => {
    const world = createWorld()
    const socket = openSync(world)
    const sending = socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    const switching = socket.setsockopt(SOL_NETLINK, SND_SYNC, 0)
    await world.settle()
    expect(socket.getsockopt(SOL_NETLINK, SND_SYNC).value).toBe(1)
    world.proceed()
    await world.settle()
    await Promise.all([sending, switching])
    expect(socket.getsockopt(SOL_NETLINK, SND_SYNC).value).toBe(0)
  })

  it('already in the requested mode: nothing done, requests pending or not', () => {
    const socket = createWorld().open()
    socket.send(request(ITEM_GET))
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, SND_SYNC, 0))).toBe('no error')
  })

  it('on with the last datagram in work: EBUSY, decided by charged bytes', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    await world.settle()
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, SND_SYNC, 1))).toBe('EBUSY')
    expect(socket.getsockopt(SOL_NETLINK, SND_SYNC).value).toBe(0)
    world.proceed()
    await world.settle()
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, SND_SYNC, 1))).toBe('no error')
  })

  it('the end of a recv schedules no worker where there is none', async () => {
    const world = createWorld()
    const socket = openSync(world)
    socket.send(ack(1))
    drain(socket)
    expect(world.scheduler.waiting).toEqual([])
  })

  it('off starts clean: the first asynchronous datagram is processed whole', async () => {
    const world = createWorld()
    const socket = openSync(world)
    socket.setsockopt(0xffff, SO_RCVBUF, 36)
    socket.send(concatBytes(ack(1), ack(2)))
    expect(codeOf(() => socket.recv(100))).toBe('ENOBUFS')
    drain(socket)
    socket.setsockopt(SOL_NETLINK, SND_SYNC, 0)
    socket.setsockopt(0xffff, SO_RCVBUF, 1000)
    socket.send(concatBytes(ack(3), ack(4)))
    await world.settle()
    expect(drain(socket).map(message => message.seq)).toEqual([3, 4])
  })

  it('off with a dump in progress: the worker goes on with it, then with what is sent', async () => {
    const world = createWorld()
    fill(world, 100)
    const socket = openSync(world)
    socket.setsockopt(0xffff, SO_RCVBUF, 1000)
    socket.send(request(ITEM_GET))
    socket.setsockopt(SOL_NETLINK, SND_SYNC, 0)
    socket.send(ack(2))
    const types: number[] = []
    for (let rounds = 0; rounds < 20; rounds++) {
      types.push(...drain(socket).map(message => message.type))
      await world.settle()
    }
    expect(types).toEqual([...new Array(100).fill(ITEM_NEW), NLMSG_DONE, NLMSG_ERROR])
  })
})

describe('NS 4.4.3 sending', () => {
  it('checks of 4.1 hold', () => {
    const socket = openSync(createWorld())
    expect(codeOf(() => socket.send(new Uint8Array(15)))).toBe('ENOBUFS')
    expect(codeOf(() => socket.send(new Uint8Array(65537)))).toBe('EMSGSIZE')
  })

  it('no send-buffer accounting: FIONWRITE stays 0 and nothing waits for space', async () => {
    const world = createWorld()
    const socket = openSync(world)
    socket.setsockopt(0xffff, 0x1001, 40)
    const first = socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    expect(socket.fionwrite).toBe(0)
    world.proceed()
    expect(await first).toBe(36)
  })

  it('another sender in progress: MSG_DONTWAIT fails with EAGAIN', async () => {
    const world = createWorld()
    const socket = openSync(world)
    const first = socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    expect(codeOf(() => socket.send(ack(2), 0x80))).toBe('EAGAIN')
    world.proceed()
    await world.settle()
    expect(await first).toBe(36)
    expect(socket.send(ack(3), 0x80)).toBe(16)
    expect(drain(socket).map(({ type }) => type)).toEqual([ITEM_NEW, NLMSG_ERROR])
  })

  it('handler errors are never errors of send', () => {
    const socket = openSync(createWorld())
    expect(socket.send(request(99))).toBe(16)
    expect(drain(socket)[0]?.type).toBe(NLMSG_ERROR)
  })

  it('the replies of one request stand or fall together', () => {
    const world = createWorld()
    fill(world, 3)
    const socket = openSync(world)
    socket.setsockopt(0xffff, SO_RCVBUF, 70)
    const get = (id: number) => request(ITEM_GET, { item: itemOf(id), seq: id, flags: NLM_F_ACK })
    socket.send(concatBytes(get(1), get(2), get(3)))
    expect(codeOf(() => socket.recv(1000))).toBe('ENOBUFS')
    expect(drain(socket).map(({ type, seq }) => [type, seq])).toEqual([
      [ITEM_NEW, 1],
      [NLMSG_ERROR, 1],
    ])
  })

  it('a second dump while one is in progress: EBUSY; other requests are served in between', () => {
    const world = createWorld()
    fill(world, 100)
    const socket = openSync(world)
    socket.setsockopt(0xffff, SO_RCVBUF, 100)
    socket.send(request(ITEM_GET, { seq: 1 }))
    socket.recv(2000)
    expect(world.netlink.stats().dumps).toBe(1)
    socket.recv(3000)
    socket.setsockopt(0xffff, SO_RCVBUF, 100000)
    socket.send(request(ITEM_GET, { seq: 2 }))
    socket.send(request(ITEM_GET, { seq: 3, item: itemOf(5) }))
    const rest = drain(socket)
    expect(rest.filter(({ seq }) => seq === 2).map(({ type, payload }) => [type, payload[0]])).toEqual([[2, 16]])
    expect(rest.filter(({ seq }) => seq === 3).map(({ type }) => type)).toEqual([ITEM_NEW])
    expect(rest.filter(({ type }) => type === NLMSG_DONE)).toHaveLength(1)
  })
})

describe('NS 12.2 sync', () => {
  it('normal: FIONWRITE is 0 after send and the reply is there at once', () => {
    const world = createWorld()
    const socket = openSync(world)
    expect(socket.send(request(99))).toBe(16)
    expect(socket.fionwrite).toBe(0)
    expect(socket.recv(16)).toMatchObject({ length: 16 })
  })

  it('async → sync with work pending: EBUSY', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_RCVBUF, 16)
    for (let count = 0; count < 10; count++) socket.send(ack(count))
    await world.settle()
    expect(codeOf(() => socket.setsockopt(SOL_NETLINK, SND_SYNC, 1))).toBe('EBUSY')
  })

  it('sync → async: both options and both sends succeed, recv gives replies', async () => {
    const world = createWorld()
    const socket = openSync(world)
    expect(socket.send(request(99))).toBe(16)
    socket.setsockopt(SOL_NETLINK, SND_SYNC, 0)
    expect(socket.send(request(99))).toBe(16)
    await world.settle()
    expect(socket.recv(1000)).toMatchObject({ length: 72 })
  })

  it('sync-overflow', () => {
    const socket = openSync(createWorld())
    socket.setsockopt(0xffff, SO_RCVBUF, 360)
    while (socket.fionread < 360) expect(socket.send(ack(1))).toBe(16)
    const full = socket.fionread
    for (let count = 0; count < 5; count++) expect(socket.send(ack(2))).toBe(16)
    expect(socket.fionread).toBe(full)
    expect(codeOf(() => socket.recv(1000))).toBe('ENOBUFS')
    expect(socket.recv(1000)).toMatchObject({ length: full })
  })

  it('sync-batch', () => {
    const world = createWorld()
    const socket = openSync(world)
    socket.setsockopt(0xffff, SO_RCVBUF, 40)
    const news = [1, 2, 3, 4, 5].map(id => request(ITEM_NEW, { item: itemOf(id), seq: id, flags: NLM_F_ACK }))
    const batch = concatBytes(...news)
    expect(socket.send(batch)).toBe(batch.length)
    expect([...world.items.keys()]).toEqual([1, 2, 3, 4, 5])
    expect(world.netlink.stats().droppedMessages).toBe(3)
    expect(() => socket.recv(1000)).toThrow('ENOBUFS: 3 messages of 108 bytes were lost')
    expect(drain(socket).map(({ seq }) => seq)).toEqual([1, 2])
  })

  it.each([
    ['< 16', malformed],
    ['> remaining', malformed.with(0, 64)],
  ])('sync-malformed: nlmsg_len %s', (_what, bad) => {
    const world = createWorld()
    const socket = openSync(world)
    const [before, after] = [1, 2].map(id => request(ITEM_NEW, { item: itemOf(id), seq: id, flags: NLM_F_ACK }))
    expect(codeOf(() => socket.send(concatBytes(before ?? bad, bad, after ?? bad)))).toBe('EINVAL')
    expect(drain(socket).map(({ seq }) => seq)).toEqual([1])
    expect([...world.items.keys()]).toEqual([1])
  })

  it('a tail of zeros is no malformed header', () => {
    const socket = openSync(createWorld())
    expect(socket.send(concatBytes(ack(1), new Uint8Array(120)))).toBe(136)
  })

  it('sync-recv-clears, by MSG_PEEK too', () => {
    const socket = openSync(createWorld())
    socket.setsockopt(0xffff, SO_RCVBUF, 36)
    for (const flags of [0, 2]) {
      socket.send(concatBytes(ack(1), ack(2)))
      expect(codeOf(() => socket.recv(1000, flags))).toBe('ENOBUFS')
      expect(drain(socket)).toHaveLength(1)
    }
  })

  it('sync-own-context: the handler sees the calling process, and none on an asynchronous socket', async () => {
    const world = createWorld()
    const sync = openSync(world)
    const caller = { ...world.open(), pid: 42, descriptor: (fd: number) => `file ${fd}` } as never
    sync.send(request(ITEM_NEW, { item: itemOf(1) }), 0, { caller })
    expect(world.seen.at(-1)?.ctx.caller?.pid).toBe(42)
    expect(world.seen.at(-1)?.ctx.caller?.descriptor(3)).toBe('file 3')
    const async = world.open({ caller })
    async.send(request(ITEM_NEW, { item: itemOf(2) }))
    await world.settle()
    expect(world.seen.at(-1)?.id).toBe(2)
    expect(world.seen.at(-1)?.ctx.caller).toBeUndefined()
  })

  it('sync-order: replies in the order in which sends return, handlers never overlap', async () => {
    const world = createWorld()
    const socket = openSync(world)
    const order: number[] = []
    const sends = [1, 2, 3].map(async id => {
      await socket.send(request(ITEM_WAIT, { item: itemOf(id), seq: id }))
      order.push(id)
    })
    for (let left = 3; left > 0; left--) {
      await world.settle()
      expect(world.waiting).toBe(1)
      world.proceed()
    }
    await world.settle()
    await Promise.all(sends)
    expect(order).toEqual([1, 2, 3])
    expect(drain(socket).map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  it('a sender that waits goes on although the one before it was not answered', async () => {
    const world = createWorld()
    const socket = openSync(world)
    const sends = [1, 2].map(id => socket.send(request(ITEM_LOCKED, { item: itemOf(id) })))
    for (let left = 2; left > 0; left--) {
      await world.settle()
      world.proceed()
    }
    expect(await Promise.all(sends)).toEqual([36, 36])
    expect(socket.fionread).toBe(0)
  })

  it('switch-idle', async () => {
    const world = createWorld()
    const socket = world.open()
    for (const seq of [1, 2, 3]) socket.send(ack(seq))
    await world.settle()
    expect(socket.fionwrite).toBe(0)
    socket.setsockopt(SOL_NETLINK, SND_SYNC, 1)
    socket.send(ack(4))
    expect(drain(socket).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  })

  it('close-sync: nothing to wait for, port reusable', async () => {
    const world = createWorld()
    const socket = openSync(world)
    socket.bind({ portid: 9, groups: 0 })
    socket.send(ack(1))
    await socket.close()
    world.open().bind({ portid: 9, groups: 0 })
  })

  it('a handler that sends on its own socket does not overtake itself', async () => {
    const world = createWorld()
    const socket = openSync(world)
    let nested: unknown
    world.onFail = () => {
      nested = socket.send(ack(9))
    }
    expect(socket.send(request(ITEM_FAIL, { item: itemOf(1), seq: 1 }))).toBe(36)
    expect(nested).toBeInstanceOf(Promise)
    await world.settle()
    expect(await nested).toBe(16)
    expect(drain(socket).map(({ seq }) => seq)).toEqual([1, 9])
  })

  it('a handler that closes its own socket ends first', async () => {
    const world = createWorld()
    const socket = openSync(world)
    socket.bind({ portid: 9, groups: 0 })
    let closing: Promise<void> | undefined
    world.onFail = () => {
      closing = socket.close()
      expect(codeOf(() => world.open().bind({ portid: 9, groups: 0 }))).toBe('EADDRINUSE')
    }
    expect(socket.send(request(ITEM_FAIL, { item: itemOf(1) }))).toBe(36)
    await closing
    expect(codeOf(() => world.open().bind({ portid: 9, groups: 0 }))).toBe('no error')
  })

  it('close waits for a send that is in progress', async () => {
    const world = createWorld()
    const socket = openSync(world)
    const sending = socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    let closed = false
    const closing = socket.close().then(() => {
      closed = true
    })
    await world.settle()
    expect(closed).toBe(false)
    world.proceed()
    expect(await sending).toBe(36)
    await closing
  })
})
