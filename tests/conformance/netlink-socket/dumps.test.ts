import { handler } from '@nltool/nl-core/kernel'
import { concatBytes, hex, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  createWorld,
  drain,
  drainAll,
  errorOf,
  fill,
  ITEM_GET,
  ITEM_NEW,
  itemBody,
  itemOf,
  NLM_F_ACK,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  received,
  request,
  SOL_NETLINK,
} from './fixture.ts'

const SO_RCVBUF = 0x1002

describe('NS 5.4 dumps', () => {
  it('are pulled while ccc < hiwat: a native dump is not queued whole, and ends with one DONE', async () => {
    const world = createWorld()
    fill(world, 5000)
    const socket = world.open()
    socket.send(request(ITEM_GET, { seq: 3, flags: NLM_F_ACK }))
    await world.settle()
    expect(socket.fionread).toBeGreaterThanOrEqual(65536)
    expect(socket.fionread).toBeLessThan(65536 + 2048 + 40)
    const got = await drainAll(world, socket)
    expect(got.map(({ type }) => type)).toEqual([...new Array(5000).fill(ITEM_NEW), NLMSG_DONE])
    expect(new Set(got.map(({ seq }) => seq))).toEqual(new Set([3]))
    expect(errorOf(got.at(-1) as { payload: Uint8Array })).toBe(0)
  })

  it('the next request waits in the send queue until the dump is over', async () => {
    const world = createWorld()
    fill(world, 100)
    const socket = world.open()
    socket.setsockopt(0xffff, SO_RCVBUF, 500)
    socket.send(concatBytes(request(ITEM_GET, { seq: 1 }), request(ITEM_GET, { seq: 2 })))
    const got = await drainAll(world, socket)
    expect(got.map(({ seq }) => seq)).toEqual([...new Array(101).fill(1), ...new Array(101).fill(2)])
  })

  it('Linux: one part per datagram, the first below 3.7 KiB, later ones up to the largest recv, at most 32 KiB', () => {
    const world = createWorld()
    fill(world, 5000)
    const socket = world.open({ abi: 'linux' })
    socket.send(request(ITEM_GET, { abi: 'linux' }))
    const sizes: number[] = []
    for (const size of [8192, 8192, 100000, 100000]) sizes.push(received(socket.recv(size)).length)
    expect(sizes[0]).toBeLessThanOrEqual(3776)
    expect(sizes[0]).toBeGreaterThan(3600)
    expect(sizes[1]).toBeGreaterThan(8000)
    expect(sizes[1]).toBeLessThanOrEqual(8192)
    expect(sizes[3]).toBeGreaterThan(32000)
    expect(sizes[3]).toBeLessThanOrEqual(32768)
  })

  it('Linux: an object that turns out too large for a part begins the next datagram', () => {
    const world = createWorld()
    world.dump = function* () {
      for (let id = 1; id <= 80; id++) yield itemOf(id)
      yield { header: { family: 0, id: 81 }, attrs: { name: 'x', data: new Uint8Array(2000) } }
    }
    const socket = world.open({ abi: 'linux' })
    socket.send(request(ITEM_GET, { abi: 'linux' }))
    const parts = []
    while (socket.fionread > 0) parts.push(splitMessages(received(socket.recv(3776)).data).map(({ type }) => type))
    expect(parts[0]).toHaveLength(80)
    expect(parts.flat()).toEqual([...new Array(81).fill(ITEM_NEW), NLMSG_DONE])
  })

  it.each(['linux', 'freebsd'] as const)('no part is pulled into a receive buffer that is full (%s, in send)', abi => {
    const world = createWorld()
    fill(world, 1000)
    const socket = world.open({ abi })
    if (abi === 'freebsd') socket.setsockopt(SOL_NETLINK, 258, 1)
    if (abi === 'freebsd') socket.setsockopt(0xffff, SO_RCVBUF, 2304)
    else socket.setsockopt(1, 8, 1) // SO_RCVBUF of Linux, 2304 at least
    socket.send(request(ITEM_GET, { abi }))
    const full = socket.fionread
    expect(full).toBeGreaterThanOrEqual(2304)
    for (let peeks = 0; peeks < 3; peeks++) received(socket.recv(4096, 2))
    expect(socket.fionread).toBe(full)
    received(socket.recv(32768))
    expect(socket.fionread).toBeGreaterThan(0)
  })

  it('Linux: the first part is made inside send, each later one inside a recv, none by other requests', () => {
    const world = createWorld()
    fill(world, 1000)
    const socket = world.open({ abi: 'linux' })
    socket.send(request(ITEM_GET, { abi: 'linux' }))
    const first = socket.fionread
    expect(first).toBeGreaterThan(3600)
    socket.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq: 2 }))
    expect(socket.fionread).toBe(first + 36)
    received(socket.recv(first))
    expect(socket.fionread).toBeGreaterThan(36)
  })

  it('Linux: a second dump on the socket: EBUSY', () => {
    const world = createWorld()
    fill(world, 500)
    const socket = world.open({ abi: 'linux' })
    socket.send(request(ITEM_GET, { abi: 'linux', seq: 1 }))
    socket.send(request(ITEM_GET, { abi: 'linux', seq: 2 }))
    const refused = drain(socket).filter(({ seq }) => seq === 2)
    expect(refused.map(message => errorOf(message))).toEqual([-16])
  })

  it('EBUSY comes before what is wrong with the attributes', () => {
    const endless = handler({
      body: itemBody,
      *dump() {
        for (let id = 1; ; id++) yield itemOf(id)
      },
    })
    const world = createWorld({ protocol: { handlerOf: () => endless } })
    const socket = world.open({ abi: 'linux' })
    socket.send(request(ITEM_GET, { item: itemOf(0), abi: 'linux', seq: 1 }))
    const bad = messageBytes({ type: ITEM_GET, flags: 1, seq: 2 }, hex`00000000 00000000 0700 0c00 010203 00`) // a short ITEM_VALUE
    socket.send(bad)
    received(socket.recv(8192))
    expect(splitMessages(received(socket.recv(8192)).data).map(errorOf)).toEqual([-16])
  })

  it('closing the socket runs the generator’s end', async () => {
    const world = createWorld()
    let ended = false
    world.dump = function* () {
      try {
        for (let id = 1; ; id++) yield itemOf(id)
      } finally {
        ended = true
      }
    }
    const socket = world.open()
    socket.send(request(ITEM_GET))
    await world.settle()
    expect(ended).toBe(false)
    await socket.close()
    expect(ended).toBe(true)
  })
})

