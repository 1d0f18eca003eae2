import {
  abiConstants,
  NETLINK_SND_SYNC,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_ECHO,
  NLM_F_ROOT,
  SOL_NETLINK,
} from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import { userCred, type VnetId } from '@nltool/nl-core/model'
import { concatBytes, messageBytes, type SentMessage, toHex } from '@nltool/nl-core/testing'
import { attributeSet, bytes, u32 } from '@nltool/nl-core/wire'
import { defineFamily } from '@nltool/nl-genl'
import { serveFamily } from '@nltool/nl-genl/kernel'
import { describe, expect, it } from 'vitest'
import {
  allMessages,
  attr,
  type Bench,
  type BenchSocket,
  createBench,
  errorOf,
  extAckOf,
  le,
  type OpenOptions,
  request,
  text,
} from './genetlink-bench.ts'
import { dummyModule } from './genetlink-nldummy.ts'

const ECHO = 1
const FAULT = 2
const WAIT = 3
const COUNTER_GET = 4
const COUNTER_SET = 5
const COUNTER_NTF = 7
const BUF_CREATE = 8
const nobody = userCred(65_534)

interface Dummy {
  readonly bench: Bench
  readonly id: number
  readonly state: ReturnType<typeof dummyModule>['state']
  readonly groups: ReadonlyMap<string, number>
  readonly socket: BenchSocket
  /** Asks the family on `socket`. */
  ask(
    cmd: number,
    attrs?: readonly Uint8Array[],
    parts?: { flags?: number; reserved?: number; version?: number },
  ): SentMessage[]
}

function dummyIn(rules: 'freebsd' | 'linux', options: OpenOptions = {}): Dummy {
  const bench = createBench(rules)
  const { module, state } = dummyModule()
  const { id, groups } = bench.registry.register(bench.ctx(), module)
  const socket = bench.open({ extAck: true, ...options })
  return {
    bench,
    id,
    state,
    groups,
    socket,
    ask: (cmd, attrs, parts) => allMessages(socket.ask(request(cmd, attrs, { type: id, ...parts }))),
  }
}

const counterId = (id: number): Uint8Array => attr(1, le(4, id))

describe('D1 family and length', () => {
  it.each([
    ['linux', 'an unknown id', 500, -2],
    ['freebsd', 'an unknown id', 500, -95],
    ['linux', 'an id above 1023', 5000, -2],
  ] as const)('under %s rules, %s is refused', (rules, _what, type, error) => {
    expect(
      allMessages(
        createBench(rules)
          .open()
          .ask(request(1, [], { type })),
      ).map(errorOf),
    ).toEqual([error])
  })

  it.each([
    ['linux', 16, -22],
    ['linux', 500, -2],
    ['freebsd', 16, -22],
    ['freebsd', 500, -22],
  ] as const)('under %s rules, 16 bytes to family %i answer error %i', (rules, type, error) => {
    const bytes = messageBytes({ type, flags: 1, seq: 1 })
    expect(allMessages(createBench(rules).open().ask(bytes)).map(errorOf)).toEqual([error])
  })

  it('under Linux rules, 16 bytes to a family hidden in the namespace answer ENOENT', () => {
    const bench = createBench('linux')
    const hidden = defineFamily({ name: 'hidden', version: 1, groups: {}, sets: {}, ops: {} })
    const { id } = bench.registry.register(
      bench.ctx(),
      serveFamily(hidden, () => ({})),
    )
    const elsewhere = bench.open({ vnet: 1 as VnetId })
    const bytes = messageBytes({ type: id, flags: 1, seq: 1 })
    expect(allMessages(elsewhere.ask(bytes)).map(errorOf)).toEqual([-2])
    expect(allMessages(bench.open().ask(bytes)).map(errorOf)).toEqual([-22])
  })
})

