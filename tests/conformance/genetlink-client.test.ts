import { createKernel, type Kernel, loopScheduler, seededRandom, systemClock } from '@nltool/kernel'
import { type Host, NETLINK_GENERIC, type Resync } from '@nltool/nl-core'
import { KernelError, SocketError } from '@nltool/nl-core/errno'
import { createNetlink, socketTransport } from '@nltool/nl-core/kernel'
import { type Abi, abis, createTask, rootCred, vnet0 } from '@nltool/nl-core/model'
import { CTRL_CMD_GETFAMILY, CTRL_CMD_GETPOLICY, type Generic, nlctrl, nlsysevent, openGeneric } from '@nltool/nl-genl'
import { createDeviceEvents, createGenericRegistry, nlsyseventModule } from '@nltool/nl-genl/kernel'
import { afterEach, describe, expect, it } from 'vitest'
import { dummy, dummyModule } from './genetlink-nldummy.ts'

interface World {
  readonly kernel: Kernel
  readonly genl: Generic
  readonly state: ReturnType<typeof dummyModule>['state']
}

const open: World[] = []

async function world(abi: Abi, uid = 0): Promise<World> {
  const { module, state } = dummyModule()
  const kernel = createKernel({ modules: [module] })
  const genl = await openGeneric(kernel.spawn({ abi, uid }))
  const made = { kernel, genl, state }
  open.push(made)
  return made
}

afterEach(async () => {
  for (const { genl, kernel } of open.splice(0)) {
    await genl.close()
    await kernel.close()
  }
})

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new TypeError('did not fail')
}

