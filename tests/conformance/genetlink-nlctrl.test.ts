import { NLM_F_ACK, NLM_F_DUMP, NLM_F_MULTI } from '@nltool/nl-core'
import { type SentMessage, toHex } from '@nltool/nl-core/testing'
import {
  type AttributeSet,
  type AttributeSetSpec,
  attributeSet,
  body,
  type Infer,
  nested,
  u32,
} from '@nltool/nl-core/wire'
import { ctrlAttrs, defineFamily, genlmsghdr } from '@nltool/nl-genl'
import { createDeviceEvents, type FamilyModule, nlsyseventModule, serveFamily } from '@nltool/nl-genl/kernel'
import { describe, expect, it } from 'vitest'
import { vectorNamed } from '../vectors/load.ts'
import {
  allMessages,
  attr,
  type BenchSocket,
  createBench,
  errorOf,
  extAckOf,
  le,
  request,
  text,
} from './genetlink-bench.ts'

const FAMILY_ID = 1
const FAMILY_NAME = 2
const OP = 10
const GETFAMILY = 3
const GETPOLICY = 10

const ctrlBody = body(genlmsghdr, ctrlAttrs)

function decoded(message: SentMessage | undefined): Infer<typeof ctrlAttrs> {
  if (message === undefined || message.type !== 16) throw new TypeError('no message of nlctrl')
  return ctrlBody.decode(message.payload, 'linux').attrs
}

/** A family without operations. */
function empty(name: string, groups: readonly string[] = []): FamilyModule {
  const definition = defineFamily({
    name,
    version: 1,
    netns: true,
    groups: Object.fromEntries(groups.map(group => [group, {}])),
    sets: {},
    ops: {},
  })
  return serveFamily(definition, () => ({}))
}

function names(messages: readonly SentMessage[]): (string | undefined)[] {
  return messages.filter(({ type }) => type === 16).map(message => decoded(message).familyName)
}

function getfamily(socket: BenchSocket, attrs: readonly Uint8Array[], flags = 0): SentMessage[] {
  return allMessages(socket.ask(request(GETFAMILY, attrs, { flags })))
}

function getpolicy(socket: BenchSocket, attrs: readonly Uint8Array[], flags = NLM_F_DUMP): SentMessage[] {
  return allMessages(socket.ask(request(GETPOLICY, attrs, { flags })))
}

describe('C1 GETFAMILY by name', () => {
  it('answers with one NEWFAMILY, then an acknowledgement of 36 bytes', () => {
    const socket = createBench('linux').open()
    const got = socket.ask(request(GETFAMILY, [text(FAMILY_NAME, 'nlctrl')], { flags: NLM_F_ACK }))
    expect(got.map(datagram => datagram.length)).toEqual([136, 36])
    expect(toHex(got[0]?.slice(16) ?? new Uint8Array())).toBe(
      [
        '01020000 0b000200 6e6c6374726c0000 06000100 10000000 08000300 02000000 08000400 00000000 08000500 00000000',
        '2c000600 14000100 08000100 03000000 08000200 0e000000 14000200 08000100 0a000000 08000200 0c000000',
        '1c000700 18000100 08000200 10000000 0b000100 6e6f746966790000',
      ]
        .join('')
        .replaceAll(' ', ''),
    )
  })

  it('answers a native program with its request flags, group 48 and the acknowledgement in the same read', () => {
    const { send, recv } = vectorNamed('derived-bsd-getfamily-nlctrl')
    const socket = createBench('freebsd').open({ abi: 'freebsd', portid: 1234 })
    expect(socket.ask(send).map(toHex)).toEqual(recv.map(toHex))
  })
})

describe('C2 GETFAMILY without NLM_F_ACK', () => {
  it.each(['linux', 'freebsd'] as const)('is answered by one datagram (%s rules)', rules => {
    expect(
      createBench(rules)
        .open()
        .ask(request(GETFAMILY, [text(FAMILY_NAME, 'nlctrl')])),
    ).toHaveLength(1)
  })
})

describe('C3 GETFAMILY by id', () => {
  it.each([
    ['linux', 2, undefined],
    ['linux', 4, undefined],
    ['linux', 1, -34],
    ['freebsd', 2, undefined],
    ['freebsd', 4, -22],
    ['freebsd', 1, -22],
  ] as const)('under %s rules, of %i bytes, answers error %s', (rules, size, error) => {
    const [first] = getfamily(createBench(rules).open(), [attr(FAMILY_ID, le(size, 16))])
    expect(errorOf(first)).toBe(error)
    if (error === undefined) expect(decoded(first).familyName).toBe('nlctrl')
  })
})