describe('D2 headers of a strict family', () => {
  const cases = [
    ['reserved that is not 0', { reserved: 1 }, 'genlmsghdr.reserved field is not 0'],
    ['NLM_F_ROOT alone', { flags: NLM_F_ROOT }, 'ambiguous or reserved bits set in nlmsg_flags'],
    ['NLM_F_CREATE', { flags: NLM_F_CREATE }, 'ambiguous or reserved bits set in nlmsg_flags'],
  ] as const
  it.each(cases)('are refused under Linux rules with %s, and not under FreeBSD’s', (_what, parts, msg) => {
    const [answer] = dummyIn('linux').ask(ECHO, [], parts)
    expect(errorOf(answer)).toBe(-22)
    expect(extAckOf(answer)).toEqual({ msg })
    expect(dummyIn('freebsd').ask(ECHO, [], parts).map(errorOf)).toEqual([undefined])
  })

  it('may have NLM_F_ECHO', () => {
    expect(dummyIn('linux').ask(ECHO, [], { flags: NLM_F_ECHO }).map(errorOf)).toEqual([undefined])
  })
})

describe('D3 the wrong mode', () => {
  it.each(['linux', 'freebsd'] as const)('answers EOPNOTSUPP under %s rules', rules => {
    const { ask, bench } = dummyIn(rules)
    expect(ask(FAULT, [], { flags: NLM_F_DUMP }).map(errorOf)).toEqual([-95])
    expect(ask(COUNTER_NTF).map(errorOf)).toEqual([-95])
    expect(allMessages(bench.open().ask(request(10, [attr(1, le(2, 16))]))).map(errorOf)).toEqual([-95])
  })
})

describe('D4 an unprivileged program', () => {
  it.each(['linux', 'freebsd'] as const)(
    'gets EPERM for an admin command, also with bad attributes; EOPNOTSUPP for an unknown one (%s rules)',
    rules => {
      const { ask } = dummyIn(rules, { cred: nobody })
      expect(ask(COUNTER_SET, [counterId(1)]).map(errorOf)).toEqual([-1])
      expect(ask(COUNTER_SET, [attr(1, le(1, 1))]).map(errorOf)).toEqual([-1])
      expect(ask(99).map(errorOf)).toEqual([-95])
      expect(ask(COUNTER_GET, [counterId(1)]).map(errorOf)).toEqual([-2])
    },
  )
})

const NESTED = 0x8000
const failed = 'Attribute failed policy validation'