describe.each(abis)('a client of generic netlink with the %s ABI', abi => {
  it('resolves a family by name and by id', async () => {
    const { genl } = await world(abi)
    const family = await genl.resolve('nldummy')
    expect(family).toMatchObject({ name: 'nldummy', version: 1, hdrsize: 0, maxattr: 0 })
    expect(family.groups.map(({ name }) => name)).toEqual(['counters', 'buffers', 'ticks', 'secure'])
    expect(await genl.familyById(family.id)).toMatchObject({ name: 'nldummy', id: family.id })
  })

  it('knows nlctrl, its operations and its group by the number of its ABI', async () => {
    const { genl } = await world(abi)
    const controller = await genl.resolve(nlctrl.name)
    expect(controller.id).toBe(16)
    expect(controller.groups).toEqual([{ name: 'notify', id: abi === 'linux' ? 16 : 48 }])
    expect(controller.hasOp(CTRL_CMD_GETFAMILY, 'do')).toBe(true)
    expect(controller.hasOp(CTRL_CMD_GETFAMILY, 'dump')).toBe(true)
    expect(controller.hasOp(99, 'do')).toBe(false)
  })

  it('lists families, ascending by id', async () => {
    const { genl } = await world(abi)
    expect((await genl.families()).map(({ id, name }) => [id, name])).toEqual([
      [16, 'nlctrl'],
      [19, 'nldummy'],
    ])
  })

  it('says ENOENT for a family that is not there, and asks again the next time', async () => {
    const { genl } = await world(abi)
    for (let i = 0; i < 2; i++) {
      const error = await failure(genl.resolve('none'))
      expect(error).toBeInstanceOf(KernelError)
      expect(error).toMatchObject({ code: 'ENOENT', request: 'CTRL_CMD_GETFAMILY', subject: 'family none' })
      expect(String(error)).toContain('in CTRL_CMD_GETFAMILY, for family none')
    }
  })

  it('asks once for look-ups that overlap, and keeps the answer until it is told to forget', async () => {
    const { kernel } = await world(abi)
    let asked = 0
    const process = kernel.spawn({ abi })
    const genl = await openGeneric(counting(process, () => asked++))
    await Promise.all([genl.resolve('nldummy'), genl.resolve('nldummy')])
    await genl.resolve('nldummy')
    expect(asked).toBe(1)
    genl.forget('nldummy')
    await genl.resolve('nldummy')
    expect(asked).toBe(2)
    await genl.close()
  })

  it('lets one of several that look up a family give up alone', async () => {
    const { genl } = await world(abi)
    const controller = new AbortController()
    const [one, other] = [failure(genl.resolve('nldummy', { signal: controller.signal })), genl.resolve('nldummy')]
    controller.abort(new Error('enough'))
    expect(await one).toMatchObject({ message: 'enough' })
    expect(await other).toMatchObject({ name: 'nldummy' })
  })

  it('makes typed requests, dumps, and subscriptions from a definition', async () => {
    const { genl } = await world(abi)
    const counters = await genl.open(dummy)
    const events = counters.subscribe(['counters'])
    await events.ready
    await counters.do('counter-set', { id: 1, name: 'one', value: 5n })
    await counters.do('counter-set', { id: 2, value: 7n, step: 2n })
    expect(await counters.do('counter-get', { id: 1 })).toMatchObject({ id: 1, name: 'one', value: 5n, step: 1n })
    expect((await counters.dump('counter-get').collect()).map(({ id, value }) => [id, value])).toEqual([
      [1, 5n],
      [2, 7n],
    ])
    const { value: first } = await events.next()
    expect(isResync(first)).toBe(false)
    expect(first).toMatchObject({ event: 'counter-ntf', attrs: { id: 1, name: 'one' } })
    await events.close()
  })

  it('sends a batch in one datagram, with a result for each request', async () => {
    const { genl } = await world(abi)
    const counters = await genl.open(dummy)
    const batch = counters.batch()
    for (const id of [1, 2]) batch.add('counter-set', { id, value: BigInt(id) })
    batch.add('counter-get', { id: 2 })
    expect(batch.add('counter-get', { id: 9 })).toBe(3)
    const results = await batch.send()
    expect(results.map(result => (result.ok ? result.op : result.error.code))).toEqual([
      'counter-set',
      'counter-set',
      'counter-get',
      'ENOENT',
    ])
    expect(results[2]).toMatchObject({ ok: true, attrs: { id: 2, value: 2n } })
    expect(batch.length).toBe(0)
  })

  it('posts a request without waiting for its answer', async () => {
    const { genl } = await world(abi)
    const counters = await genl.open(dummy)
    await counters.post('counter-set', { id: 4 })
    expect(await counters.do('counter-get', { id: 4 })).toMatchObject({ id: 4 })
  })

  it('makes requests by number, with raw attributes', async () => {
    const { genl } = await world(abi)
    const family = await genl.resolve('nldummy')
    const [answer] = await family.do(1, [{ type: 3, bytes: Uint8Array.of(7, 0, 0, 0) }])
    expect(answer).toMatchObject({ cmd: 1, version: 1, attrs: [{ type: 3, bytes: Uint8Array.of(7, 0, 0, 0) }] })
    await family.do(5, [{ type: 1, bytes: Uint8Array.of(3, 0, 0, 0) }])
    const counters = await family.dump(4).collect()
    expect(counters.map(({ attrs }) => attrs[0]?.bytes[0])).toEqual([3])
  })

  it('hears every group of a family as raw messages', async () => {
    const { genl } = await world(abi)
    const family = await genl.resolve('nldummy')
    const events = family.subscribe('*')
    await events.ready
    await family.do(5, [{ type: 1, bytes: Uint8Array.of(3, 0, 0, 0) }])
    await family.do(6, [{ type: 1, bytes: Uint8Array.of(3, 0, 0, 0) }])
    const heard: number[] = []
    for await (const event of events) {
      if (isResync(event)) continue
      heard.push(event.cmd)
      if (heard.length === 3) break
    }
    expect(heard).toEqual([7, 7, 7]) // set, deleted, deleted again for the group `secure`
  })

  it('names what is wrong, and where', async () => {
    const { genl } = await world(abi)
    const counters = await genl.open(dummy)
    expect(await failure(counters.do('counter-get', { id: 9 }))).toMatchObject({
      code: 'ENOENT',
      request: 'nldummy counter-get',
    })
    expect(await failure(counters.do('counter-get'))).toMatchObject({ code: 'EINVAL', text: 'ID not set' })
    expect(await failure(counters.do('wait', { msec: 20_000 }))).toMatchObject({
      code: 'ERANGE',
      attr: 'MSEC',
      text: 'integer out of range',
    })
    expect(await failure(genl.resolve('nldummy').then(family => Promise.resolve(family.group('none'))))).toBeInstanceOf(
      SocketError,
    )
  })

  it('is refused what it may not do', async () => {
    const { genl } = await world(abi, 1001)
    const counters = await genl.open(dummy)
    expect(await failure(counters.do('counter-set', { id: 1 }))).toMatchObject({ code: 'EPERM' })
    expect(await counters.dump('counter-get').collect()).toEqual([])
  })

  it('reads policies as a tree in which a nest may contain itself', async () => {
    const { genl } = await world(abi)
    const { ops } = await genl.policy('nldummy')
    const inner = ops.get(1)?.do?.attributes.get(14)
    expect(inner).toMatchObject({ number: 14, type: 'NESTED' })
    expect(inner?.nested?.attributes.get(14)?.nested).toBe(inner?.nested)
    expect(ops.get(3)?.do?.attributes.get(1)).toEqual({ number: 1, type: 'U32', min: 0n, max: 10_000n })
    expect(ops.get(4)?.dump?.attributes.size).toBe(0) // whatever comes is refused
    expect((await genl.policy('nlctrl', { op: CTRL_CMD_GETPOLICY })).ops.size).toBe(1)
    expect(await failure(genl.policy('none'))).toMatchObject({ code: 'ENOENT' })
  })

  it('ends its waits when it is closed', async () => {
    const { genl } = await world(abi)
    const counters = await genl.open(dummy)
    const waiting = failure(counters.do('wait', { msec: 10_000, tag: 1 }))
    await genl.close()
    expect(await waiting).toMatchObject({ code: 'EBADF' })
  })

  it('takes an AbortSignal', async () => {
    const { genl } = await world(abi)
    const counters = await genl.open(dummy)
    const controller = new AbortController()
    const waiting = failure(counters.do('wait', { msec: 10_000 }, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await waiting).toMatchObject({ message: 'enough' })
  })
})

describe('a group that is made at run time', () => {
  it('can be waited for', async () => {
    const events = createDeviceEvents()
    const kernel = createKernel({ modules: [nlsyseventModule(events)] })
    const genl = await openGeneric(kernel.spawn())
    expect(await genl.waitForGroup('nlsysevent', 'IFNET')).toBeGreaterThan(48)

    const waiting = genl.waitForGroup('nlsysevent', 'MARS')
    const { scheduler, clock } = kernel
    const ctx = { task: createTask('test'), vnet: vnet0, cred: rootCred, scheduler, clock }
    await kernel.settle()
    events.notify(ctx, { system: 'MARS', subsystem: 'rover', type: 'ROLL' })
    const group = await waiting
    const sysevents = await genl.open(nlsysevent)
    expect(sysevents.info.groups).toContainEqual({ name: 'MARS', id: group })

    const heard = sysevents.subscribe('*')
    await heard.ready
    events.notify(ctx, { system: 'MARS', subsystem: 'rover', type: 'STOP', data: 'slope=3' })
    expect((await heard.next()).value).toMatchObject({
      event: 'newevent',
      attrs: { system: 'MARS', type: 'STOP', data: 'slope=3' },
    })
    await heard.close()
    await genl.close()
    await kernel.close()
  })

  it('stops being waited for when the signal fires', async () => {
    const { genl } = await world('linux')
    const aborted = AbortSignal.timeout(20)
    expect(await failure(genl.waitForGroup('nldummy', 'never', { signal: aborted }))).toMatchObject({
      name: 'TimeoutError',
    })
  })
})

describe('a family that is registered again under a client', () => {
  it('is found under its new id by the next request, and announced', async () => {
    const scheduler = loopScheduler()
    const netlink = createNetlink({ scheduler, clock: systemClock(), random: seededRandom(1) })
    const registry = createGenericRegistry({ multicast: netlink })
    netlink.register(registry.protocol)
    const ctx = { task: createTask('test'), vnet: vnet0, cred: rootCred, scheduler, clock: systemClock() }
    const { module } = dummyModule()
    registry.register(ctx, module)
    const socket = netlink.open({ protocol: NETLINK_GENERIC, cred: rootCred, pid: 1, vnet: vnet0, abi: 'linux' })
    await using genl = await openGeneric(socketTransport(socket))

    const changes = genl.watchFamilies()
    await changes.ready
    const counters = await genl.open(dummy)
    expect(counters.info.id).toBe(19)
    await registry.unregister(ctx, 'nldummy')
    registry.register(ctx, module)
    await counters.do('counter-set', { id: 1 })
    expect(counters.info.id).toBe(20)
    expect(await counters.do('counter-get', { id: 1 })).toMatchObject({ id: 1 })

    await registry.unregister(ctx, 'nldummy')
    registry.register(ctx, module)
    expect(await counters.dump('counter-get').collect()).toHaveLength(1)
    expect(counters.info.id).toBe(21)
    await registry.unregister(ctx, 'nldummy')
    registry.register(ctx, module)
    const ids: (number | undefined)[] = []
    for await (const { id } of counters.dump('counter-get')) ids.push(id)
    expect(ids).toEqual([1])
    expect(counters.info.id).toBe(22)

    const told: string[] = []
    for await (const change of changes) {
      if (isResync(change)) continue
      told.push(change.event)
      if (change.event === 'newmcast-grp' && told.filter(event => event === 'newmcast-grp').length === 4) break
    }
    const four = (event: string): string[] => Array.from({ length: 4 }, () => event)
    expect(told).toEqual([...four('delmcast-grp'), 'delfamily', 'newfamily', ...four('newmcast-grp')])
  })
})

/** A host whose transports tell of every datagram that is sent. */
function counting(host: Host, sent: () => void): Host {
  return {
    abi: host.abi,
    async open(protocol) {
      const transport = await host.open(protocol)
      const send: typeof transport.send = bytes => {
        sent()
        return transport.send(bytes)
      }
      return Object.assign(Object.create(transport), { send })
    },
  }
}

function isResync(event: unknown): event is Resync {
  return typeof event === 'object' && event !== null && 'event' in event && event.event === 'resync'
}
