import { NETLINK_ADD_MEMBERSHIP, SOL_NETLINK } from '@nltool/nl-core'
import { NetlinkError, SocketError } from '@nltool/nl-core/errno'
import { sleep, userCred, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { toHex } from '@nltool/nl-core/testing'
import { attributeSet, u32 } from '@nltool/nl-core/wire'
import { defineFamily, nlctrl } from '@nltool/nl-genl'
import { type FamilyModule, serveFamily } from '@nltool/nl-genl/kernel'
import { describe, expect, it } from 'vitest'
import { vectorNamed } from '../vectors/load.ts'
import { allMessages, type Bench, type BenchSocket, createBench, errorOf, request, text } from './genetlink-bench.ts'
import { dummyModule } from './genetlink-nldummy.ts'

const vnet1 = 1 as VnetId
const set = attributeSet({ X: [1, 'x', u32] })

interface Shape {
  readonly name: string
  readonly version?: number
  readonly maxattr?: number
  readonly netns?: boolean
  readonly groups?: readonly string[]
  readonly ops?: Readonly<
    Record<string, { cmd: number; dump?: boolean; do?: boolean; admin?: boolean; policy?: boolean }>
  >
}

/** A family of a given shape; its handlers answer nothing. */
function shaped({ name, version = 1, maxattr, netns = true, groups = [], ops = {} }: Shape): FamilyModule {
  const operations = Object.entries(ops).map(
    ([op, { cmd, do: doit = false, dump = false, admin = false, policy = false }]) => {
      const exchange = policy
        ? { request: ['x'] as const, validate: 'liberal' as const }
        : { validate: 'none' as const }
      return [
        op,
        {
          cmd,
          set: 'x' as const,
          ...(admin ? { flags: ['admin-perm'] as const } : {}),
          ...(doit ? { do: exchange } : {}),
          ...(dump ? { dump: exchange } : {}),
        },
      ]
    },
  )
  const definition = defineFamily({
    name,
    version,
    netns,
    resvStartOp: 256,
    ...(maxattr === undefined ? {} : { maxattr }),
    groups: Object.fromEntries(groups.map(group => [group, {}])),
    sets: { x: set },
    ops: Object.fromEntries(operations),
  })
  return serveFamily(definition, () => ({}))
}

/** Registers families until the next one gets an id; the first has groups up to 14, as the captured kernel had. */
function fillTo(bench: Bench, id: number): void {
  for (let next = bench.registry.families().length + 18; next < id; next++) {
    const groups = next === 19 ? Array.from({ length: 13 }, (_, at) => `g${at + 2}`) : []
    bench.registry.register(bench.ctx(), shaped({ name: `filler${next}`, groups }))
  }
}

const psample = shaped({
  name: 'psample',
  maxattr: 16,
  groups: ['config', 'packets'],
  ops: { get: { cmd: 1, dump: true } },
})

const admin = { do: true, admin: true, policy: true }
const plain = { do: true, policy: true }

const netDm = shaped({
  name: 'NET_DM',
  version: 2,
  maxattr: 23,
  groups: ['events'],
  ops: {
    config: { cmd: 2, ...admin },
    start: { cmd: 3, ...admin },
    stop: { cmd: 4, ...admin },
    get: { cmd: 6, ...plain },
    stats: { cmd: 8, ...plain },
  },
})

const team = shaped({
  name: 'team',
  maxattr: 2,
  groups: ['change_event'],
  ops: {
    noop: { cmd: 0, ...plain },
    set: { cmd: 1, ...admin },
    get: { cmd: 2, ...admin },
    ports: { cmd: 3, ...admin },
  },
})

describe('C16 registration and unregistration', () => {
  it('are told to a Linux program in the bytes of the captured kernel', async () => {
    const bench = createBench('linux', { groupPolicy: 'linux' })
    const listener = bench.open()
    fillTo(bench, 35)
    listener.join(16)
    const told = (): string[] => listener.drain().map(toHex)
    const captured = (name: string): string[] => vectorNamed(name).recv.map(toHex)

    bench.registry.register(bench.ctx(), psample)
    expect(told()).toEqual(captured('vm-ntf-newfamily-psample'))
    bench.registry.register(bench.ctx(), netDm)
    expect(told()).toEqual(captured('vm-ntf-newfamily-net-dm'))
    bench.registry.register(bench.ctx(), team)
    expect(told()).toEqual(captured('vm-ntf-newfamily-team'))
    await bench.registry.unregister(bench.ctx(), 'psample')
    expect(told()).toEqual(captured('vm-ntf-delfamily-psample'))
    await bench.registry.unregister(bench.ctx(), 'team')
    told()
    bench.registry.register(bench.ctx(), team)
    expect(told()).toEqual(captured('vm-ntf-reregister-team'))
  })

  it('are told on group 48 to a native program, in the same order', async () => {
    const bench = createBench('freebsd')
    const listener = bench.open({ abi: 'freebsd' })
    listener.join(48)
    const family = bench.registry.register(bench.ctx(), psample)
    await bench.registry.unregister(bench.ctx(), family)
    const got = allMessages(listener.drain())
    expect(got.map(({ payload }) => payload[0])).toEqual([1, 7, 7, 8, 8, 2])
    expect(got.every(({ type, flags, seq, portid }) => type === 16 && flags === 0 && seq === 0 && portid === 0)).toBe(
      true,
    )
  })

  it('reach a Linux program through group 16 on a FreeBSD kernel, by group mask too', () => {
    const bench = createBench('freebsd')
    const listener = bench.open()
    listener.socket.bind({ portid: 0, groups: 0x8000 })
    bench.registry.register(bench.ctx(), psample)
    expect(allMessages(listener.drain()).map(({ payload }) => payload[0])).toEqual([1, 7, 7])
  })
})

describe('C17 registration with a subscriber in another namespace', () => {
  it.each([
    ['is told there', true, 1],
    ['is not told there', false, 0],
  ])('%s if the family is namespace-aware: %s', (_what, netns, count) => {
    const bench = createBench('linux', { vnets: () => [vnet0, vnet1] })
    const listener = bench.open({ vnet: vnet1 })
    listener.join(16)
    bench.registry.register(bench.ctx(), shaped({ name: 'aware', netns }))
    expect(listener.drain()).toHaveLength(count)
  })
})

describe('R1 a duplicate name', () => {
  it('is refused with EEXIST, and nothing is announced', () => {
    const bench = createBench('linux')
    bench.registry.register(bench.ctx(), psample)
    const listener = bench.open()
    listener.join(16)
    expect(() => bench.registry.register(bench.ctx(), shaped({ name: 'psample' }))).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    )
    expect(listener.drain()).toEqual([])
  })
})