/** Each row of the table of checks: what is sent to `echo`, and what the kernel says of it. */
const checks: readonly (readonly [
  what: string,
  attr: Uint8Array,
  error: number,
  msg: string,
  policy: object | undefined,
])[] = [
  ['type 0', attr(0, le(4, 1)), -22, 'Unknown attribute type', undefined],
  ['a type above the highest', attr(60, le(4, 1)), -22, 'Unknown attribute type', undefined],
  [
    'a u32 of 2 bytes',
    attr(3, le(2, 1)),
    -22,
    'invalid attribute length',
    { minValueU: 0n, maxValueU: 0xffff_ffffn, type: 4 },
  ],
  [
    'a u32 of 8 bytes',
    attr(3, le(8, 1)),
    -22,
    'invalid attribute length',
    { minValueU: 0n, maxValueU: 0xffff_ffffn, type: 4 },
  ],
  [
    'an s64 of 4 bytes',
    attr(6, le(4, 1)),
    -22,
    'invalid attribute length',
    { minValueS: -(2n ** 63n), maxValueS: 2n ** 63n - 1n, type: 9 },
  ],
  ['a nest without the flag', attr(14, counterId(1)), -22, 'NLA_F_NESTED is missing', { type: 13 }],
  [
    'the flag on a scalar',
    attr(3 | NESTED, le(4, 1)),
    -22,
    'NLA_F_NESTED not expected',
    { minValueU: 0n, maxValueU: 0xffff_ffffn, type: 4 },
  ],
  ['a flag with payload', attr(9, le(4, 1)), -34, failed, { type: 1 }],
  [
    'a uint of 2 bytes',
    attr(10, le(2, 1)),
    -22,
    'invalid attribute length',
    { minValueU: 0n, maxValueU: 2n ** 64n - 1n, type: 17 },
  ],
  ['a bitfield32 of 4 bytes', attr(17, le(4, 1)), -34, failed, { bitfield32Mask: 0xf, type: 15 }],
  [
    'a bitfield32 with a selector outside the mask',
    attr(17, concatBytes(le(4, 0), le(4, 0x10))),
    -22,
    failed,
    { bitfield32Mask: 0xf, type: 15 },
  ],
  [
    'a bitfield32 with a value outside the selector',
    attr(17, concatBytes(le(4, 3), le(4, 1))),
    -22,
    failed,
    { bitfield32Mask: 0xf, type: 15 },
  ],
  ['a string without NUL', attr(7, Uint8Array.of(65, 66)), -22, failed, { maxLength: 255, type: 12 }],
  ['a string longer than its maximum', text(7, 'x'.repeat(256)), -22, failed, { maxLength: 255, type: 12 }],
  ['a nest of 2 bytes', attr(14 | NESTED, Uint8Array.of(1, 2)), -34, failed, { type: 13 }],
  ['binary that is too long', attr(19, new Uint8Array(7)), -34, failed, { minLength: 2, maxLength: 6, type: 10 }],
  ['binary that is too short', attr(19, new Uint8Array(1)), -34, failed, { minLength: 2, maxLength: 6, type: 10 }],
  [
    'binary of an exact length that is longer',
    attr(18, new Uint8Array(5)),
    -22,
    'invalid attribute length',
    { minLength: 4, maxLength: 4, type: 10 },
  ],
  [
    'an integer out of range',
    attr(12, le(4, 4)),
    -34,
    'integer out of range',
    { minValueU: 0n, maxValueU: 3n, type: 4 },
  ],
  ['a bit outside the mask', attr(13, le(4, 4)), -22, 'reserved bit set', undefined],
]

describe('D5 the table of checks', () => {
  for (const [what, attribute, error, msg, policy] of checks) {
    it(`refuses ${what} with its errno, text, offset and policy`, () => {
      const { ask, bench } = dummyIn('linux')
      const [answer] = ask(ECHO, [attr(1, le(1, 1)), attribute])
      expect(errorOf(answer)).toBe(error)
      expect(extAckOf(answer)).toEqual({ msg, offs: 28, ...(policy === undefined ? {} : { policy }) })
      expect(bench.defects).toEqual([])
    })
  }

  it('refuses trailing bytes, without an offset', () => {
    const [answer] = dummyIn('linux').ask(ECHO, [attr(1, le(1, 1)), Uint8Array.of(1, 2)])
    expect(errorOf(answer)).toBe(-22)
    expect(extAckOf(answer)).toEqual({ msg: 'bytes leftover after parsing attributes' })
  })

  it('gives inner failures their own offset', () => {
    const [answer] = dummyIn('linux').ask(ECHO, [attr(14 | NESTED, concatBytes(attr(1, le(1, 1)), attr(12, le(4, 9))))])
    expect(errorOf(answer)).toBe(-34)
    expect(extAckOf(answer)).toMatchObject({ msg: 'integer out of range', offs: 32 })
  })

  it('refuses more than 10 levels', () => {
    const nest = (depth: number): Uint8Array => (depth === 0 ? attr(1, le(1, 1)) : attr(14 | NESTED, nest(depth - 1)))
    expect(
      dummyIn('linux')
        .ask(ECHO, [nest(9)])
        .map(errorOf),
    ).toEqual([undefined])
    const [answer] = dummyIn('linux').ask(ECHO, [nest(10)])
    expect(errorOf(answer)).toBe(-22)
    expect(extAckOf(answer)).toMatchObject({ msg: 'allowed policy recursion depth exceeded' })
  })

  it('returns every attribute of a good request in its order, byte for byte', () => {
    const attrs = concatBytes(
      attr(16, Uint8Array.of(0x1f, 0x90)),
      attr(15, le(4, 2)),
      text(7, 'grüß dich'),
      attr(15, le(4, 1)),
      attr(10, le(8, 2n ** 40n)),
      attr(14 | NESTED, concatBytes(attr(9, new Uint8Array()), attr(6, le(8, -1)))),
    )
    const [answer] = dummyIn('linux').ask(ECHO, [attrs])
    expect(toHex(answer?.payload.slice(4) ?? new Uint8Array())).toBe(toHex(attrs))
  })

  it('is as strict under FreeBSD rules only where the socket is', () => {
    const longer = [attr(3, le(8, 1))]
    expect(dummyIn('freebsd', { strict: true }).ask(ECHO, longer).map(errorOf)).toEqual([-22])
    expect(dummyIn('freebsd').ask(ECHO, longer).map(errorOf)).toEqual([undefined])
    expect(
      dummyIn('freebsd')
        .ask(ECHO, [attr(12, le(4, 9))])
        .map(errorOf),
    ).toEqual([-34])
  })
})