describe('C4 GETFAMILY by id 16 and another name', () => {
  it('lets the name decide under Linux rules', () => {
    const bench = createBench('linux')
    bench.registry.register(bench.ctx(), empty('ethtool'))
    const [first] = getfamily(bench.open(), [attr(FAMILY_ID, le(2, 16)), text(FAMILY_NAME, 'ethtool')])
    expect(decoded(first).familyName).toBe('ethtool')
  })

  it('answers ENOENT under FreeBSD rules', () => {
    const bench = createBench('freebsd')
    bench.registry.register(bench.ctx(), empty('ethtool'))
    const [first] = getfamily(bench.open(), [attr(FAMILY_ID, le(2, 16)), text(FAMILY_NAME, 'ethtool')])
    expect(errorOf(first)).toBe(-2)
  })
})

describe('C5 GETFAMILY without attributes', () => {
  it('answers EINVAL under Linux rules', () => {
    expect(getfamily(createBench('linux').open(), []).map(errorOf)).toEqual([-22])
  })

  it('lists all families under FreeBSD rules, and ends a Linux program’s list with a DONE that is MULTI', () => {
    const bench = createBench('freebsd')
    bench.registry.register(bench.ctx(), empty('one'))
    const got = getfamily(bench.open(), [])
    expect(names(got)).toEqual(['nlctrl', 'one'])
    expect(got.map(({ type, flags }) => [type, flags])).toEqual([
      [16, NLM_F_MULTI],
      [16, NLM_F_MULTI],
      [3, NLM_F_MULTI],
    ])
  })
})

describe('C6 GETFAMILY by a name', () => {
  const cases = [
    ['unterminated', attr(FAMILY_NAME, new TextEncoder().encode('nlctrl')), -22, -22],
    ['of 15 characters', text(FAMILY_NAME, '123456789012345'), -2, -2],
    ['of 16 characters', text(FAMILY_NAME, '1234567890123456'), -22, -2],
    ['that is empty', text(FAMILY_NAME, ''), -2, -2],
    ['of no bytes', attr(FAMILY_NAME, new Uint8Array()), -22, -22],
  ] as const
  it.each(cases)('%s answers error %#', (_what, attribute, linux, freebsd) => {
    expect(getfamily(createBench('linux').open(), [attribute]).map(errorOf)).toEqual([linux])
    expect(getfamily(createBench('freebsd').open(), [attribute]).map(errorOf)).toEqual([freebsd])
  })

  it('says under FreeBSD rules which attribute is unterminated', () => {
    const socket = createBench('freebsd').open({ abi: 'freebsd', extAck: true })
    const [answer] = getfamily(socket, [attr(FAMILY_NAME, new TextEncoder().encode('nlctrl'))])
    expect(errorOf(answer)).toBe(22)
    expect(extAckOf(answer)).toMatchObject({ msg: 'nla type 2 size(6) is not NULL-terminated', offs: 20 })
  })
})

describe('C7 version 255, reserved 7, NLM_F_ROOT', () => {
  it.each(['linux', 'freebsd'] as const)('are accepted (%s rules)', rules => {
    const parts = { version: 255, reserved: 7, flags: 0x100 | NLM_F_ACK }
    const got = createBench(rules)
      .open()
      .ask(request(GETFAMILY, [text(FAMILY_NAME, 'nlctrl')], parts))
    expect(allMessages(got).map(errorOf)).toEqual([undefined, 0])
  })
})

describe('C8 attribute 60', () => {
  it.each(['linux', 'freebsd'] as const)('is ignored (%s rules)', rules => {
    const [first] = getfamily(createBench(rules).open(), [attr(60, le(4, 1)), text(FAMILY_NAME, 'nlctrl')])
    expect(decoded(first).familyId).toBe(16)
  })
})

describe('C9 two stray bytes', () => {
  it('are accepted under Linux rules, with a warning in the acknowledgement', () => {
    const attrs = [attr(FAMILY_ID, le(2, 16)), Uint8Array.of(1, 2)]
    const socket = createBench('linux').open({ extAck: true })
    const [, ack] = getfamily(socket, attrs, NLM_F_ACK)
    expect(errorOf(ack)).toBe(0)
    expect(extAckOf(ack)).toMatchObject({ msg: 'bytes leftover after parsing attributes' })
  })

  it('are ignored under FreeBSD rules', () => {
    const attrs = [attr(FAMILY_ID, le(2, 16)), Uint8Array.of(1, 2)]
    expect(getfamily(createBench('freebsd').open(), attrs, NLM_F_ACK).map(errorOf)).toEqual([undefined, 0])
  })
})

