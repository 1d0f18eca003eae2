import { type Change, type Connection, connect, type Message } from '@nltool/nl-core'
import { describe, expect, it } from 'vitest'
import { createThingKernel, NETLINK_THING, THING_GROUP, type ThingKernel } from './thing-kernel.ts'
import { type Thing, thing, thingBody, thingOperations, thingTypes } from './things.ts'

const { new: add, get } = thingOperations

const decode = (message: Message): Change<Thing> => ({
  event: message.type === thingTypes.THING_DEL ? 'delete' : 'set',
  item: message.decode(thingBody),
})

async function started(options: { timeoutMs?: number } = {}): Promise<{ kernel: ThingKernel; connection: Connection }> {
  const kernel = createThingKernel()
  for (let id = 0; id < 3; id++) kernel.change(id)
  return { kernel, connection: await connect(kernel.host('freebsd'), NETLINK_THING, options) }
}

describe('a client of a kernel with faults', () => {
  it('restarts a dump that says it was interrupted', async () => {
    const { kernel, connection } = await started()
    const fault = kernel.netlink.faults.inject({ at: 'dump', times: 2 })
    expect((await connection.dump(get, thing(0)).collect()).length).toBe(3)
    expect(fault.hits).toBe(2)
    await connection.close()
  })

  it('streams it and says so', async () => {
    const { kernel, connection } = await started()
    kernel.netlink.faults.inject({ at: 'dump' })
    const dump = connection.dump(get, thing(0))
    for await (const _thing of dump);
    expect(dump.end).toEqual({ consistent: false })
    await connection.close()
  })

  it('goes on after recv was interrupted or overrun while it waited for an answer', async () => {
    const { kernel, connection } = await started()
    kernel.netlink.faults.inject({ at: 'recv', code: 'EINTR', times: 3 })
    await connection.request(add, thing(7))
    kernel.netlink.faults.inject({ at: 'recv', code: 'ENOBUFS' })
    await connection.request(add, thing(8)) // its answer came all the same, ahead of the barrier
    expect(kernel.things.has(8)).toBe(true)
    await connection.close()
  })

  it.each(['EINTR', 'ENOBUFS'] as const)('still times out when every recv fails with %s', async code => {
    const { kernel, connection } = await started({ timeoutMs: 30 })
    kernel.netlink.faults.inject({ at: 'recv', code, times: Infinity })
    await expect(connection.request(add, thing(7))).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    kernel.netlink.faults.clear()
    await connection.request(add, thing(7))
    await connection.close()
  })

  it('rejects the request that could not be sent', async () => {
    const { kernel, connection } = await started()
    kernel.netlink.faults.inject({ at: 'send', code: 'ENOBUFS' })
    await expect(connection.request(add, thing(7))).rejects.toMatchObject({ code: 'ENOBUFS' })
    await connection.request(add, thing(7))
    await connection.close()
  })

  it('reads the errno and the text that a request is refused with', async () => {
    const { kernel, connection } = await started()
    kernel.netlink.faults.inject({ at: 'request', type: thingTypes.THING_NEW, code: 'ENOSPC', text: 'full', skip: 1 })
    const batch = connection.batch()
    for (let id = 10; id < 13; id++) batch.add(add, thing(id))
    const results = await batch.send()
    expect(results.map(result => (result.ok ? 'ok' : result.error.message))).toEqual([
      'ok',
      'ENOSPC: full, in THING_NEW',
      'ok',
    ])
    await connection.close()
  })

  it('keeps its watched copy right when one notification in five is lost', async () => {
    const { kernel, connection } = await started()
    kernel.netlink.faults.inject({ at: 'notification', times: Infinity, probability: 0.2 })
    await using watch = connection.watch({
      groups: [THING_GROUP],
      dump: () => connection.dump(get, thing(0)),
      decode,
      key: ({ header }) => header.id,
    })
    const reading = (async () => {
      for await (const _event of watch) if (watch.items.has(999)) break
    })()
    for (let round = 0; round < 100; round++) {
      await connection.request(add, thing(round % 7, { size: round }))
      kernel.change(round % 5, 'gone')
    }
    kernel.netlink.faults.clear()
    await connection.request(add, thing(999))
    await reading
    const present = await connection.dump(get, thing(0)).collect()
    expect([...watch.items.keys()].sort()).toEqual(present.map(({ header }) => header.id).sort())
    await connection.close()
  })
})