describe('D6 a missing attribute', () => {
  it('is named by its number', () => {
    const [answer] = dummyIn('linux').ask(COUNTER_GET)
    expect(errorOf(answer)).toBe(-22)
    expect(extAckOf(answer)).toMatchObject({ missType: 1 })
  })
})

describe('D7 three messages in a datagram, the second of which fails', () => {
  it('are answered in order', () => {
    const { socket, id } = dummyIn('linux')
    const parts = (seq: number) => ({ type: id, seq, flags: NLM_F_ACK })
    const datagram = concatBytes(request(ECHO, [], parts(1)), request(99, [], parts(2)), request(ECHO, [], parts(3)))
    expect(allMessages(socket.ask(datagram)).map(message => [message.seq, errorOf(message)])).toEqual([
      [1, undefined],
      [1, 0],
      [2, -95],
      [3, undefined],
      [3, 0],
    ])
  })
})

describe('D8 a second message that is cut', () => {
  it('has no answer; the first has', () => {
    const { socket, id } = dummyIn('linux')
    const datagram = concatBytes(
      request(ECHO, [], { type: id, seq: 1 }),
      request(ECHO, [], { type: id, seq: 2 }).slice(0, 18),
    )
    expect(allMessages(socket.ask(datagram)).map(({ seq }) => seq)).toEqual([1])
  })
})

describe('D9 a message that is no request', () => {
  it('is acknowledged if that is asked for, and else passed over', () => {
    const { socket, id } = dummyIn('linux')
    const send = (type: number, flags: number) =>
      allMessages(socket.ask(messageBytes({ type, flags, seq: 1 }, Uint8Array.of(ECHO, 1, 0, 0)))).map(errorOf)
    expect(send(id, NLM_F_ACK)).toEqual([0])
    expect(send(id, 0)).toEqual([])
    expect(send(1, NLM_F_ACK | 1)).toEqual([0])
  })
})

describe('D10 CAP_ACK and EXT_ACK', () => {
  it.each([
    [false, false, 0x000, 68],
    [true, false, 0x100, 36],
    [false, true, 0x200, 84],
    [true, true, 0x300, 52],
  ])('CAP_ACK %s, EXT_ACK %s: flags %i, %i bytes', (capAck, extAck, flags, length) => {
    const { ask } = dummyIn('linux', { capAck, extAck })
    const [answer] = ask(FAULT, [attr(1, le(4, 22)), text(2, 'no')].concat(attr(3, new Uint8Array(8))))
    expect(answer?.flags).toBe(flags)
    expect(answer?.bytes.length).toBe(length)
  })
})