describe('R2 an invalid definition', () => {
  const invalid: Readonly<Record<string, Shape>> = {
    'no name': { name: '' },
    'a name of 16 bytes': { name: '1234567890123456' },
    'a name with a slash': { name: 'a/b' },
    'a name with NUL': { name: 'a\0b' },
    'a version above 255': { name: 'a', version: 256 },
    'an empty group name': { name: 'a', groups: [''] },
    'a group name of 16 bytes': { name: 'a', groups: ['1234567890123456'] },
    'more groups than nlctrl can list': { name: 'a', groups: Array.from({ length: 2048 }, (_, at) => `g${at}`) },
    'an operation with neither do nor dump': { name: 'a', ops: { x: { cmd: 1 } } },
    'two operations with one command': { name: 'a', ops: { x: { cmd: 1, do: true }, y: { cmd: 1, dump: true } } },
    'a command above 255': { name: 'a', ops: { x: { cmd: 256, do: true } } },
  }
  it.each(Object.entries(invalid))(
    'with %s is refused with EINVAL, and nothing is registered or announced',
    (_what, shape) => {
      const bench = createBench('linux')
      const listener = bench.open()
      listener.join(16)
      expect(() => bench.registry.register(bench.ctx(), shaped(shape))).toThrow(
        expect.objectContaining({ code: 'EINVAL' }),
      )
      expect(listener.drain()).toEqual([])
      expect(bench.registry.families().map(({ name }) => name)).toEqual(['nlctrl'])
    },
  )

  it('with lenient validation of a new command is refused with EINVAL', () => {
    const definition = defineFamily({
      name: 'a',
      version: 1,
      groups: {},
      sets: { x: set },
      ops: { x: { cmd: 1, set: 'x', do: { validate: 'liberal' } } },
    })
    const bench = createBench('linux')
    const register = () =>
      bench.registry.register(
        bench.ctx(),
        serveFamily(definition, () => ({ x: { do: () => undefined } })),
      )
    expect(register).toThrow(expect.objectContaining({ code: 'EINVAL' }))
  })
})

