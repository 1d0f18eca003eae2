import { type Change, connect, type Message } from '@nltool/nl-core'
import { describe, expect, it } from 'vitest'
import { createThingKernel, NETLINK_THING, THING_GROUP, type ThingKernel } from './thing-kernel.ts'
import { type Thing, thing, thingBody, thingOperations, thingTypes } from './things.ts'

const { new: add, get } = thingOperations

const sockets = [
  ['freebsd', false],
  ['freebsd', true],
  ['linux', false],
] as const

const decode = (message: Message): Change<Thing> => ({
  event: message.type === thingTypes.THING_DEL ? 'delete' : 'set',
  item: message.decode(thingBody),
})

async function connected(
  abi: 'freebsd' | 'linux',
  sendSync: boolean,
  options: { receiveBuffer?: number } = {},
): Promise<{ kernel: ThingKernel; connection: Awaited<ReturnType<typeof connect>> }> {
  const kernel = createThingKernel()
  const connection = await connect(kernel.host(abi, { sendSync }), NETLINK_THING, { timeoutMs: 2000, ...options })
  return { kernel, connection }
}

describe.each(sockets)('a connection to the embedded kernel (%s, synchronous: %s)', (abi, sendSync) => {
  it('makes, gets and lists objects', async () => {
    const { kernel, connection } = await connected(abi, sendSync)
    await Promise.all([1, 2, 3].map(id => connection.request(add, thing(id, { size: 10 * id }))))
    expect([...kernel.things.values()].map(({ attrs }) => attrs.size)).toEqual([10, 20, 30])
    expect((await connection.requestReply(get, thing(2))).attrs.size).toBe(20)
    const list = await connection.dump(get, thing(0)).collect()
    expect(list.map(({ header, attrs }) => [header.id, attrs.size])).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ])
    await connection.close()
  })

  it('reads errors with their text and the attribute at fault', async () => {
    const { connection } = await connected(abi, sendSync)
    await expect(connection.request(add, thing(1, { size: 4, name: 'bad' }))).rejects.toMatchObject({
      code: 'EINVAL',
      text: 'no thing is called bad',
      attr: 'THING_NAME',
      message: 'EINVAL: no thing is called bad, at THING_NAME, in THING_NEW',
    })
    await expect(connection.requestReply(get, thing(77))).rejects.toMatchObject({ code: 'ENOENT' })
    await connection.close()
  })

  it('carries out batches, each request by itself', async () => {
    const { kernel, connection } = await connected(abi, sendSync)
    const batch = connection.batch()
    for (let id = 0; id < 500; id++) batch.add(add, thing(id, id % 100 === 99 ? { name: 'bad' } : {}))
    batch.get(get, thing(7))
    const results = await batch.send()
    expect(results.filter(({ ok }) => !ok).length).toBe(5)
    expect(results.at(-1)).toMatchObject({ ok: true, replies: [{ header: { id: 7 } }] })
    expect(kernel.things.size).toBe(495)
    await connection.close()
  })

  it('pipelines more requests than all buffers hold', async () => {
    const { kernel, connection } = await connected(abi, sendSync, { receiveBuffer: 8192 })
    const ids = Array.from({ length: 5000 }, (_, id) => id)
    await Promise.all(ids.map(id => connection.request(add, thing(id, { size: id }))))
    expect([...kernel.things.values()].every(({ header, attrs }) => header.id === attrs.size)).toBe(true)
    expect(kernel.things.size).toBe(5000)
    await connection.close()
  })

  it('streams a dump that is many times its receive buffer', async () => {
    const { kernel, connection } = await connected(abi, sendSync, { receiveBuffer: 8192 })
    for (let id = 0; id < 20_000; id++) kernel.things.set(id, thing(id, { size: id }))
    let next = 0
    const dump = connection.dump(get, thing(0))
    for await (const { header } of dump) expect(header.id).toBe(next++)
    expect(next).toBe(20_000)
    expect(dump.end).toEqual({ consistent: true })
    expect((await dump.collect()).length).toBe(20_000)
    await connection.close()
  })

  it('notices that a dump was interrupted, and restarts it', async () => {
    const { kernel, connection } = await connected(abi, sendSync, { receiveBuffer: 8192 })
    for (let id = 0; id < 5000; id++) kernel.things.set(id, thing(id))
    let interruptions = 0
    kernel.onDump = sent => {
      if (sent === 4000 && ++interruptions === 1) kernel.change(100_000)
    }
    const items = await connection.dump(get, thing(0)).collect()
    expect(items.length).toBe(5001)
    expect(interruptions).toBe(2)
    await connection.close()
  })

  it('hears of changes, its own and others', async () => {
    const { kernel, connection } = await connected(abi, sendSync)
    await using events = connection.subscribe([THING_GROUP], { decode })
    await connection.request(add, thing(1, { size: 5 }))
    kernel.change(2)
    kernel.change(1, 'gone')
    expect((await events.next()).value).toEqual({ event: 'set', item: thing(1, { size: 5 }) })
    expect((await events.next()).value).toEqual({ event: 'set', item: thing(2) })
    expect((await events.next()).value).toMatchObject({ event: 'delete', item: { header: { id: 1 } } })
    await connection.close()
  })

  it('is told of an overrun, and keeps a watched copy right across it', async () => {
    const { kernel, connection } = await connected(abi, sendSync, { receiveBuffer: 8192 })
    kernel.change(1)
    await using watch = connection.watch({
      groups: [THING_GROUP],
      dump: () => connection.dump(get, thing(0)),
      decode,
      key: ({ header }) => header.id,
    })
    const events: string[] = []
    const until = async (wanted: string): Promise<void> => {
      for (;;) {
        const { value } = await watch.next()
        events.push(value?.event ?? 'done')
        if (value?.event === wanted) return
      }
    }
    await until('end')
    for (let id = 0; id < 5000; id++) kernel.change(id, { size: id })
    await until('start') // the overrun
    await until('end')
    expect(watch.items.size).toBe(5000)
    kernel.change(3, 'gone')
    await until('delete')
    expect(watch.items).toEqual(kernel.things)
    await connection.close()
  })

  it('closes with everything that waits', async () => {
    const { kernel, connection } = await connected(abi, sendSync)
    const parked = connection.subscribe([THING_GROUP], { decode }).next()
    parked.catch(() => undefined)
    await connection.request(add, thing(1))
    expect((await parked).done).toBe(false)
    const second = connection.subscribe([THING_GROUP], { decode }).next()
    const rejected = expect(second).rejects.toMatchObject({ code: 'EBADF' })
    await connection.close()
    await rejected
    expect(kernel.netlink.sockets()).toEqual([])
  })
})
