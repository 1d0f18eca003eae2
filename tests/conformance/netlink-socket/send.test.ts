import { userCred, type VnetId } from '@nltool/nl-core/model'
import { concatBytes, messageBytes } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  createWorld,
  drain,
  drainAll,
  errorOf,
  fill,
  ITEM_GET,
  ITEM_LOCKED,
  ITEM_NEW,
  ITEM_WAIT,
  itemOf,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_DONE,
  received,
  request,
  SOL_NETLINK,
} from './fixture.ts'

const MSG_DONTWAIT = 0x80
const SO_SNDBUF = 0x1001
const SO_RCVBUF = 0x1002

describe('NS 4.1 common checks', () => {
  it('in this order: control data EINVAL, MSG_OOB EOPNOTSUPP, shorter than 16 ENOBUFS, above hiwat EMSGSIZE', () => {
    const socket = createWorld().open()
    const send = (length: number, flags: number, control: boolean) =>
      codeOf(() => socket.send(new Uint8Array(length), flags, { control }))
    expect(send(15, 1, true)).toBe('EINVAL')
    expect(send(15, 1, false)).toBe('EOPNOTSUPP')
    expect(send(15, 0, false)).toBe('ENOBUFS')
    expect(send(0, 0, false)).toBe('ENOBUFS')
    expect(send(65537, 0, false)).toBe('EMSGSIZE')
    expect(send(16, 0, false)).toBe('no error')
  })

  it('the destination address is ignored altogether', async () => {
    const world = createWorld()
    const socket = world.open({ cred: userCred(1) })
    socket.send(request(ITEM_GET, { item: itemOf(4) }), 0, { to: { portid: 4711, groups: 0xff } })
    await world.settle()
    expect(drain(socket)).toHaveLength(1)
  })
})

describe('NS 4.2 copy before validate', () => {
  const copies = [
    ['asynchronous, Uint8Array', 'freebsd', false, () => new Uint8Array(256)],
    ['asynchronous, SharedArrayBuffer', 'freebsd', false, () => new Uint8Array(new SharedArrayBuffer(256))],
    ['NETLINK_SND_SYNC, SharedArrayBuffer', 'freebsd', true, () => new Uint8Array(new SharedArrayBuffer(256))],
    ['Linux ABI, SharedArrayBuffer', 'linux', false, () => new Uint8Array(new SharedArrayBuffer(256))],
  ] as const
  it.each(copies)(
    'nothing the caller does to its memory after send is observable (%s)',
    async (_, abi, sync, memory) => {
      const world = createWorld()
      const socket = world.open({ abi })
      if (sync) socket.setsockopt(SOL_NETLINK, 258, 1)
      const first = request(ITEM_WAIT, { item: itemOf(1), abi })
      const second = request(ITEM_NEW, { item: itemOf(2, 'bad'), seq: 2, abi })
      const mine = memory().subarray(0, first.length + second.length)
      mine.set(concatBytes(first, second))
      const sent = socket.send(mine)
      mine.fill(0xff)
      await world.settle()
      mine.fill(0x11)
      world.proceed()
      await world.settle()
      expect(await sent).toBe(first.length + second.length)
      const [, refused] = drain(socket)
      expect(refused?.payload.subarray(4, 4 + 12)).toEqual(second.subarray(0, 12))
      expect(refused?.payload.subarray(20)).toEqual(second.subarray(16))
      expect(world.seen.map(({ id }) => id)).toEqual([1, 2])
    },
  )

  it('what goes to the port and the group of another socket is a copy too', () => {
    const world = createWorld({ protocol: { usersMaySend: true } })
    const [a, b] = [1, 2].map(pid => world.open({ abi: 'linux', pid }))
    if (a === undefined || b === undefined) throw new Error('no sockets')
    b.bind({ portid: 0, groups: 4 })
    const mine = new Uint8Array(new SharedArrayBuffer(4)).fill(7)
    a.send(mine, 0, { to: { portid: 2, groups: 4 } })
    mine.fill(0xff)
    for (let left = 2; left > 0; left--) expect(received(b.recv(100)).data).toEqual(new Uint8Array(4).fill(7))
  })
})

