import { type Connection, connect } from '@nltool/nl-core'
import {
  errorAnswer,
  type ScriptedTransport,
  type SentMessage,
  scriptedTransport,
  settled,
} from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { thing, thingOperations } from './things.ts'

const { new: add, get } = thingOperations

interface Stage {
  readonly transport: ScriptedTransport
  readonly connection: Connection
  /** Requests that have been sent and not been answered. */
  readonly held: SentMessage[]
  /** Acknowledges some of them, the oldest first. */
  answer(count: number): Promise<void>
}

async function stage(abi: 'freebsd' | 'linux', receiveBuffer?: number): Promise<Stage> {
  const held: SentMessage[] = []
  const transport = scriptedTransport({ abi, onMessage: message => void held.push(message) })
  const connection = await connect(transport, 0, {
    timeoutMs: 0,
    ...(receiveBuffer !== undefined && { receiveBuffer }),
  })
  return {
    transport,
    connection,
    held,
    async answer(count) {
      for (const message of held.splice(0, count)) transport.deliver(errorAnswer(message, undefined, { abi }))
      await settled()
    },
  }
}

describe('requests that are made together', () => {
  it.each([
    ['linux', undefined, 128],
    ['linux', 8192, 16],
    ['linux', 100, 1],
    ['freebsd', undefined, 512],
    ['freebsd', 8192, 128],
  ] as const)(
    'are on their way no more at once than %s has room to answer (buffer %s): %i',
    async (abi, buffer, most) => {
      const { connection, held, answer } = await stage(abi, buffer)
      const requests = Array.from({ length: 1200 }, (_, id) => connection.request(add, thing(id)))
      let answered = 0
      while (answered < requests.length) {
        await settled()
        expect(held.length).toBeLessThanOrEqual(most)
        expect(held.length).toBeGreaterThan(0)
        const count = Math.min(held.length, 1 + (answered % 50))
        answered += count
        await answer(count)
      }
      await Promise.all(requests)
    },
  )

  it('count for more when they ask for objects', async () => {
    const { connection, held, answer } = await stage('linux')
    const requests = Array.from({ length: 40 }, (_, id) => connection.requestReplies(get, thing(id)))
    await settled()
    expect(held.length).toBe(16)
    await answer(4)
    expect(held.length).toBe(16)
    while (held.length > 0) await answer(16)
    await Promise.all(requests)
  })

  it('are not sent any more once they are aborted', async () => {
    const { connection, held, answer } = await stage('linux', 1024)
    const abort = new AbortController()
    const requests = [1, 2, 3, 4, 5].map(id =>
      connection.request(add, thing(id), id === 4 ? { signal: abort.signal } : {}).catch(error => error),
    )
    await settled()
    expect(held.length).toBe(2)
    abort.abort('enough')
    const seen: unknown[] = []
    while (held.length > 0) {
      seen.push(...held.map(({ payload }) => payload[0]))
      await answer(held.length)
    }
    expect(seen).toEqual([1, 2, 3, 5])
    expect(await requests[3]).toBe('enough')
  })

  it('that travel in a batch are divided among datagrams for which there is room', async () => {
    const { connection, transport, held, answer } = await stage('linux')
    const batch = connection.batch()
    for (let id = 0; id < 300; id++) batch.add(add, thing(id))
    for (let id = 0; id < 20; id++) batch.get(get, thing(id))
    const results = batch.send()
    await settled()
    expect(transport.sent.length).toBe(1)
    expect(held.length).toBe(128)
    while (held.length > 0) await answer(128)
    expect((await results).length).toBe(320)
    expect(transport.sent.length).toBe(4) // 128, 128, 44 + 10 × 8 = 124, 10 × 8
  })

  it('wait for the one that is heavier than there is room', async () => {
    const { connection, held, answer } = await stage('linux', 1024)
    const light = connection.request(add, thing(1))
    const heavy = connection.requestReplies(get, thing(2)) // weighs 8, there is room for 2
    const after = connection.request(add, thing(3))
    await settled()
    expect(held.length).toBe(1)
    await answer(1)
    expect(held.map(({ payload }) => payload[0])).toEqual([2])
    await answer(1)
    await answer(1)
    await Promise.all([light, heavy, after])
  })
})