describe('D11 hooks', () => {
  it('run around the handler; the last one whatever became of it', () => {
    const { ask, state } = dummyIn('linux')
    expect(ask(FAULT, [attr(1, le(4, 22))], { flags: NLM_F_ACK }).map(errorOf)).toEqual([-22])
    expect(state.trace).toEqual(['pre', 'post'])
  })

  it('refuse before the handler, which then does not run, and neither does the last hook', () => {
    const bench = createBench('linux')
    const trace: string[] = []
    const set = attributeSet({ X: [1, 'x', u32] })
    const definition = defineFamily({
      name: 'hooked',
      version: 1,
      groups: {},
      sets: { x: set },
      ops: { x: { cmd: 1, set: 'x', do: {} } },
    })
    const module = serveFamily(definition, () => ({
      x: {
        pre() {
          throw new Error('not an answer')
        },
        do: () => void trace.push('do'),
        post: () => void trace.push('post'),
      },
    }))
    const { id } = bench.registry.register(bench.ctx(), module)
    expect(allMessages(bench.open().ask(request(1, [], { type: id }))).map(errorOf)).toEqual([-5])
    expect(trace).toEqual([])
    expect(bench.defects).toHaveLength(1)
  })
})

describe('D12 a dump', () => {
  const set = attributeSet({ X: [1, 'x', u32], BLOB: [2, 'blob', bytes()] })
  const definition = defineFamily({
    name: 'dumps',
    version: 1,
    netns: true,
    groups: {},
    sets: { x: set },
    ops: {
      refuse: { cmd: 1, set: 'x', dump: { reply: ['x'] } },
      fail: { cmd: 2, set: 'x', dump: { request: ['x'], reply: ['x'] } },
      big: { cmd: 3, set: 'x', dump: { reply: ['x', 'blob'] } },
    },
  })

  function dumps(rules: 'freebsd' | 'linux') {
    const bench = createBench(rules)
    const trace: string[] = []
    function* failing(after: number): Iterable<{ x: number }> {
      try {
        for (let x = 0; x < after; x++) yield { x }
        throw new NetlinkError('EBUSY', 'not now')
      } finally {
        trace.push('done')
      }
    }
    const module = serveFamily(definition, () => ({
      refuse: {
        dump() {
          throw new NetlinkError('EACCES', 'not to you')
        },
      },
      fail: { dump: ({ attrs: { x = 0 } }) => failing(x) },
      big: {
        *dump() {
          for (let x = 0; x < 3; x++) yield { x, blob: new Uint8Array(40_000) }
        },
      },
    }))
    const { id } = bench.registry.register(bench.ctx(), module)
    const socket = bench.open({ extAck: true })
    const ask = (cmd: number, attrs: readonly Uint8Array[] = []) =>
      allMessages(socket.ask(request(cmd, attrs, { type: id, flags: NLM_F_DUMP })))
    return { bench, socket, ask, trace, id }
  }

  it.each(['linux', 'freebsd'] as const)(
    'that is refused at its start is answered by NLMSG_ERROR (%s rules)',
    rules => {
      const got = dumps(rules).ask(1)
      expect(got.map(({ type }) => type)).toEqual([2])
      expect(got.map(errorOf)).toEqual([-13])
      expect(extAckOf(got[0])).toEqual({ msg: 'not to you' })
    },
  )

  it('that fails after some objects ends with NLMSG_DONE and the errno', () => {
    const { ask, trace } = dumps('linux')
    const got = ask(2, [attr(1, le(4, 3))])
    expect(got.map(({ type }) => type).slice(-1)).toEqual([3])
    expect(got).toHaveLength(4)
    expect(errorOf(got.at(-1))).toBe(-16)
    expect(trace).toEqual(['done'])
  })

  it('that fails before its first object ends with NLMSG_DONE under Linux rules, with NLMSG_ERROR under FreeBSD’s', () => {
    expect(
      dumps('linux')
        .ask(2)
        .map(({ type }) => type),
    ).toEqual([3])
    expect(
      dumps('freebsd')
        .ask(2)
        .map(({ type }) => type),
    ).toEqual([2])
  })

  it('of objects larger than a part gives each a datagram of its own', () => {
    const { socket, id } = dumps('linux')
    void socket.socket.send(request(3, [], { type: id, flags: NLM_F_DUMP }))
    const lengths: number[] = []
    for (let reads = 0; reads < 4; reads++) lengths.push(lengthOf(socket))
    expect(lengths.slice(0, 3).every(length => length > 40_000)).toBe(true)
  })

  it('whose reader goes away runs its `finally`', async () => {
    const { socket, trace, id } = dumps('linux')
    void socket.socket.send(request(2, [attr(1, le(4, 100_000))], { type: id, flags: NLM_F_DUMP }))
    expect(trace).toEqual([])
    await socket.socket.close()
    expect(trace).toEqual(['done'])
  })
})

