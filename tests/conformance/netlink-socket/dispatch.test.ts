import { NetlinkError, SocketError } from '@nltool/nl-core/errno'
import { linuxSockets } from '@nltool/nl-core/kernel'
import type { Abi } from '@nltool/nl-core/model'
import { concatBytes, hex, messageBytes } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  createWorld,
  drain,
  drainAll,
  errorOf,
  exchange,
  fill,
  firstBytes,
  ITEM_FAIL,
  ITEM_GET,
  ITEM_NEW,
  ITEM_WAIT,
  itemBody,
  itemOf,
  NLM_F_ACK,
  NLM_F_DUMP_FILTERED,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  request,
  type World,
  type WorldOptions,
} from './fixture.ts'

const CAP_ACK = 10
const EXT_ACK = 11
const STRICT = 12
const abis = ['freebsd', 'linux'] as const
const ack = (seq: number) => messageBytes({ type: 1, flags: NLM_F_ACK, seq })

describe('NS 6.1 per datagram', () => {
  it.each([
    ['nlmsg_len > bytes remaining', hex`40000000 1200 0500 00000000 00000000`],
    ['nlmsg_len < 16', hex`0f000000 1200 0500 00000000 00000000`],
  ])('%s: the rest of the datagram is dropped without a word', async (_row, bad) => {
    for (const abi of abis) {
      const answers = await exchange(concatBytes(ack(1), bad, ack(2)), abi)
      expect(answers.map(({ seq }) => seq)).toEqual([1])
    }
  })

  it('no NLM_F_REQUEST, or a control type: an ACK with error 0 if NLM_F_ACK is set, no handler', async () => {
    const world = createWorld()
    const item = itemBody.encode(itemOf(1), 'freebsd')
    const notRequest = messageBytes({ type: ITEM_NEW, flags: NLM_F_ACK, seq: 1 }, item)
    const control = messageBytes({ type: 15, flags: NLM_F_ACK | NLM_F_REQUEST, seq: 2 })
    const silent = messageBytes({ type: 3, flags: NLM_F_REQUEST, seq: 3 })
    const answers = await exchange(concatBytes(notRequest, control, silent), 'freebsd', [], world)
    expect(answers.map(({ type, seq, flags }) => [type, seq, flags])).toEqual([
      [NLMSG_ERROR, 1, 0x100],
      [NLMSG_ERROR, 2, 0x100],
    ])
    expect(world.seen).toEqual([])
  })

  it('control types 1 to 15 never reach a handler', async () => {
    const world = createWorld()
    for (const type of Array.from({ length: 15 }, (_, index) => index + 1)) {
      const [answer] = await exchange(request(type, { flags: NLM_F_ACK }), 'freebsd', [], world)
      expect([answer?.type, errorOf(answer as { payload: Uint8Array })]).toEqual([NLMSG_ERROR, 0])
    }
    expect(world.seen).toEqual([])
  })

  it('the last message may lack its padding (NS 1.6)', async () => {
    for (const abi of abis) {
      const odd = messageBytes({ type: 1, flags: NLM_F_ACK, seq: 2 }, Uint8Array.of(7)).subarray(0, 17)
      expect((await exchange(concatBytes(ack(1), odd), abi)).map(({ seq }) => seq)).toEqual([1, 2])
    }
  })

  it('a trailing fragment of 1–15 bytes, and zeros, are ignored', async () => {
    for (const tail of [new Uint8Array(15).fill(9), new Uint8Array(248)]) {
      expect(await exchange(concatBytes(ack(1), tail))).toHaveLength(1)
    }
  })

  it('the offset advances by align4 of the length', async () => {
    const odd = messageBytes({ type: 1, flags: NLM_F_ACK, seq: 1 }, Uint8Array.of(7))
    expect((await exchange(concatBytes(odd, ack(2)))).map(({ seq }) => seq)).toEqual([1, 2])
  })
})