describe('LK B5 when NLM_F_DUMP_INTR is set', () => {
  async function dumpInParts(change: (part: number, world: ReturnType<typeof createWorld>) => void, count = 100) {
    const world = createWorld()
    fill(world, count)
    const socket = world.open()
    socket.setsockopt(0xffff, SO_RCVBUF, 1000)
    change(0, world)
    socket.send(request(ITEM_GET))
    const parts: boolean[][] = []
    for (let part = 1; ; part++) {
      await world.settle()
      const messages = drain(socket)
      parts.push(messages.map(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0))
      if (messages.at(-1)?.type === NLMSG_DONE) return parts
      change(part, world)
    }
  }

  it('no change: never, over many parts', async () => {
    const parts = await dumpInParts(() => undefined, 1000)
    expect(parts.length).toBeGreaterThan(10)
    expect(parts.flat()).not.toContain(true)
  })

  it('change before the first part: not flagged', async () => {
    const parts = await dumpInParts((part, world) => void (part === 0 && world.generation++))
    expect(parts.flat()).not.toContain(true)
  })

  it('change between parts 1 and 2: first message of part 2', async () => {
    const parts = await dumpInParts((part, world) => void (part === 1 && world.generation++))
    expect(parts.flat().filter(Boolean)).toHaveLength(1)
    expect(parts[1]?.[0]).toBe(true)
  })

  it('all remaining entries vanish: DONE', async () => {
    const parts = await dumpInParts((part, world) => {
      if (part !== 1) return
      world.items.clear()
      world.generation++
    })
    expect(parts).toHaveLength(2)
    expect(parts[1]).toEqual([true])
  })

  it('the flag is not lost with an object that the reader’s ABI cannot express', async () => {
    const world = createWorld()
    world.dump = function* () {
      yield itemOf(1)
      world.generation++
      yield { header: { family: 0, id: 2 }, attrs: { name: 'x', data: new Uint8Array(65532) } }
      yield itemOf(3)
    }
    const socket = world.open()
    socket.send(request(ITEM_GET))
    await world.settle()
    expect(drain(socket).map(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0)).toEqual([false, true, false])
  })

  it('change and exact undo between parts: flagged', async () => {
    const parts = await dumpInParts((part, world) => {
      if (part === 2) world.generation += 2
    })
    expect(parts[2]?.[0]).toBe(true)
  })
})
