import { NetlinkError } from '@nltool/nl-core/errno'
import { linuxSockets } from '@nltool/nl-core/kernel'
import { concatBytes, hex, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  createWorld,
  drain,
  errorOf,
  exchange,
  firstBytes,
  ITEM_FAIL,
  ITEM_GET,
  ITEM_NEW,
  itemOf,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  request,
} from './fixture.ts'

const CAP_ACK = 10
const EXT_ACK = 11
const abis = ['freebsd', 'linux'] as const

describe('NS 6.4 NLMSG_ERROR layout', () => {
  /** Bytes of a request of `length` that fails, or that is only acknowledged. */
  const sized = (length: number, fails: boolean) =>
    messageBytes(
      { type: fails ? 99 : 1, flags: NLM_F_REQUEST | NLM_F_ACK, seq: 9 },
      Uint8Array.from({ length: length - 16 }, (_, index) => index + 1),
    )

  it.each([
    [16, 0, [], 36, 0x100],
    [16, 0, [CAP_ACK], 36, 0x100],
    [16, 45, [], 36, 0],
    [52, 45, [], 72, 0],
    [45, 45, [], 68, 0],
    [52, 45, [CAP_ACK], 36, 0x100],
  ] as const)(
    'request %i, error %i, CAP_ACK %j: total length %i, flags %i',
    async (length, error, options, total, flags) => {
      const sent = sized(length, error !== 0)
      const bytes = firstBytes(await exchange(sent, 'freebsd', options))
      const quoted = error === 0 || options.length > 0 ? sent.subarray(0, 16) : sent
      const header = messageBytes(
        { type: NLMSG_ERROR, flags, seq: 9 },
        concatBytes(Uint8Array.of(error, 0, 0, 0), quoted),
      )
      expect(bytes.length).toBe(total)
      expect(bytes.subarray(16)).toEqual(concatBytes(header.subarray(16), new Uint8Array(-header.length & 3)))
      expect(splitMessages(bytes)[0]).toMatchObject({ type: NLMSG_ERROR, flags, seq: 9, portid: 0 })
    },
  )

  it('the quoted header: FreeBSD as stamped with the port, Linux as received', async () => {
    const bytes = messageBytes({ type: 1, flags: NLM_F_ACK, seq: 9, portid: 0xabcd })
    for (const [abi, quoted] of [
      ['freebsd', 4711],
      ['linux', 0xabcd],
    ] as const) {
      const world = createWorld()
      const socket = world.open({ abi })
      socket.bind({ portid: 4711, groups: 0 })
      socket.send(bytes)
      await world.settle()
      const [answer] = drain(socket)
      expect(answer?.portid).toBe(4711)
      expect(new DataView(answer?.payload.buffer ?? new ArrayBuffer(20)).getUint32(16, true)).toBe(quoted)
    }
  })

  it('i32 error: +errno of FreeBSD, −errno of Linux', async () => {
    for (const [abi, error] of [
      ['freebsd', 45],
      ['linux', -95],
    ] as const) {
      expect((await exchange(request(99), abi)).map(errorOf)).toEqual([error])
    }
  })
})