describe('NS 4.3 asynchronous mode', () => {
  it('enqueue: charged until the whole datagram has been processed', async () => {
    const world = createWorld()
    const socket = world.open()
    const bytes = concatBytes(request(ITEM_GET), request(ITEM_WAIT, { item: itemOf(1) }))
    expect(socket.send(bytes)).toBe(bytes.length)
    expect(socket.fionwrite).toBe(bytes.length)
    await world.settle()
    expect(world.waiting).toBe(1)
    expect(socket.fionwrite).toBe(bytes.length)
    world.proceed()
    await world.settle()
    expect(socket.fionwrite).toBe(0)
  })

  it('enqueue: no room is EAGAIN for a non-blocking send, sleep for a blocking one until a datagram is done', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_SNDBUF, 40)
    socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    expect(codeOf(() => socket.send(request(ITEM_GET), MSG_DONTWAIT))).toBe('EAGAIN')
    socket.nonblocking = true
    expect(codeOf(() => socket.send(request(ITEM_GET)))).toBe('EAGAIN')
    socket.nonblocking = false
    const asleep = socket.send(request(ITEM_GET))
    expect(asleep).toBeInstanceOf(Promise)
    await world.settle()
    expect(world.seen).toHaveLength(1)
    world.proceed()
    await world.settle()
    expect(await asleep).toBe(16)
    expect(world.seen.map(({ id }) => id)).toEqual([1, 0])
  })

  it('a sleeper is woken by a datagram that has been processed without any answer, too', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_SNDBUF, 40)
    socket.send(request(ITEM_NEW, { item: itemOf(1) }))
    const asleep = socket.send(request(ITEM_NEW, { item: itemOf(2) }))
    await world.settle()
    expect(await asleep).toBe(36)
    expect(socket.fionread).toBe(0)
  })

  it('the sleeper keeps the send lock: later senders wait behind it, non-blocking ones fail', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_SNDBUF, 60)
    socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    const big = socket.send(request(ITEM_GET, { item: itemOf(2) }))
    const small = socket.send(request(ITEM_GET))
    expect(codeOf(() => socket.send(request(ITEM_GET), MSG_DONTWAIT))).toBe('EAGAIN')
    world.scheduler.runUntilIdle()
    world.proceed()
    await world.settle()
    expect(await Promise.all([big, small])).toEqual([36, 16])
    expect(world.seen.map(({ id }) => id)).toEqual([1, 2, 0])
  })

  it('who stands behind a sleeper that gives up goes on', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_SNDBUF, 60)
    socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    const controller = new AbortController()
    const big = Promise.allSettled([
      socket.send(request(ITEM_GET, { item: itemOf(2) }), 0, { signal: controller.signal }),
    ])
    const small = socket.send(request(ITEM_GET))
    controller.abort()
    await world.settle()
    expect(await big).toMatchObject([{ reason: { code: 'EINTR' } }])
    expect(await small).toBe(16)
    expect(world.waiting).toBe(1)
  })

  it('a sleeping send ends with EINTR by signal and with EAGAIN by SO_SNDTIMEO', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_SNDBUF, 40)
    socket.setsockopt(0xffff, 0x1005, 1000)
    socket.send(request(ITEM_WAIT, { item: itemOf(1) }))
    const controller = new AbortController()
    const outcome = Promise.allSettled([
      socket.send(request(ITEM_GET), 0, { signal: controller.signal }),
      socket.send(request(ITEM_GET)),
    ])
    controller.abort()
    world.scheduler.advance(1000)
    expect(await outcome).toMatchObject([{ reason: { code: 'EINTR' } }, { reason: { code: 'EAGAIN' } }])
    world.proceed()
    await world.settle()
    expect(world.seen).toHaveLength(1)
  })

  it('room is computed signed: a limit lowered below what is charged leaves none', () => {
    const socket = createWorld().open()
    socket.send(request(ITEM_GET, { item: itemOf(2) }))
    socket.setsockopt(0xffff, SO_SNDBUF, 20)
    expect(codeOf(() => socket.send(request(ITEM_GET), MSG_DONTWAIT))).toBe('EAGAIN')
  })

  it('schedule: at most one pending activation per socket', () => {
    const world = createWorld()
    const socket = world.open()
    for (let count = 0; count < 5; count++) socket.send(request(ITEM_GET))
    expect(world.scheduler.waiting).toEqual(['netlink socket 1: worker'])
  })

  it('worker pass: a full receive buffer stops it between two messages of a datagram', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_RCVBUF, 72)
    const ack = (seq: number) => messageBytes({ type: 1, flags: NLM_F_REQUEST | NLM_F_ACK, seq })
    socket.send(concatBytes(...[1, 2, 3, 4, 5].map(ack)))
    await world.settle()
    expect(socket.fionread).toBe(72)
    expect(socket.fionwrite).toBe(80)
    expect(drain(socket).map(message => message.seq)).toEqual([1, 2])
    await world.settle()
    expect(drain(socket).map(message => message.seq)).toEqual([3, 4])
    await world.settle()
    expect(drain(socket).map(message => message.seq)).toEqual([5])
    await world.settle()
    expect(socket.fionwrite).toBe(0)
  })

  it('resume: by any recv that runs to its end, peeks and empty reads included, which stop again if still full', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_RCVBUF, 36)
    for (const seq of [1, 2]) socket.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq }))
    await world.settle()
    socket.recv(100, 2)
    socket.recv(0)
    await world.settle()
    expect(socket.fionread).toBe(36)
    socket.setsockopt(0xffff, SO_RCVBUF, 100)
    await world.settle()
    expect(socket.fionread).toBe(36) // no timer, and no one asked
    socket.recv(0)
    await world.settle()
    expect(socket.fionread).toBe(72)
  })

  it('resume: by another send', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(0xffff, SO_RCVBUF, 36)
    for (const seq of [1, 2]) socket.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq }))
    await world.settle()
    socket.setsockopt(0xffff, SO_RCVBUF, 1000)
    socket.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq: 3 }))
    await world.settle()
    expect(drain(socket).map(message => message.seq)).toEqual([1, 2, 3])
  })

  it('not by a recv that fails early', async () => {
    const world = createWorld()
    const socket = world.open()
    expect(codeOf(() => socket.recv(100, MSG_DONTWAIT))).toBe('EAGAIN')
    expect(world.scheduler.waiting).toEqual([])
  })

  it('replies are never dropped, though the message in work may overshoot the limit', async () => {
    const world = createWorld()
    const socket = world.open()
    fill(world, 3)
    socket.setsockopt(0xffff, SO_RCVBUF, 1)
    for (const id of [1, 2, 3]) socket.send(request(ITEM_GET, { item: itemOf(id), seq: id, flags: NLM_F_ACK }))
    const got = await drainAll(world, socket)
    expect(got.map(message => [message.type, message.seq])).toEqual([
      [ITEM_NEW, 1],
      [2, 1],
      [ITEM_NEW, 2],
      [2, 2],
      [ITEM_NEW, 3],
      [2, 3],
    ])
  })

  it('txBlocked hazard: a multicast that fills the buffer between requests delays none once it has been read', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, 7)
    socket.setsockopt(0xffff, SO_RCVBUF, 36)
    world.notify(1)
    drain(socket)
    await world.settle()
    socket.setsockopt(0xffff, SO_RCVBUF, 1000)
    const acks = [1, 2, 3].map(seq => messageBytes({ type: 1, flags: NLM_F_ACK, seq }))
    socket.send(concatBytes(...acks))
    await world.settle()
    expect(drain(socket)).toHaveLength(3)
  })

  it('ordering: requests of one socket never overlap, those of two sockets do', async () => {
    const world = createWorld()
    const [a, b] = [world.open(), world.open()]
    a.send(concatBytes(request(ITEM_WAIT, { item: itemOf(1) }), request(ITEM_WAIT, { item: itemOf(2) })))
    a.send(request(ITEM_WAIT, { item: itemOf(3) }))
    b.send(request(ITEM_WAIT, { item: itemOf(11) }))
    await world.settle()
    expect(world.seen.map(({ id }) => id)).toEqual([1, 11])
    world.proceed()
    await world.settle()
    expect(world.seen.map(({ id }) => id)).toEqual([1, 11, 2])
    for (let left = 0; left < 4; left++) {
      world.proceed()
      await world.settle()
    }
    expect(drain(a).map(({ payload }) => payload[4])).toEqual([1, 2, 3])
  })

  it('ordering: a notification to the requester precedes its acknowledgement', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, 7)
    socket.send(request(ITEM_NEW, { item: itemOf(1), flags: NLM_F_ACK }))
    await world.settle()
    expect(drain(socket).map(message => message.type)).toEqual([ITEM_NEW, 2])
  })

  it('lock rtnl: waits for its turn and is given back, also by a handler that fails', async () => {
    const world = createWorld()
    const [a, b] = [world.open(), world.open()]
    a.send(request(ITEM_LOCKED, { item: itemOf(1) }))
    b.send(request(ITEM_NEW, { item: itemOf(2, 'bad'), flags: NLM_F_ACK }))
    await world.settle()
    expect(world.seen.map(({ id }) => id)).toEqual([1])
    expect(world.netlink.rtnl.locked).toBe(true)
    world.proceed()
    await world.settle()
    expect(errorOf(drain(b)[0] as { payload: Uint8Array })).toBe(17)
    expect(world.netlink.rtnl.locked).toBe(false)
    for (const { ctx } of world.seen) expect(ctx.task.held).toEqual([])
  })
})

