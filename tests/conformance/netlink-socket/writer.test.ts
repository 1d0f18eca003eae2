import { concatBytes, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  createWorld,
  drain,
  errorOf,
  ITEM_FAIL,
  ITEM_GET,
  ITEM_NEW,
  type ItemBody,
  itemOf,
  NLM_F_ACK,
  NLMSG_DONE,
  NLMSG_ERROR,
  received,
  request,
  type World,
} from './fixture.ts'

/** An item that takes a payload of `bytes`. */
function sized(id: number, bytes: number): ItemBody {
  return { header: { family: 0, id }, attrs: { name: 'x', data: new Uint8Array(bytes).fill(id) } }
}

/** An attribute that cannot be written: nla_len has 16 bits. */
const tooLarge = sized(99, 65532)

async function answersTo(bytes: Uint8Array, world: World) {
  const socket = world.open()
  socket.send(bytes)
  await world.settle()
  return { socket, answers: drain(socket, 1 << 20) }
}

describe('NS 8.3 guarantees', () => {
  it('writing is transactional per message: what cannot be written leaves no trace, its neighbours are whole', async () => {
    const world = createWorld()
    world.dump = () => [sized(1, 8), tooLarge, sized(2, 8)]
    const { answers } = await answersTo(request(ITEM_GET), world)
    expect(answers.map(({ type }) => type)).toEqual([ITEM_NEW, ITEM_NEW, NLMSG_DONE])
    expect(answers.map(({ payload }) => payload[4])).toEqual([1, 2, undefined])
    expect(world.netlink.stats().unencodable).toBe(1)
  })

  it('a nest has no NESTED bit, its length is current − offset (NS 1.5, 8.2)', async () => {
    const world = createWorld()
    world.items.set(1, { header: { family: 0, id: 1 }, attrs: { name: 'x', nest: { value: 7 } } })
    const { answers } = await answersTo(request(ITEM_GET, { item: itemOf(1) }), world)
    expect(answers[0]?.bytes.subarray(32)).toEqual(Uint8Array.of(12, 0, 4, 0, 8, 0, 1, 0, 7, 0, 0, 0))
  })

  it('a reply that cannot be written: EIO, and the owner of the kernel is told', async () => {
    const world = createWorld()
    world.items.set(99, tooLarge)
    const { answers } = await answersTo(request(ITEM_GET, { item: itemOf(99), flags: NLM_F_ACK }), world)
    expect(answers.map(({ type }) => type)).toEqual([NLMSG_ERROR])
    expect(answers.map(errorOf)).toEqual([5])
    expect(world.defects).toHaveLength(1)
  })

  it('reserved bytes are zero where a message was rolled back: the padding of a quoted request', async () => {
    const world = createWorld()
    world.items.set(99, { ...tooLarge, attrs: { ...tooLarge.attrs, name: 'x'.repeat(100) } })
    const odd = messageBytes({ type: ITEM_GET, flags: 1, seq: 1 }, Uint8Array.of(0, 0, 0, 0, 99, 0, 0, 0, 9))
    const { answers } = await answersTo(odd, world)
    expect(answers.map(({ bytes }) => [...bytes.subarray(44)])).toEqual([[9, 0, 0, 0]])
  })

  it('padding is written as zero, also where a message was rolled back', async () => {
    const world = createWorld()
    const odd: ItemBody = { header: { family: 0, id: 2 }, attrs: { name: 'ab', data: Uint8Array.of(1) } }
    world.dump = () => [sized(1, 400), tooLarge, odd]
    const { answers } = await answersTo(request(ITEM_GET), world)
    const { bytes } = answers[1] ?? { bytes: new Uint8Array(0) }
    expect(bytes.subarray(24)).toEqual(Uint8Array.of(7, 0, 1, 0, 97, 98, 0, 0, 5, 0, 3, 0, 1, 0, 0, 0))
  })
})

describe('NS 8.4 growing', () => {
  it.each([100, 2000, 2048, 4096, 60000])(
    'messages of %i bytes and small ones come whole and in order',
    async bytes => {
      const world = createWorld()
      const items = Array.from({ length: 40 }, (_, index) => sized(index + 1, index % 3 === 0 ? bytes : 4))
      world.dump = () => items
      const socket = world.open()
      socket.setsockopt(0xffff, 0x1002, 1 << 20)
      socket.send(request(ITEM_GET))
      const answers: ReturnType<typeof drain> = []
      for (let rounds = 0; rounds < 10; rounds++) {
        await world.settle()
        answers.push(...drain(socket, 1 << 21))
      }
      expect(answers).toHaveLength(41)
      for (const [index, { payload }] of answers.slice(0, 40).entries()) {
        const data = payload.subarray(8 + 8 + 4)
        expect(payload[4]).toBe(index + 1)
        expect(data.length).toBe(index % 3 === 0 ? (bytes + 3) & ~3 : 4)
        expect(data.subarray(0, index % 3 === 0 ? bytes : 4).every(byte => byte === index + 1)).toBe(true)
      }
    },
  )

  it('what has been handed over is not written again', async () => {
    const world = createWorld()
    const socket = world.open()
    const taken: Uint8Array[] = []
    for (let seq = 1; seq <= 2000; seq++) {
      socket.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq }))
      world.scheduler.runUntilIdle()
      const got = socket.take()
      if (got instanceof Promise) throw new Error('take waits')
      taken.push(got.bytes)
    }
    expect(taken.flatMap(splitMessages).map(({ seq }) => seq)).toEqual(taken.map((_, index) => index + 1))
  })
})

describe('NS 5.3 how replies are packed', () => {
  it('all replies of a datagram in runs of at most 2 KiB and one message; none is split', async () => {
    const world = createWorld()
    const socket = world.open()
    const runs: number[] = []
    world.netlink.tap(({ direction, bytes }) => {
      if (direction === 'received') runs.push(bytes.length)
    })
    const asks = Array.from({ length: 300 }, (_, index) => messageBytes({ type: 1, flags: NLM_F_ACK, seq: index + 1 }))
    socket.send(concatBytes(...asks))
    await world.settle()
    expect(socket.fionread).toBe(300 * 36)
    expect(runs.length).toBeGreaterThan(1)
    for (const run of runs) expect(run).toBeLessThan(2048 + 36)
    let seen = 0
    while (socket.fionread > 0) {
      const messages = splitMessages(received(socket.recv(500)).data)
      for (const { seq } of messages) expect(seq).toBe(++seen)
    }
    expect(seen).toBe(300)
  })
})

describe('LK A locks', () => {
  it('a handler that ends with a lock held is a defect that is reported', async () => {
    const world = createWorld()
    world.fail = () => undefined
    const locks = world.netlink.rtnl
    world.onFail = ctx => void locks.acquire(ctx)
    await answersTo(request(ITEM_FAIL, { item: itemOf(1) }), world)
    expect(world.defects.map(String)).toContainEqual(expect.stringContaining('rtnl'))
  })
})
