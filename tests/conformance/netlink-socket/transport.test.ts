import { socketTransport } from '@nltool/nl-core/kernel'
import { messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  createWorld,
  fill,
  ITEM_GET,
  ITEM_GROUP,
  ITEM_NEW,
  ITEM_WAIT,
  itemOf,
  NLM_F_ACK,
  NLMSG_DONE,
  request,
  type World,
} from './fixture.ts'

const ack = (seq: number) => messageBytes({ type: 1, flags: NLM_F_ACK, seq })

function transportOf(world: World, abi: 'freebsd' | 'linux') {
  const socket = world.open({ abi })
  return { socket, transport: socketTransport(socket) }
}

describe('a transport over a socket', () => {
  it('is synchronous where nothing waits', async () => {
    const world = createWorld()
    const { transport } = transportOf(world, 'freebsd')
    await transport.setOption('sendSync', true)
    expect(transport.send(ack(1))).toBeUndefined()
    const got = transport.recv()
    expect(got).not.toBeInstanceOf(Promise)
    expect(splitMessages((await got).bytes).map(({ seq }) => seq)).toEqual([1])
  })

  it('waits for a handler that waits, and for a message that is not there yet', async () => {
    const world = createWorld()
    const { transport } = transportOf(world, 'linux')
    const sending = transport.send(request(ITEM_WAIT, { item: itemOf(3), abi: 'linux' }))
    const receiving = transport.recv()
    expect(sending).toBeInstanceOf(Promise)
    world.proceed()
    await world.settle()
    expect(await sending).toBeUndefined()
    expect(splitMessages((await receiving).bytes).map(({ type }) => type)).toEqual([ITEM_NEW])
  })

  it.each(['freebsd', 'linux'] as const)('knows the options of the ABI by neutral names (%s)', async abi => {
    const world = createWorld()
    const { socket, transport } = transportOf(world, abi)
    await transport.setOption('extAck', true)
    await transport.setOption('capAck', true)
    await transport.setOption('strictCheck', true)
    await transport.setOption('receiveBuffer', 5000)
    await transport.setOption('sendBuffer', 6000)
    const level = abi === 'linux' ? 1 : 0xffff
    const sizes = [
      socket.getsockopt(level, abi === 'linux' ? 8 : 0x1002),
      socket.getsockopt(level, abi === 'linux' ? 7 : 0x1001),
    ]
    expect([10, 11, 12].map(option => socket.getsockopt(270, option).value)).toEqual([1, 1, 1])
    expect(sizes.map(({ value }) => value)).toEqual(abi === 'linux' ? [10000, 12000] : [5000, 6000])
    expect(codeOf(() => transport.setOption('noEnobufs', true))).toBe(abi === 'linux' ? 'no error' : 'ENOPROTOOPT')
    expect(codeOf(() => transport.setOption('sendSync', true))).toBe(abi === 'linux' ? 'EINVAL' : 'no error')
  })

  it('joins and leaves, and hands a notification over as it is', async () => {
    const world = createWorld()
    const { socket, transport } = transportOf(world, 'freebsd')
    await transport.join(ITEM_GROUP)
    world.notify(1)
    expect((await transport.recv()).bytes.length).toBe(36)
    await transport.leave(ITEM_GROUP)
    world.notify(1)
    expect(socket.fionread).toBe(0)
    expect(codeOf(() => transport.join(0))).toBe('ERANGE')
  })

  it('gives what stands one behind the other in one go, up to 32 KiB', async () => {
    const world = createWorld()
    fill(world, 5000)
    const { socket, transport } = transportOf(world, 'freebsd')
    transport.send(request(ITEM_GET))
    const types: number[] = []
    let reads = 0
    for (await world.settle(); socket.fionread > 0; await world.settle()) {
      const { bytes } = await transport.recv()
      expect(bytes.length).toBeLessThanOrEqual(32768)
      types.push(...splitMessages(bytes).map(({ type }) => type))
      reads += 1
    }
    expect(types).toEqual([...new Array(5000).fill(ITEM_NEW), NLMSG_DONE])
    expect(reads).toBeLessThan(20)
  })

  it('ends a parked recv by the reason of its signal, and by EBADF when it is closed', async () => {
    const world = createWorld()
    const { transport } = transportOf(world, 'freebsd')
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = Promise.allSettled([transport.recv({ signal: controller.signal })])
    controller.abort(reason)
    expect(await waiting).toMatchObject([{ reason }])
    const last = Promise.allSettled([transport.recv()])
    await Promise.all([transport.close(), transport.close()])
    expect(await last).toMatchObject([{ reason: { code: 'EBADF' } }])
    expect(codeOf(() => transport.send(ack(1)))).toBe('EBADF')
  })

  it('refuses a recv whose signal has fired already', () => {
    const { transport } = transportOf(createWorld(), 'freebsd')
    expect(() => transport.recv({ signal: AbortSignal.abort(new Error('enough')) })).toThrow('enough')
  })
})