describe('C10 GETFAMILY dump', () => {
  it.each([
    ['with', NLM_F_ACK],
    ['without', 0],
  ])('lists every family once and ends with DONE, %s NLM_F_ACK', (_what, flags) => {
    const bench = createBench('linux')
    for (const name of ['b', 'a', 'c']) bench.registry.register(bench.ctx(), empty(name))
    const got = getfamily(bench.open(), [], NLM_F_DUMP | flags)
    expect(names(got)).toEqual(['nlctrl', 'b', 'a', 'c'])
    expect(got.at(-1)).toMatchObject({ type: 3, flags: NLM_F_MULTI })
    expect(got).toHaveLength(5)
  })

  it('takes no notice of a selector under Linux rules', () => {
    expect(names(getfamily(createBench('linux').open(), [text(FAMILY_NAME, 'none')], NLM_F_DUMP))).toEqual(['nlctrl'])
  })

  it('answers one family under FreeBSD rules when there is a selector, without DONE', () => {
    const got = getfamily(createBench('freebsd').open(), [text(FAMILY_NAME, 'nlctrl')], NLM_F_DUMP)
    expect(got.map(({ type }) => type)).toEqual([16])
  })

  it('lists to a native program as derived-bsd-list', () => {
    const { send, recv } = vectorNamed('derived-bsd-list')
    const bench = createBench('freebsd', { idPolicy: 'first-free', groupPolicy: 'bsd' })
    bench.registry.register(bench.ctx(), nlsyseventModule(createDeviceEvents()))
    const got = bench.open({ abi: 'freebsd', portid: 1234 }).ask(send)
    expect(got.map(toHex)).toEqual(recv.map(toHex))
  })
})

describe('C11 a second dump while one is open', () => {
  it('answers EBUSY, and a plain request in between is answered', () => {
    const bench = createBench('linux')
    for (let i = 0; i < 400; i++) bench.registry.register(bench.ctx(), empty(`f${i}`, ['a', 'b', 'c']))
    const socket = bench.open()
    void socket.socket.send(request(GETFAMILY, [], { flags: NLM_F_DUMP, seq: 1 }))
    void socket.socket.send(request(GETFAMILY, [], { flags: NLM_F_DUMP, seq: 2 }))
    void socket.socket.send(request(GETFAMILY, [text(FAMILY_NAME, 'f7')], { seq: 3 }))
    const got = allMessages(socket.drain())
    expect(got.filter(({ seq }) => seq === 2).map(errorOf)).toEqual([-16])
    expect(names(got.filter(({ seq }) => seq === 3))).toEqual(['f7'])
    expect(names(got.filter(({ seq }) => seq === 1))).toHaveLength(401)
    expect(got.filter(({ type }) => type === 3)).toHaveLength(1)
  })
})

describe('C12 GETPOLICY that is refused', () => {
  const nlctrlId = attr(FAMILY_ID, le(2, 16))
  it.each([
    ['as a plain request', 0, [nlctrlId], -95, {}],
    ['without a selector', NLM_F_DUMP, [], -22, {}],
    ['for an unknown family', NLM_F_DUMP, [text(FAMILY_NAME, 'none')], -2, {}],
    ['for an unknown operation', NLM_F_DUMP, [nlctrlId, attr(OP, le(4, 99))], -2, { offs: 28 }],
    ['with attribute 60', NLM_F_DUMP, [nlctrlId, attr(60, le(4, 1))], -22, { msg: 'Unknown attribute type', offs: 28 }],
  ] as const)('%s answers its errno', (_what, flags, attrs, error, extack) => {
    const got = getpolicy(createBench('linux').open({ extAck: true }), attrs, flags)
    expect(got.map(errorOf)).toEqual([error])
    expect(got[0]?.type).toBe(2)
    expect(extAckOf(got[0])).toEqual(extack)
  })

  it('for a family without policies answers ENODATA', () => {
    const bench = createBench('linux')
    bench.registry.register(bench.ctx(), empty('bare'))
    expect(getpolicy(bench.open(), [text(FAMILY_NAME, 'bare')]).map(errorOf)).toEqual([-61])
  })
})