describe('NS 4.5 Linux send path', () => {
  it.each([
    ['MSG_OOB', 16, 1, 'EOPNOTSUPP'],
    ['length 0', 0, 0, 'ENODATA'],
    ['1 to 15 bytes are accepted and ignored', 15, 0, 'no error'],
    ['length above sndbuf − 32', 212961, 0, 'EMSGSIZE'],
  ] as const)('%s', (_row, length, flags, code) => {
    expect(codeOf(() => createWorld().open({ abi: 'linux' }).send(new Uint8Array(length), flags))).toBe(code)
  })

  it('address given: malformed EINVAL, another port without permission EPERM, nobody there ECONNREFUSED', () => {
    const world = createWorld()
    const user = world.open({ abi: 'linux', cred: userCred(1) })
    const bytes = request(ITEM_GET, { item: itemOf(1), abi: 'linux' })
    expect(codeOf(() => user.send(bytes, 0, { to: Uint8Array.of(2, 0, 0, 0) }))).toBe('EINVAL')
    expect(codeOf(() => user.send(bytes, 0, { to: new Uint8Array(12).fill(38, 0, 1) }))).toBe('EINVAL')
    expect(codeOf(() => user.send(bytes, 0, { to: { portid: 5, groups: 0 } }))).toBe('EPERM')
    expect(codeOf(() => user.send(bytes, 0, { to: { portid: 0, groups: 1 } }))).toBe('EPERM')
    expect(codeOf(() => user.send(bytes, 0, { to: { portid: 0, groups: 0 } }))).toBe('no error')
    const root = world.open({ abi: 'linux' })
    expect(codeOf(() => root.send(bytes, 0, { to: { portid: 5, groups: 0 } }))).toBe('ECONNREFUSED')
  })

  it('destination pid ≠ 0: the socket with that port gets it; from its recv one learns the sender', () => {
    const world = createWorld({ protocol: { usersMaySend: true } })
    const [a, b] = [1, 2].map(pid => world.open({ abi: 'linux', pid, cred: userCred(1) }))
    if (a === undefined || b === undefined) throw new Error('no sockets')
    b.bind({ portid: 0, groups: 4 })
    const bytes = Uint8Array.of(1, 2, 3, 4, 5)
    expect(a.send(bytes, 0, { to: { portid: 2, groups: 0 } })).toBe(5)
    expect(b.recv(100)).toMatchObject({ data: bytes, from: { portid: 1, groups: 0 }, length: 5 })
    a.send(bytes, 0, { to: { portid: 0, groups: 4 } })
    expect(b.recv(100)).toMatchObject({ data: bytes, from: { portid: 1, groups: 4 } })
    a.send(bytes, 0, { to: { portid: 0, groups: 6 } }) // the lowest group counts, which b has not joined
    expect(b.fionread).toBe(0)
  })

  it('destination pid ≠ 0, receiver full: sleep until it reads, EAGAIN when non-blocking; ECONNREFUSED when it closes', async () => {
    const world = createWorld({ protocol: { usersMaySend: true } })
    const [a, b] = [1, 2].map(pid => world.open({ abi: 'linux', pid }))
    if (a === undefined || b === undefined) throw new Error('no sockets')
    b.bind({ portid: 0, groups: 0 })
    b.setsockopt(1, 8, 1)
    const to = { portid: 2, groups: 0 }
    a.send(new Uint8Array(2304), 0, { to })
    expect(codeOf(() => a.send(new Uint8Array(8), 0x40, { to }))).toBe('EAGAIN')
    const first = a.send(new Uint8Array(2304), 0, { to })
    expect(first).toBeInstanceOf(Promise)
    b.recv(4096)
    await world.settle()
    expect(await first).toBe(2304)
    const outcome = Promise.allSettled([a.send(new Uint8Array(8), 0, { to })])
    await b.close()
    expect(await outcome).toMatchObject([{ reason: { code: 'ECONNREFUSED' } }])
  })

  it('destination group and pid: a copy to the group, not to the sender, then to the port', () => {
    const world = createWorld({ protocol: { usersMaySend: true } })
    const [a, b, c] = [1, 2, 3].map(pid => world.open({ abi: 'linux', pid }))
    if (a === undefined || b === undefined || c === undefined) throw new Error('no sockets')
    for (const socket of [a, b, c]) socket.bind({ portid: 0, groups: 4 })
    const bytes = Uint8Array.of(1, 2, 3)
    expect(a.send(bytes, 0, { to: { portid: 3, groups: 4 } })).toBe(3)
    expect([a, b, c].map(({ fionread }) => fionread)).toEqual([0, 3, 6])
    expect(received(c.recv(100)).from).toEqual({ portid: 1, groups: 4 })
    expect(received(c.recv(100)).from).toEqual({ portid: 1, groups: 0 })
  })

  it('unbound: the port is taken ahead of the check of the length', () => {
    const socket = createWorld().open({ abi: 'linux' })
    expect(codeOf(() => socket.send(new Uint8Array(212961)))).toBe('EMSGSIZE')
    expect(socket.portid).toBe(100)
  })

  it('no kernel listener: ECONNREFUSED', async () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    await world.netlink.unregister(0)
    expect(codeOf(() => socket.send(request(ITEM_GET, { abi: 'linux' })))).toBe('ECONNREFUSED')
  })

  it('control data is allowed', () => {
    const socket = createWorld().open({ abi: 'linux' })
    expect(socket.send(request(ITEM_GET, { abi: 'linux' }), 0, { control: true })).toBe(16)
  })

  it('no address given: the peer that connect stored, group and port', () => {
    const world = createWorld({ protocol: { usersMaySend: true } })
    const [a, b] = [1, 2].map(pid => world.open({ abi: 'linux', pid }))
    if (a === undefined || b === undefined) throw new Error('no sockets')
    b.bind({ portid: 0, groups: 4 })
    a.connect({ portid: 2, groups: 6 }) // group 2, the lowest, which b has not joined
    a.send(Uint8Array.of(1))
    expect(b.fionread).toBe(1)
    a.connect({ portid: 0, groups: 4 })
    a.send(Uint8Array.of(1, 2))
    expect(b.fionread).toBe(3)
    a.connect(Uint8Array.of(0, 0))
    a.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq: 1 }))
    expect([a.fionread, b.fionread]).toEqual([36, 3])
  })

  it('a port belongs to its protocol and network stack: ECONNREFUSED from another', () => {
    const world = createWorld()
    world.open({ abi: 'linux', pid: 2 }).bind({ portid: 0, groups: 0 })
    const other = world.open({ abi: 'linux', pid: 3, vnet: 1 as VnetId })
    const to = { portid: 2, groups: 0 }
    expect(codeOf(() => other.send(new Uint8Array(8), 0, { to }))).toBe('ECONNREFUSED')
    expect(codeOf(() => world.open({ abi: 'linux', pid: 4 }).send(new Uint8Array(8), 0, { to }))).toBe('no error')
  })

  it('peer connected elsewhere: ECONNREFUSED', () => {
    const world = createWorld()
    const [a, b] = [1, 2].map(pid => world.open({ abi: 'linux', pid }))
    if (a === undefined || b === undefined) throw new Error('no sockets')
    b.connect({ portid: 77, groups: 0 })
    expect(codeOf(() => a.send(new Uint8Array(8), 0, { to: { portid: 2, groups: 0 } }))).toBe('ECONNREFUSED')
  })

  it('SO_PASSCRED: process, user and group of the sender, 0 for the kernel', () => {
    const world = createWorld({ protocol: { usersMaySend: true } })
    const [a, b] = [1, 2].map(pid => world.open({ abi: 'linux', pid, cred: userCred(1001) }))
    if (a === undefined || b === undefined) throw new Error('no sockets')
    b.setsockopt(1, 16, 1)
    b.bind({ portid: 0, groups: 0 })
    a.send(new Uint8Array(8), 0, { to: { portid: 2, groups: 0 } })
    b.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq: 1 }))
    const control = () => received(b.recv(100, 0, { control: true })).control
    expect(control()).toEqual([{ level: 1, type: 2, data: Uint8Array.of(1, 0, 0, 0, 0xe9, 3, 0, 0, 0xe9, 3, 0, 0) }])
    expect(control()).toEqual([{ level: 1, type: 2, data: new Uint8Array(12) }])
  })

  it('the kernel runs in the caller’s context and the reply is there when send returns', () => {
    const world = createWorld()
    fill(world, 2)
    const socket = world.open({ abi: 'linux' })
    expect(socket.send(request(ITEM_GET, { abi: 'linux', flags: 0x300 }))).toBe(16)
    expect(socket.fionwrite).toBe(0)
    expect(drain(socket).at(-1)?.type).toBe(NLMSG_DONE)
    expect(world.scheduler.waiting).toEqual([])
  })

  it('malformed messages are accepted and ignored', () => {
    const socket = createWorld().open({ abi: 'linux' })
    const bytes = concatBytes(
      request(ITEM_GET, { abi: 'linux' }),
      Uint8Array.of(8, 0, 0, 0, ...new Uint8Array(12).fill(1)),
    )
    expect(socket.send(bytes)).toBe(bytes.length)
    expect(drain(socket)).toHaveLength(1)
  })
})
