import { splitMessages } from '@nltool/nl-core/testing'
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
  itemBody,
  itemOf,
  received,
  request,
  SOL_NETLINK,
  type World,
} from './fixture.ts'

const MSG_PEEK = 2
const MSG_TRUNC = 0x10
const MSG_DONTWAIT = 0x80
const MSG_WAITALL = 0x40

/** Both buffers full, as the helper of tests/sys/netlink/netlink_socket.c makes them: header-only dumps, unread. */
async function fullsocket(world: World) {
  const socket = world.open()
  const sndbuf = socket.getsockopt(0xffff, 0x1001).value
  const rcvbuf = socket.getsockopt(0xffff, 0x1002).value
  socket.send(request(ITEM_GET))
  await world.settle()
  received(socket.recv(16, MSG_PEEK | MSG_WAITALL))
  const reply = socket.fionread
  let total = 16
  while (!(socket.fionread > rcvbuf - reply && socket.fionwrite > sndbuf - 16)) {
    const code = codeOf(() => socket.send(request(ITEM_GET), MSG_DONTWAIT))
    if (code === 'EAGAIN') expect(total).toBeGreaterThan(sndbuf)
    else total += 16
    await world.settle()
  }
  return { socket, rcvbuf }
}

function itemsWorld(): World {
  const world = createWorld()
  fill(world, 20)
  return world
}

describe('NS 12.1 overflow', () => {
  it('with both buffers full a blocking sender sleeps until a signal; reading lets it go on', async () => {
    const world = itemsWorld()
    const { socket } = await fullsocket(world)
    const alarm = new AbortController()
    const asleep = Promise.allSettled([socket.send(request(ITEM_GET), 0, { signal: alarm.signal })])
    await world.settle()
    alarm.abort()
    expect(await asleep).toMatchObject([{ reason: { code: 'EINTR' } }])
    expect(received(socket.recv(1000)).length).toBeGreaterThan(16)
    const sending = socket.send(request(ITEM_GET))
    await world.settle()
    expect(await sending).toBe(16)
  })
})

describe('NS 11.2 peek', () => {
  it('recv of size 0 with WAITALL|PEEK|TRUNC gives the length of the first message, a second recv the same', async () => {
    const world = itemsWorld()
    const socket = world.open()
    socket.send(request(ITEM_GET))
    await world.settle()
    const { length } = received(socket.recv(0, MSG_WAITALL | MSG_PEEK | MSG_TRUNC))
    expect(length).toBe(36)
    expect(received(socket.recv(length)).length).toBe(length)
  })
})

describe('NS 11.2 sizes', () => {
  it('a to d, with one cmsg of the own process after a, c and d', async () => {
    const world = createWorld()
    fill(world, 600)
    const { socket } = await fullsocket(world)
    socket.setsockopt(SOL_NETLINK, 257, 1)
    const control = { control: true }
    const info = [{ level: 270, type: 257, data: Uint8Array.of(8, 0, 1, 0, 100, 0, 0, 0, 8, 0, 2, 0, 0, 0, 0, 0) }]

    const a = received(socket.recv(16, MSG_WAITALL | MSG_PEEK | MSG_TRUNC, control))
    const header = new DataView(a.data.buffer)
    expect(a).toMatchObject({ length: header.getUint32(0, true), control: info })
    expect(header.getUint16(4, true)).toBe(ITEM_NEW)
    const before = socket.fionread
    expect(received(socket.recv(0))).toMatchObject({ length: 0 })
    expect(socket.fionread).toBe(before)
    const c = received(socket.recv(16, 0, control))
    expect(c).toMatchObject({ length: 16, flags: MSG_TRUNC, control: info })
    expect(before - socket.fionread).toBe(a.length)
    const d = received(socket.recv(Math.min(20480, socket.fionread), 0, control))
    expect(d.length).toBeGreaterThan(18432)
    expect(d.control).toEqual(info)
  })
})

describe('NS 11.2 membership', () => {
  it('a member sees the notification of what it does, truncated to its buffer, no ACK in between', async () => {
    const world = createWorld()
    const socket = world.open()
    socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    const sent = request(ITEM_NEW, { item: itemOf(5), flags: 0x600 })
    socket.send(sent)
    await world.settle()
    const first = received(socket.recv(28))
    expect(first).toMatchObject({ length: 28, flags: MSG_TRUNC })
    expect(splitMessages(sent)[0]).toMatchObject({ type: new DataView(first.data.buffer).getUint16(4, true) })
    socket.send(request(ITEM_NEW, { item: itemOf(6) }))
    await world.settle()
    const [second, ...more] = drain(socket)
    expect(itemBody.decode(second?.payload ?? new Uint8Array(8), 'freebsd').header.id).toBe(6)
    expect(more).toEqual([])
  })
})

describe('NS 11.3 test_snl', () => {
  /** Type 255, 16 zero bytes, attribute 143 with a text. */
  const bad = request(255, { item: { header: { family: 0, id: 0 }, attrs: { name: 'some random string' } } })
  async function answer(options: readonly number[]) {
    const world = createWorld()
    const socket = world.open()
    for (const option of options) socket.setsockopt(SOL_NETLINK, option, 1)
    socket.send(bad)
    await world.settle()
    const [message] = drain(socket)
    if (message === undefined) throw new Error('no answer')
    expect(errorOf(message)).not.toBe(0)
    return message
  }

  it('snl_parse_errmsg_capped', async () => {
    const message = await answer([10])
    expect(message.bytes.length).toBe(36)
    expect(message.payload.subarray(4)).toEqual(bad.subarray(0, 16))
  })

  it('snl_parse_errmsg_capped_extack', async () => {
    const message = await answer([10, 11])
    expect(message.payload.subarray(4, 20)).toEqual(bad.subarray(0, 16))
    expect(Buffer.from(message.payload.subarray(24)).toString()).toContain('unknown message type: 255')
  })

  it('snl_parse_errmsg_uncapped_extack', async () => {
    const message = await answer([11])
    expect(message.payload.subarray(4, 4 + bad.length)).toEqual(bad)
    expect(Buffer.from(message.payload.subarray(4 + bad.length)).toString()).toContain('unknown message type: 255')
  })

  it('snl_list_ifaces', async () => {
    const world = itemsWorld()
    const socket = world.open()
    socket.send(request(ITEM_GET, { item: { header: { family: 0, id: 0 }, attrs: {} }, flags: 4 }))
    await world.settle()
    const got = drain(socket)
    expect(got.length).toBe(21)
    expect(errorOf(got.at(-1) as { payload: Uint8Array })).toBe(0)
  })
})