describe('C13 GETPOLICY of nlctrl', () => {
  it.each(['linux', 'freebsd'] as const)('maps both operations, then describes both policies (%s rules)', rules => {
    const got = getpolicy(createBench(rules).open(), [attr(FAMILY_ID, le(2, 16))])
    const parts = got.slice(0, -1).map(decoded)
    expect(parts.map(({ opPolicy }) => opPolicy).filter(Boolean)).toEqual([
      new Map([[3, { do: 0, dump: 0 }]]),
      new Map([[10, { dump: 1 }]]),
    ])
    const id = { minValueU: 0n, maxValueU: 65_535n, type: 3 }
    const name = { maxLength: 15, type: 12 }
    const op = { minValueU: 0n, maxValueU: 4_294_967_295n, type: 4 }
    expect(parts.map(({ policy }) => policy).filter(Boolean)).toEqual([
      new Map([[0, new Map([[1, id]])]]),
      new Map([[0, new Map([[2, name]])]]),
      new Map([[1, new Map([[1, id]])]]),
      new Map([[1, new Map([[2, name]])]]),
      new Map([[1, new Map([[10, op]])]]),
    ])
    expect(got.at(-1)?.type).toBe(3)
  })
})

interface Tree {
  readonly leaf?: number | undefined
  readonly child?: Tree | undefined
}

describe('C14 GETPOLICY of shared and recursive policies', () => {
  const shared = attributeSet({ X: [1, 'x', u32] })
  const treeSet = (): AttributeSet<Tree> => {
    const set: AttributeSetSpec = tree
    return set
  }
  const tree = attributeSet({
    LEAF: [1, 'leaf', u32],
    CHILD: [2, 'child', nested(treeSet)],
    SHARED: [3, 'shared', nested(shared)],
  })
  const family = defineFamily({
    name: 'trees',
    version: 1,
    groups: {},
    sets: { tree, shared },
    ops: {
      grow: { cmd: 1, set: 'tree', do: { request: ['leaf', 'child', 'shared'] } },
      cut: { cmd: 2, set: 'shared', do: { request: ['x'] } },
    },
  })

  it('gives shared policies one index, and ends', () => {
    const bench = createBench('linux')
    const noop = { do: () => undefined }
    bench.registry.register(
      bench.ctx(),
      serveFamily(family, () => ({ grow: noop, cut: noop })),
    )
    const parts = getpolicy(bench.open(), [text(FAMILY_NAME, 'trees')])
      .slice(0, -1)
      .map(decoded)
    expect(parts.flatMap(({ opPolicy }) => (opPolicy === undefined ? [] : [...opPolicy]))).toEqual([
      [1, { do: 0 }],
      [2, { do: 1 }],
    ])
    const nests = parts.flatMap(({ policy }) =>
      [...(policy ?? [])].flatMap(([index, attrs]) =>
        [...attrs].map(([number, { policyIdx }]) => [index, number, policyIdx]),
      ),
    )
    expect(nests).toEqual([
      [0, 1, undefined],
      [0, 2, 0],
      [0, 3, 1],
      [1, 1, undefined],
    ])
  })
})

describe('C15 commands 0, 1, 4, 6, 9 and 99', () => {
  it.each(['linux', 'freebsd'] as const)('answer EOPNOTSUPP (%s rules)', rules => {
    const socket = createBench(rules).open()
    const codes = [0, 1, 4, 6, 9, 99].map(cmd => allMessages(socket.ask(request(cmd))).map(errorOf))
    expect(codes).toEqual([[-95], [-95], [-95], [-95], [-95], [-95]])
  })
})

describe('C18 a name that a module would register', () => {
  it('asks the loader once, and answers the request', () => {
    const bench = createBench('linux')
    const asked: string[] = []
    bench.registry.setAutoload(name => {
      asked.push(name)
      if (name === 'fou') bench.registry.register(bench.ctx(), empty('fou'))
      return name === 'fou'
    })
    const socket = bench.open()
    expect(names(getfamily(socket, [text(FAMILY_NAME, 'fou')]))).toEqual(['fou'])
    expect(getfamily(socket, [text(FAMILY_NAME, 'none')]).map(errorOf)).toEqual([-2])
    expect(asked).toEqual(['fou', 'none'])
  })
})

describe('C19 300 families', () => {
  it.each(['linux', 'freebsd'] as const)('come in several reads, each once, all MULTI (%s program)', abi => {
    const bench = createBench(abi)
    for (let i = 0; i < 300; i++) bench.registry.register(bench.ctx(), empty(`family${i}`, ['events']))
    const datagrams = bench.open({ abi }).ask(request(GETFAMILY, [], { flags: NLM_F_DUMP }))
    const got = allMessages(datagrams)
    expect(datagrams.length).toBeGreaterThan(1)
    expect(new Set(names(got)).size).toBe(301)
    expect(names(got)).toHaveLength(301)
    expect(got.every(({ type, flags }) => type === 3 || (flags & NLM_F_MULTI) !== 0)).toBe(true)
  })
})