describe('NS 6.2 protocol dispatchers', () => {
  it('unknown type: ENOTSUP with the text of the protocol', async () => {
    const bytes = firstBytes(await exchange(request(99), 'freebsd', [EXT_ACK]))
    expect(bytes).toEqual(hex`
      44000000 0200 0002 01000000 00000000  // nlmsghdr, NLM_F_ACK_TLVS
      2d000000                              // EOPNOTSUPP of FreeBSD
      10000000 6300 0100 01000000 00000000  // the request
      1d00 0100 ${Buffer.from('unknown message type: 99\0\0\0\0').toString('hex')}`)
  })

  it('a protocol that has been taken back: EPROTONOSUPPORT', async () => {
    const world = createWorld()
    const socket = world.open()
    await world.netlink.unregister(0)
    expect(codeOf(() => world.open())).toBe('EPROTONOSUPPORT')
    socket.send(request(ITEM_GET))
    await world.settle()
    expect(errorOf(drain(socket)[0] as { payload: Uint8Array })).toBe(43)
  })

  it('unregister waits for handlers that run and for dumps; abortDumps ends those', async () => {
    const world = createWorld()
    fill(world, 1000)
    const [waiting, dumping] = [world.open(), world.open({ abi: 'linux' })]
    waiting.send(request(ITEM_WAIT, { item: itemOf(1) }))
    dumping.send(request(ITEM_GET, { abi: 'linux' }))
    await world.settle()
    let gone = false
    const going = world.netlink.unregister(0, { abortDumps: true }).then(() => {
      gone = true
    })
    await world.settle()
    expect(gone).toBe(false)
    expect(drain(dumping).at(-1)).toMatchObject({ type: NLMSG_DONE, flags: NLM_F_MULTI })
    world.proceed()
    await world.settle()
    await going
    expect(world.netlink.stats().dumps).toBe(0)
    expect(drain(waiting).map(({ type }) => type)).toEqual([ITEM_NEW])
  })

  it('unregister ends the dump of an asynchronous socket when there is room for its end', async () => {
    const world = createWorld()
    fill(world, 1000)
    const socket = world.open()
    socket.setsockopt(0xffff, 0x1002, 1000)
    socket.send(request(ITEM_GET))
    await world.settle()
    const going = world.netlink.unregister(0, { abortDumps: true })
    await world.settle()
    expect(world.netlink.stats().dumps).toBe(1)
    const got = await drainAll(world, socket)
    await going
    expect(got.at(-1)).toMatchObject({ type: NLMSG_DONE, payload: Uint8Array.of(43, 0, 0, 0) })
    expect(got.length).toBeLessThan(100)
  })

  it('a protocol number is registered once, and in range', async () => {
    const { netlink } = createWorld()
    const spare = {
      name: 'spare',
      handlerOf: () => {
        throw new NetlinkError('EINVAL')
      },
      replyType: () => 0,
      groups: () => 1,
    }
    expect(codeOf(() => netlink.register({ ...spare, number: 0 }))).toBe('EEXIST')
    expect(codeOf(() => netlink.register({ ...spare, number: 32 }))).toBe('EINVAL')
    await expect(netlink.unregister(9)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('NS 6.3 when an ACK/ERROR message is sent', () => {
  async function answers(abi: Abi, flags: number, code: 'EINTR' | 'EINVAL' | undefined) {
    const world = createWorld()
    world.fail = () => new NetlinkError(code ?? 'EINVAL')
    const bytes =
      code === undefined
        ? request(ITEM_NEW, { item: itemOf(1), flags, abi })
        : request(ITEM_FAIL, { item: itemOf(1), flags, abi })
    return (await exchange(bytes, abi, [], world)).map(errorOf)
  }

  it.each([
    ['0', undefined, 'freebsd', [], [0]],
    ['0', undefined, 'linux', [], [0]],
    ['error', 'EINVAL', 'freebsd', [22], [22]],
    ['error', 'EINVAL', 'linux', [-22], [-22]],
    ['EINTR', 'EINTR', 'freebsd', [], [4]],
    ['EINTR', 'EINTR', 'linux', [], []],
  ] as const)('handler result %s (%s) on %s: without NLM_F_ACK %j, with it %j', async (_row, code, abi, clear, set) => {
    expect(await answers(abi, 0, code)).toEqual(clear)
    expect(await answers(abi, NLM_F_ACK, code)).toEqual(set)
  })

  it('handler called end-of-dump: no ACK', async () => {
    const world = createWorld()
    for (const abi of abis) {
      const got = await exchange(request(ITEM_GET, { flags: NLM_F_ACK, abi }), abi, [], world)
      expect(got.map(({ type }) => type)).toEqual([NLMSG_DONE])
    }
  })

  it('a single-object reply has no MULTI and no DONE; with NLM_F_ACK an ACK follows', async () => {
    const world = createWorld()
    fill(world, 1)
    const got = await exchange(request(ITEM_GET, { item: itemOf(1), flags: NLM_F_ACK }), 'freebsd', [], world)
    expect(got.map(({ type, flags }) => [type, flags & NLM_F_MULTI])).toEqual([
      [ITEM_NEW, 0],
      [NLMSG_ERROR, 0],
    ])
  })

  it('reply flags: those of the request on FreeBSD, none on Linux', async () => {
    const world = createWorld()
    fill(world, 1)
    const flagsOf = async (abi: Abi) =>
      (await exchange(request(ITEM_GET, { item: itemOf(1), flags: NLM_F_ACK, abi }), abi, [], world))[0]?.flags
    expect(await flagsOf('freebsd')).toBe(NLM_F_REQUEST | NLM_F_ACK)
    expect(await flagsOf('linux')).toBe(0)
  })

  it('errors that are no answer: EIO, and the owner of the kernel is told', async () => {
    for (const thrown of [new TypeError('x is not a function'), new SocketError('EBADF'), 'a string', undefined]) {
      const world = createWorld()
      world.fail = () => thrown
      const [answer] = await exchange(request(ITEM_FAIL, { item: itemOf(1) }), 'freebsd', [], world)
      expect(errorOf(answer as { payload: Uint8Array })).toBe(5)
      expect(world.defects).toEqual([thrown])
      expect(world.netlink.stats().defects).toBe(1)
    }
  })
})

describe('NS 1.4 multipart rules', () => {
  it('1, 2, 5: MULTI, seq and port on every message; one DONE, whose flags are 0 on FreeBSD, MULTI on Linux', async () => {
    for (const [abi, doneFlags] of [
      ['freebsd', 0],
      ['linux', NLM_F_MULTI],
    ] as const) {
      const world = createWorld()
      fill(world, 3)
      const socket = world.open({ abi })
      socket.bind({ portid: 321, groups: 0 })
      socket.send(request(ITEM_GET, { seq: 77, abi }))
      const got = await drainAll(world, socket)
      expect(got.map(({ seq, portid }) => [seq, portid])).toEqual(new Array(4).fill([77, 321]))
      expect(got.slice(0, 3).every(({ flags }) => (flags & NLM_F_MULTI) !== 0)).toBe(true)
      expect(got.at(-1)).toMatchObject({ type: NLMSG_DONE, flags: doneFlags, payload: new Uint8Array(4) })
    }
  })

  async function failing(after: number, options: WorldOptions, abi: Abi) {
    const world = createWorld(options)
    world.dump = function* () {
      for (let id = 1; id <= after; id++) yield itemOf(id)
      throw new NetlinkError('ENOENT')
    }
    return (await exchange(request(ITEM_GET, { abi }), abi, [], world)).at(-1)
  }

  it('4: an error before the first object is an NLMSG_ERROR, after that the result of NLMSG_DONE', async () => {
    expect(await failing(0, {}, 'freebsd')).toMatchObject({ type: NLMSG_ERROR })
    expect(await failing(2, {}, 'freebsd')).toMatchObject({ type: NLMSG_DONE, payload: Uint8Array.of(2, 0, 0, 0) })
    expect(await failing(2, {}, 'linux')).toMatchObject({
      type: NLMSG_DONE,
      payload: Uint8Array.of(254, 255, 255, 255),
    })
  })

  it('3, 4: a dump that fails after its first object has no NLMSG_ERROR, NLM_F_ACK or not', async () => {
    for (const abi of abis) {
      const world = createWorld()
      world.dump = function* () {
        yield itemOf(1)
        throw new NetlinkError('ENOENT')
      }
      const got = await exchange(request(ITEM_GET, { flags: NLM_F_ACK, abi }), abi, [], world)
      expect(got.map(({ type }) => type)).toEqual([ITEM_NEW, NLMSG_DONE])
    }
  })

  it('4: under the Linux personality it is NLMSG_DONE in both cases', async () => {
    expect(await failing(0, { personality: linuxSockets }, 'linux')).toMatchObject({ type: NLMSG_DONE })
  })

  it('NLM_F_DUMP_FILTERED on every message and DONE when a filter was applied', async () => {
    const world = createWorld()
    fill(world, 2)
    world.filtered = true
    const got = await exchange(request(ITEM_GET), 'freebsd', [], world)
    expect(got.map(({ flags }) => flags & NLM_F_DUMP_FILTERED)).toEqual([0x20, 0x20, 0x20])
  })
})

describe('NS 6.6 several messages in one send', () => {
  it('each is executed and answered on its own, in order', async () => {
    const world = createWorld()
    const bytes = concatBytes(
      request(ITEM_NEW, { item: itemOf(1), seq: 1, flags: NLM_F_ACK }),
      request(ITEM_NEW, { item: itemOf(2, 'bad'), seq: 2, flags: NLM_F_ACK }),
      request(99, { seq: 3 }),
      request(ITEM_NEW, { item: itemOf(4), seq: 4, flags: NLM_F_ACK }),
    )
    for (const abi of ['freebsd'] as const) {
      const got = await exchange(bytes, abi, [], world)
      expect(got.map(message => [message.seq, errorOf(message)])).toEqual([
        [1, 0],
        [2, 17],
        [3, 45],
        [4, 0],
      ])
    }
    expect([...world.items.keys()]).toEqual([1, 4])
  })
})

describe('NS 7.2, 7.5 strict versus non-strict', () => {
  const strictly = (bytes: Uint8Array, world?: World) => exchange(bytes, 'freebsd', [STRICT, EXT_ACK, CAP_ACK], world)

  it('short fixed header: zero-filled, or EINVAL with the text', async () => {
    const short = messageBytes({ type: ITEM_GET, flags: NLM_F_REQUEST, seq: 1 }, Uint8Array.of(2))
    expect((await exchange(short)).map(({ type }) => type)).toEqual([NLMSG_DONE])
    const [refused] = await strictly(short)
    expect(Buffer.from(refused?.payload.subarray(24) ?? []).toString()).toBe('header too short: expected 8, got 1\0')
  })

  it('short fixed header of a NEW or DEL on a Linux socket: EBADMSG', async () => {
    const short = (type: number) => messageBytes({ type, flags: NLM_F_REQUEST, seq: 1 }, Uint8Array.of(2))
    expect((await exchange(short(ITEM_NEW), 'linux')).map(errorOf)).toEqual([-74])
    expect((await exchange(short(ITEM_GET), 'linux')).map(({ type }) => type)).toEqual([NLMSG_DONE])
  })

  it('per-parser header check: skipped, or enforced with its own text', async () => {
    const world = createWorld()
    world.items.set(2000, itemOf(2000))
    const get = request(ITEM_GET, { item: itemOf(2000) })
    expect((await exchange(get, 'freebsd', [], world)).map(({ type }) => type)).toEqual([ITEM_NEW])
    const [refused] = await strictly(get, world)
    expect(Buffer.from(refused?.payload.subarray(24) ?? []).toString()).toBe('id must be small\0\0\0\0')
  })

  it('unknown attributes, trailing bytes, flag bits: ignored in both', async () => {
    const body = hex`00000000 05000000 0600 0180 7800 0000 0500 6300 0100 0000 09`
    const bytes = messageBytes({ type: ITEM_NEW, flags: NLM_F_REQUEST | NLM_F_ACK, seq: 1 }, body)
    expect((await exchange(bytes)).map(errorOf)).toEqual([0])
    expect((await strictly(bytes)).map(errorOf)).toEqual([0])
  })
})