/** Reads one datagram; 0 where none is left. */
function lengthOf({ socket }: BenchSocket): number {
  try {
    const got = socket.recv(1 << 17, 0x40)
    return got instanceof Promise ? 0 : got.length
  } catch {
    return 0
  }
}

describe('an operation without validation', () => {
  it('gives its handler the attributes as they came', () => {
    const bench = createBench('linux')
    const set = attributeSet({ X: [1, 'x', u32] })
    const definition = defineFamily({
      name: 'raw',
      version: 1,
      netns: true,
      resvStartOp: 2,
      groups: {},
      sets: { x: set },
      ops: { x: { cmd: 1, set: 'x', do: { validate: 'none', reply: [] } } },
    })
    const module = serveFamily(definition, () => ({ x: { do: ({ attributes }) => ({ unknown: attributes }) } }))
    const { id } = bench.registry.register(bench.ctx(), module)
    const attrs = concatBytes(attr(77, le(4, 7)), attr(1, le(1, 1)))
    const [answer] = allMessages(bench.open().ask(request(1, [attrs], { type: id })))
    expect(toHex(answer?.payload.slice(4) ?? new Uint8Array())).toBe(toHex(attrs))
  })
})

describe('D13 counters that change during a dump', () => {
  it('mark it with NLM_F_DUMP_INTR', () => {
    const { socket, state, id } = dummyIn('linux')
    for (let i = 1; i <= 1000; i++) state.counters.set(i, { id: i, name: `counter${i}`, value: 0n, step: 1n })
    void socket.socket.send(request(COUNTER_GET, [], { type: id, flags: NLM_F_DUMP }))
    state.counters.delete(5)
    state.generation++
    const got = allMessages(socket.drain())
    expect(got.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0)).toBe(true)
  })

  it('is not marked when nothing changes', () => {
    const { ask, state } = dummyIn('linux')
    for (let i = 1; i <= 1000; i++) state.counters.set(i, { id: i, name: `counter${i}`, value: 0n, step: 1n })
    const got = ask(COUNTER_GET, [], { flags: NLM_F_DUMP })
    expect(got).toHaveLength(1001)
    expect(got.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0)).toBe(false)
  })
})

describe('D14 a synchronous socket with a full receive queue', () => {
  it('says ENOBUFS once, then gives the answers that were queued', async () => {
    const { socket, state, id } = dummyIn('freebsd', { abi: 'freebsd' })
    const { SOL_SOCKET, SO_RCVBUF, MSG_DONTWAIT } = abiConstants.freebsd
    await socket.socket.setsockopt(SOL_NETLINK, NETLINK_SND_SYNC, 1)
    await socket.socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
    for (let i = 1; i <= 200; i++)
      await socket.socket.send(request(COUNTER_SET, [counterId(i)], { type: id, seq: i, flags: NLM_F_ACK }))
    expect(state.counters.size).toBe(200)
    expect(() => socket.socket.recv(16_384, MSG_DONTWAIT)).toThrow(expect.objectContaining({ code: 'ENOBUFS' }))
    const queued = allMessages(socket.drain()).map(({ seq }) => seq)
    expect(queued.length).toBeGreaterThan(10)
    expect(queued.length).toBeLessThan(200)
    expect(queued).toEqual(queued.map((_, at) => at + 1))
  })
})