describe('R3 unregistration while the family is in use', () => {
  it('waits for a handler that runs', async () => {
    const bench = createBench('linux')
    const { module, state } = dummyModule()
    const { id } = bench.registry.register(bench.ctx(), module)
    const socket = bench.open()
    socket.ask(request(3, [], { type: id }))
    let gone = false
    bench.scheduler.runUntilIdle()
    const slow = bench.open()
    void slow.socket.send(request(3, [Uint8Array.of(8, 0, 1, 0, 100, 0, 0, 0)], { type: id }))
    const done = bench.registry.unregister(bench.ctx(), 'nldummy').then(() => {
      gone = true
    })
    await Promise.resolve()
    expect(gone).toBe(false)
    bench.scheduler.advance(100)
    await done
    expect(state.trace.at(-1)).toMatch(/^end/)
    expect(bench.registry.byName('nldummy')).toBeUndefined()
  })

  it('refuses a request that waits for its turn behind the handler that takes the family back', async () => {
    const bench = createBench('linux')
    const definition = (name: string) =>
      defineFamily({ name, version: 1, groups: {}, sets: { x: set }, ops: { x: { cmd: 1, set: 'x', do: {} } } })
    let ran = 0
    const victim = serveFamily(definition('victim'), () => ({ x: { do: () => void ran++ } }))
    const killer = serveFamily(definition('killer'), () => ({
      x: {
        async do(_request, ctx) {
          await sleep(ctx.scheduler, 10, 'killer')
          await bench.registry.unregister(ctx, 'victim')
        },
      },
    }))
    const { id } = bench.registry.register(bench.ctx(), victim)
    const [one, other] = [bench.open(), bench.open()]
    void one.socket.send(request(1, [], { type: bench.registry.register(bench.ctx(), killer).id, flags: 4 }))
    void other.socket.send(request(1, [], { type: id, flags: 4 }))
    bench.scheduler.advance(10)
    await new Promise(resolve => setImmediate(resolve))
    expect(allMessages(one.drain()).map(errorOf)).toEqual([0])
    await new Promise(resolve => setImmediate(resolve))
    expect(allMessages(other.drain()).map(errorOf)).toEqual([-2])
    expect(ran).toBe(0)
  })

  it('is refused with EBUSY while a dump is open, or ends the dump with ENOENT', async () => {
    const bench = createBench('linux')
    const { module, state } = dummyModule()
    const { id } = bench.registry.register(bench.ctx(), module)
    for (let i = 1; i <= 2000; i++) state.counters.set(i, { id: i, name: `counter${i}`, value: 0n, step: 1n })
    const socket = bench.open()
    void socket.socket.send(request(4, [], { type: id, flags: 0x300 }))
    await expect(bench.registry.unregister(bench.ctx(), 'nldummy')).rejects.toMatchObject({ code: 'EBUSY' })
    await bench.registry.unregister(bench.ctx(), 'nldummy', { abortDumps: true })
    const got = allMessages(socket.drain())
    expect(got.at(-1)?.type).toBe(3)
    expect(errorOf(got.at(-1))).toBe(-2)
    expect(got.length).toBeLessThan(2000)
  })

  it('is refused with EDEADLK from a handler of the family', async () => {
    const bench = createBench('linux')
    let refused: Promise<void> = Promise.resolve()
    const definition = defineFamily({
      name: 'self',
      version: 1,
      groups: {},
      sets: { x: set },
      ops: { x: { cmd: 1, set: 'x', do: {} } },
    })
    const module = serveFamily(definition, () => ({
      x: {
        do(_request, ctx) {
          refused = bench.registry.unregister(ctx, 'self')
          refused.catch(() => undefined)
        },
      },
    }))
    const { id } = bench.registry.register(bench.ctx(), module)
    bench.open().ask(request(1, [], { type: id }))
    await expect(refused).rejects.toMatchObject({ code: 'EDEADLK' })
    expect(bench.registry.byName('self')).toBeDefined()
  })

  it('is refused for nlctrl, and for a family that is not there', async () => {
    const bench = createBench('linux')
    await expect(bench.registry.unregister(bench.ctx(), nlctrl.name)).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(bench.registry.unregister(bench.ctx(), 'none')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('R4 a family that is registered again', () => {
  it('gets a new id and the same group, and former members have left', async () => {
    const bench = createBench('linux', { groupPolicy: 'linux' })
    const first = bench.registry.register(bench.ctx(), team)
    const group = first.groups.get('change_event') ?? 0
    expect(group).toBe(2) // the first bit that is free
    const member = bench.open()
    member.join(group)
    await bench.registry.unregister(bench.ctx(), first)
    const second = bench.registry.register(bench.ctx(), team)
    expect(second.id).toBe(first.id + 1)
    expect(second.groups).toEqual(first.groups)
    expect(bench.netlink.hasListeners(vnet0, 16, group)).toBe(false)
  })

  it('answers the old id as unknown', async () => {
    for (const [rules, error] of [
      ['linux', -2],
      ['freebsd', -95],
    ] as const) {
      const bench = createBench(rules)
      const { id } = bench.registry.register(bench.ctx(), psample)
      await bench.registry.unregister(bench.ctx(), 'psample')
      expect(allMessages(bench.open().ask(request(1, [], { type: id }))).map(errorOf)).toEqual([error])
    }
  })

  it('gets the same id at once where the lowest free one is given out', async () => {
    const bench = createBench('freebsd', { idPolicy: 'first-free' })
    const first = bench.registry.register(bench.ctx(), psample)
    await bench.registry.unregister(bench.ctx(), first)
    expect([first.id, bench.registry.register(bench.ctx(), psample).id]).toEqual([17, 17])
  })
})

describe('R5 groups', () => {
  it('of two families may have one name, and are two groups', () => {
    const bench = createBench('freebsd')
    const a = bench.registry.register(bench.ctx(), shaped({ name: 'a', groups: ['events'] }))
    const b = bench.registry.register(bench.ctx(), shaped({ name: 'b', groups: ['events'] }))
    expect([a.groups.get('events'), b.groups.get('events')]).toEqual([49, 50])
  })

  it('number 200 and more: a Linux program can join all, a native one those up to 127', () => {
    const bench = createBench('freebsd')
    const groups = Array.from({ length: 200 }, (_, at) => `g${at}`)
    const { groups: numbers } = bench.registry.register(bench.ctx(), shaped({ name: 'many', groups }))
    expect([...numbers.values()]).toEqual(groups.map((_, at) => 49 + at))
    const linux = bench.open()
    const native = bench.open({ abi: 'freebsd' })
    linux.join(248)
    native.join(127)
    expect(codeOf(() => native.join(128))).toBe('ERANGE')
  })
})

describe('a family with as many groups as nlctrl can list', () => {
  it('is described in one message', async () => {
    const bench = createBench('linux')
    const groups = Array.from({ length: 2047 }, (_, at) => `group-name-${String(at).padStart(4, '0')}`)
    bench.registry.register(bench.ctx(), shaped({ name: 'largest', groups }))
    const { socket } = bench.open()
    void socket.send(request(3, [text(2, 'largest')]))
    const { length } = await socket.recv(1 << 17)
    expect(length).toBeGreaterThan(65_000)
    expect(bench.defects).toEqual([])
  })
})

describe('R6 joining a group by number', () => {
  it.each([
    ['linux', 0, 'EINVAL'],
    ['linux', -1, 'EINVAL'],
    ['linux', 64, undefined],
    ['linux', 65, 'EINVAL'],
    ['freebsd', 0, 'ERANGE'],
    ['freebsd', 128, 'ERANGE'],
  ] as const)('from a %s program, %i: %s', (abi, group, code) => {
    const { socket } = createBench('linux').open({ abi })
    expect(codeOf(() => void socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group))).toBe(code)
  })
})

describe('R7 a privileged group', () => {
  const nobody = userCred(65_534)

  it('is joined by anyone under FreeBSD rules, and delivers nothing to an unprivileged member', () => {
    const bench = createBench('freebsd')
    const { module } = dummyModule()
    const { id, groups } = bench.registry.register(bench.ctx(), module)
    const member = bench.open({ cred: nobody })
    const root = bench.open()
    for (const socket of [member, root]) socket.join(groups.get('secure') ?? 0)
    const owner = bench.open()
    owner.ask(request(5, [Uint8Array.of(8, 0, 1, 0, 7, 0, 0, 0)], { type: id }))
    owner.ask(request(6, [Uint8Array.of(8, 0, 1, 0, 7, 0, 0, 0)], { type: id }))
    expect(member.drain()).toEqual([])
    expect(root.drain()).toHaveLength(1)
  })

  it('is refused with EPERM under Linux rules', () => {
    const bench = createBench('linux')
    const { groups } = bench.registry.register(bench.ctx(), dummyModule().module)
    const secure = groups.get('secure') ?? 0
    expect(codeOf(() => bench.open({ cred: nobody }).join(secure))).toBe('EPERM')
    expect(codeOf(() => bench.open().join(secure))).toBeUndefined()
    expect(codeOf(() => bench.open({ cred: nobody }).join(groups.get('ticks') ?? 0))).toBeUndefined()
  })
})

describe('R8 state of a socket', () => {
  function counting() {
    const bench = createBench('linux')
    const gone: number[] = []
    let made = 0
    const definition = defineFamily({
      name: 'stateful',
      version: 1,
      netns: true,
      groups: {},
      sets: { x: set },
      ops: { count: { cmd: 1, set: 'x', do: { reply: ['x'] } } },
    })
    const module = serveFamily(definition, host => {
      const states = host.perSocket({
        create: () => ({ id: ++made, asked: 0 }),
        destroy: ({ id }) => void gone.push(id),
      })
      return { count: { do: request => ({ x: ++states.of(request).asked }) } }
    })
    const { id } = bench.registry.register(bench.ctx(), module)
    const ask = (socket: BenchSocket): number | undefined =>
      allMessages(socket.ask(request(1, [], { type: id })))[0]?.payload[8]
    return { bench, gone, ask, made: () => made }
  }

  it('is made at its first request, and its own', () => {
    const { bench, ask, made } = counting()
    const [a, b] = [bench.open(), bench.open()]
    expect(made()).toBe(0)
    expect([ask(a), ask(a), ask(b), ask(a)]).toEqual([1, 2, 1, 3])
    expect(made()).toBe(2)
  })

  it('goes once, when the socket is closed or the family is taken back', async () => {
    const { bench, ask, gone } = counting()
    const [a, b] = [bench.open(), bench.open()]
    ask(a)
    ask(b)
    await a.socket.close()
    expect(gone).toEqual([1])
    await bench.registry.unregister(bench.ctx(), 'stateful')
    expect(gone).toEqual([1, 2])
    await b.socket.close()
    expect(gone).toEqual([1, 2])
  })
})

describe('one definition', () => {
  it('lives in several kernels at once, each with its own state', () => {
    const a = createBench('linux')
    const b = createBench('freebsd')
    const { module } = dummyModule()
    expect(a.registry.register(a.ctx(), module).id).toBe(19)
    b.registry.register(b.ctx(), psample)
    expect(b.registry.register(b.ctx(), module).id).toBe(20)
    expect(allMessages(a.open().ask(request(3, [text(2, 'nldummy')])))).toHaveLength(1)
  })
})

function codeOf(call: () => void): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return error instanceof SocketError || error instanceof NetlinkError ? error.code : String(error)
  }
}