describe('NS 6.5 ext-ack attributes', () => {
  const tlvsOf = (message: { readonly payload: Uint8Array } | undefined, from: number) =>
    message?.payload.subarray(from)

  it('MSG and OFFS: the text, and where the attribute stands, counted from the request header', async () => {
    const sent = request(ITEM_NEW, { item: itemOf(1, 'bad') })
    const [answer] = await exchange(sent, 'freebsd', [EXT_ACK, CAP_ACK])
    expect(answer?.flags).toBe(0x300)
    expect(tlvsOf(answer, 20)).toEqual(hex`
      0d00 0100 626164206e616d6500 000000  // NLMSGERR_ATTR_MSG "bad name"
      0800 0200 18000000                   // NLMSGERR_ATTR_OFFS 24`)
  })

  it('OFFS inside a nest', async () => {
    const item = { header: { family: 0, id: 1 }, attrs: { name: 'ok', nest: { value: 13 } } }
    const [answer] = await exchange(request(ITEM_NEW, { item }), 'freebsd', [EXT_ACK, CAP_ACK])
    expect(tlvsOf(answer, 20 + 12)).toEqual(hex`0800 0200 24000000`) // 16 + 8 + name 8 + nest header 4
  })

  it('OFFS as the handler says it', async () => {
    const world = createWorld()
    world.fail = () => new NetlinkError('EINVAL', undefined, { offset: 20, attr: 'ITEM_NAME' })
    const [answer] = await exchange(request(ITEM_FAIL, { item: itemOf(1) }), 'freebsd', [EXT_ACK, CAP_ACK], world)
    expect(tlvsOf(answer, 20)).toEqual(hex`0800 0200 14000000`)
  })

  it('OFFS only if ≠ 0', async () => {
    const world = createWorld()
    world.fail = () => new NetlinkError('EINVAL', undefined, { offset: 0 })
    const [answer] = await exchange(request(ITEM_FAIL, { item: itemOf(1) }), 'freebsd', [EXT_ACK, CAP_ACK], world)
    expect([answer?.flags, answer?.payload.length]).toEqual([0x100, 20])
  })

  it('OFFS and text of an attribute that does not parse', async () => {
    const bad = messageBytes(
      { type: ITEM_NEW, flags: NLM_F_REQUEST, seq: 1 },
      hex`00000000 01000000 0700 0200 010203 00`,
    )
    const [answer] = await exchange(bad, 'freebsd', [EXT_ACK, CAP_ACK])
    expect(errorOf(answer as { payload: Uint8Array })).toBe(22)
    const text = Buffer.from(tlvsOf(answer, 24) ?? []).toString()
    expect(text).toContain('nla type 2 size(3) is not uint32')
    expect(tlvsOf(answer, answer === undefined ? 0 : answer.payload.length - 4)).toEqual(hex`18000000`)
  })

  it('without EXT_ACK: nothing, cookie included', async () => {
    const [refused] = await exchange(request(ITEM_NEW, { item: itemOf(1, 'bad') }), 'freebsd', [CAP_ACK])
    const [done] = await exchange(request(ITEM_NEW, { item: itemOf(1, 'cookie'), flags: NLM_F_ACK }))
    expect([refused?.payload.length, refused?.flags, done?.payload.length, done?.flags]).toEqual([20, 0x100, 20, 0x100])
  })

  it('MSG with error 0: a warning; COOKIE', async () => {
    const [warning] = await exchange(request(ITEM_NEW, { item: itemOf(1, 'warn'), flags: NLM_F_ACK }), 'freebsd', [
      EXT_ACK,
    ])
    expect(tlvsOf(warning, 20)).toEqual(hex`0e00 0100 74616b65206361726500 0000`)
    const [cookie] = await exchange(request(ITEM_NEW, { item: itemOf(1, 'cookie'), flags: NLM_F_ACK }), 'freebsd', [
      EXT_ACK,
    ])
    expect(cookie?.flags).toBe(0x300)
    expect(tlvsOf(cookie, 20)).toEqual(hex`0700 0300 010203 00`)
  })

  it('MISS_TYPE: on Linux sockets only', async () => {
    const item = { header: { family: 0, id: 1 }, attrs: {} }
    const [bsd] = await exchange(request(ITEM_NEW, { item }), 'freebsd', [EXT_ACK, CAP_ACK])
    expect(tlvsOf(bsd, 20)).toEqual(hex`1600 0100 ${Buffer.from('ITEM_NAME not set\0\0\0').toString('hex')}`)
    const [linux] = await exchange(request(ITEM_NEW, { item, abi: 'linux' }), 'linux', [EXT_ACK, CAP_ACK])
    expect(tlvsOf(linux, 20 + 24)).toEqual(hex`0800 0500 01000000`)
  })

  it.each([
    ['freebsd', [1, 2, 3]],
    ['linux', [1, 3, 2, 4, 5, 6]],
  ] as const)('order written on %s: %j', async (abi, order) => {
    const world = createWorld()
    world.fail = () =>
      new NetlinkError('EINVAL', 'no', {
        attr: 'ITEM_NAME',
        cookie: Uint8Array.from({ length: 30 }, (_, index) => index),
        policy: hex`0800 0100 04000000`,
        missType: 5,
        missNest: 24,
      })
    const asked = request(ITEM_FAIL, { item: itemOf(1), abi })
    const [answer] = await exchange(asked, abi, [EXT_ACK, CAP_ACK], world)
    const written = {
      1: hex`0700 0100 6e6f00 00`,
      2: hex`0800 0200 18000000`,
      3: hex`1800 0300 000102030405060708090a0b0c0d0e0f10111213`, // NETLINK_MAX_COOKIE_LEN
      4: hex`0c00 0480 0800 0100 04000000`,
      5: hex`0800 0500 05000000`,
      6: hex`0800 0600 18000000`,
    }
    expect(answer?.flags).toBe(0x300)
    expect(tlvsOf(answer, 20)).toEqual(concatBytes(...order.map(type => written[type])))
  })

  it('before each message text, offset and cookie are cleared', async () => {
    const named = ['warn', 'one', 'cookie', 'two', 'bad', 'three']
    const asked = named.map((name, seq) => request(ITEM_NEW, { item: itemOf(1, name), seq, flags: NLM_F_ACK }))
    const answers = await exchange(concatBytes(...asked), 'freebsd', [EXT_ACK, CAP_ACK])
    expect(answers.map(({ flags, payload }) => [flags, payload.length > 20])).toEqual([
      [0x300, true],
      [0x100, false],
      [0x300, true],
      [0x100, false],
      [0x300, true],
      [0x100, false],
    ])
  })

  it('the text is cut at 127 characters on FreeBSD', async () => {
    const world = createWorld()
    world.fail = () => new NetlinkError('EINVAL', 'x'.repeat(300))
    const [answer] = await exchange(request(ITEM_FAIL, { item: itemOf(1) }), 'freebsd', [EXT_ACK, CAP_ACK], world)
    expect(answer?.payload.length).toBe(20 + 4 + 128)
  })

  it('NLMSG_DONE carries them on Linux', async () => {
    for (const abi of abis) {
      const world = createWorld({ personality: linuxSockets })
      world.dump = function* () {
        yield itemOf(1)
        throw new NetlinkError('ENODEV', 'gone')
      }
      const got = await exchange(request(ITEM_GET, { abi }), abi, [EXT_ACK], world)
      expect(got.at(-1)?.bytes.subarray(4)).toEqual(
        abi === 'linux'
          ? hex`0300 0202 01000000 64000000 edffffff 0900 0100 676f6e6500 000000`
          : hex`0300 0000 01000000 00000000 13000000`,
      )
    }
  })
})