describe('D15 a handler that needs its caller', () => {
  it('is refused on an asynchronous socket, and served after NETLINK_SND_SYNC', async () => {
    const { socket, ask } = dummyIn('freebsd', { abi: 'freebsd' })
    const [answer] = ask(BUF_CREATE)
    expect(errorOf(answer)).toBe(45)
    expect(extAckOf(answer)).toEqual({ msg: 'operation needs NETLINK_SND_SYNC' })
    await socket.socket.setsockopt(SOL_NETLINK, NETLINK_SND_SYNC, 1)
    const [served] = ask(BUF_CREATE)
    expect(toHex(served?.payload.slice(4) ?? new Uint8Array())).toBe('0800010064000000') // the process id, 100
  })
})

describe('D16 the option NETLINK_SND_SYNC', () => {
  it('answers EBUSY while requests are pending', () => {
    const { socket, id } = dummyIn('freebsd', { abi: 'freebsd' })
    void socket.socket.send(request(ECHO, [], { type: id }))
    expect(() => socket.socket.setsockopt(SOL_NETLINK, NETLINK_SND_SYNC, 1)).toThrow(
      expect.objectContaining({ code: 'EBUSY' }),
    )
    socket.drain()
    expect(() => socket.socket.setsockopt(SOL_NETLINK, NETLINK_SND_SYNC, 1)).not.toThrow()
  })

  it('answers EINVAL on a socket of a Linux program', () => {
    const { socket } = dummyIn('freebsd')
    expect(() => socket.socket.setsockopt(SOL_NETLINK, NETLINK_SND_SYNC, 1)).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    )
  })
})

describe('notifications', () => {
  it('reach the members of a group, with sequence number and port 0', () => {
    const { bench, ask, groups, id } = dummyIn('linux')
    const member = bench.open()
    member.join(groups.get('counters') ?? 0)
    expect(ask(COUNTER_SET, [counterId(7), text(2, 'seven')], { flags: NLM_F_ACK }).map(errorOf)).toEqual([0])
    const [event] = allMessages(member.drain())
    expect(event).toMatchObject({ type: id, flags: 0, seq: 0, portid: 0 })
    expect(event?.payload[0]).toBe(COUNTER_NTF)
  })

  it('come back to a requester with NLM_F_ECHO, ahead of the acknowledgement', () => {
    const { ask } = dummyIn('linux')
    const got = ask(COUNTER_SET, [counterId(7)], { flags: NLM_F_ACK | NLM_F_ECHO })
    expect(got.map(message => [message.payload[0], message.seq])).toEqual([
      [COUNTER_NTF, 1],
      [0, 1],
    ])
  })

  it('may be caused by nobody', () => {
    const { bench, groups, state } = dummyIn('linux')
    const member = bench.open()
    member.join(groups.get('ticks') ?? 0)
    state.tick(bench.ctx(), 3, 9n)
    expect(toHex(allMessages(member.drain())[0]?.payload ?? new Uint8Array())).toBe(
      '0c010000' + '0800010003000000' + '0c0003000900000000000000',
    )
  })
})

describe('R9 families that are not parallel', () => {
  it.each([
    [true, ['begin 1', 'begin 2', 'end 1', 'end 2']],
    [false, ['begin 1', 'end 1', 'begin 2', 'end 2']],
  ])('parallel %s: two slow requests on two sockets run %j', async (parallel, expected) => {
    const bench = createBench('linux')
    const { module, state } = dummyModule()
    const { id } = bench.registry.register(bench.ctx(), { ...module, family: { ...module.family, parallel } })
    for (const tag of [1, 2]) {
      void bench.open().socket.send(request(WAIT, [attr(1, le(4, 10 * tag)), attr(2, le(4, tag))], { type: id }))
    }
    for (let i = 0; i < 10; i++) {
      bench.scheduler.advance(10)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(state.trace).toEqual(expected)
  })
})
