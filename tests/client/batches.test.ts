import { connect } from '@nltool/nl-core'
import { KernelError, SocketError, WireError } from '@nltool/nl-core/errno'
import {
  concatBytes,
  errorAnswer,
  manualEnv,
  type SentMessage,
  scriptedTransport,
  settled,
  splitMessages,
} from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { thing, thingAnswer, thingNews, thingOperations } from './things.ts'

const { new: add, get } = thingOperations

describe('batch', () => {
  it('sends its requests in one datagram and gives one result for each, in order', async () => {
    const transport = scriptedTransport({
      onMessage: (message, self) => self.deliver(errorAnswer(message, message.payload[0] === 1 ? 'EEXIST' : undefined)),
    })
    const connection = await connect(transport, 0)
    const batch = connection.batch()
    for (let id = 0; id < 3; id++) expect(batch.add(add, thing(id))).toBe(id)
    expect(batch.length).toBe(3)
    const results = await batch.send()
    expect(transport.sent.length).toBe(1)
    expect(splitMessages(transport.sent[0] as Uint8Array).map(({ payload }) => payload[0])).toEqual([0, 1, 2])
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true])
    const failed = results[1]
    expect(failed?.ok === false && failed.error).toMatchObject({ code: 'EEXIST', index: 1, request: 'THING_NEW' })
    expect(failed?.ok === false && failed.error).toBeInstanceOf(KernelError)
    expect(batch.length).toBe(0)
  })

  it('can be filled again while it is on its way', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0)
    const batch = connection.batch()
    batch.add(add, thing(1))
    const first = batch.send()
    batch.add(add, thing(2))
    batch.add(add, thing(3))
    const second = batch.send()
    await settled()
    for (const message of held) transport.deliver(errorAnswer(message, message.payload[0] === 2 ? 'EINVAL' : undefined))
    expect((await first).map(({ ok }) => ok)).toEqual([true])
    expect((await second).map(({ ok }) => ok)).toEqual([false, true])
  })

  it('holds the answers of requests that ask for them', async () => {
    const transport = scriptedTransport({
      onMessage(message, self) {
        const id = message.payload[0] ?? 0
        self.deliver(concatBytes(thingAnswer(message, thing(id * 10)), errorAnswer(message)))
      },
    })
    const connection = await connect(transport, 0)
    const batch = connection.batch()
    batch.get(get, thing(1))
    batch.add(add, thing(2)) // answered too: a notification in the requester's name
    batch.get(get, thing(3))
    const results = await batch.send()
    expect(results.map(result => result.ok && result.replies)).toEqual([[thing(10)], [], [thing(30)]])
  })

  it('starts another datagram when one would become too long', async () => {
    const transport = scriptedTransport({ onMessage: (message, self) => self.deliver(errorAnswer(message)) })
    const connection = await connect(transport, 0)
    const batch = connection.batch({ bytesMax: 64 })
    for (let id = 0; id < 7; id++) batch.add(add, thing(id)) // 20 bytes each
    expect((await batch.send()).length).toBe(7)
    expect(transport.sent.map(bytes => splitMessages(bytes).length)).toEqual([3, 3, 1])
  })

  it('leaves out a value that cannot be encoded', async () => {
    const transport = scriptedTransport({ onMessage: (message, self) => self.deliver(errorAnswer(message)) })
    const connection = await connect(transport, 0)
    const batch = connection.batch()
    batch.add(add, thing(1))
    expect(() => batch.add(add, thing(2, { name: 'x'.repeat(99) }))).toThrow(WireError)
    batch.add(add, thing(3))
    expect((await batch.send()).length).toBe(2)
    expect(splitMessages(transport.sent[0] as Uint8Array).map(({ payload }) => payload[0])).toEqual([1, 3])
  })

  it('resolves at once when it is empty', async () => {
    const transport = scriptedTransport()
    expect(await (await connect(transport, 0)).batch().send()).toEqual([])
    expect(transport.sent).toEqual([])
  })

  it('reports answers lost in an overrun each by itself', async () => {
    const held: SentMessage[] = []
    const env = manualEnv()
    const transport = scriptedTransport({ acknowledgeNoop: false, onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0, { env })
    const batch = connection.batch()
    for (let id = 0; id < 3; id++) batch.add(add, thing(id))
    const results = batch.send()
    transport.deliver(errorAnswer(held[0] as SentMessage))
    transport.failReceive(new SocketError('ENOBUFS'))
    await env.advance(10)
    transport.deliver(errorAnswer(held[2] as SentMessage), errorAnswer(held[3] as SentMessage))
    expect((await results).map(({ ok }) => ok)).toEqual([true, false, true])
    const [, lost] = await results
    expect(lost?.ok === false && lost.error.code).toBe('ENOBUFS')
  })

  it('reports what has no answer when time is up, the connection closes or a send fails', async () => {
    const env = manualEnv()
    const transport = scriptedTransport({
      onSend(datagram) {
        if (datagram[16] === 5) throw new SocketError('EMSGSIZE')
      },
      onMessage: (message, self) => message.payload[0] === 0 && self.deliver(errorAnswer(message)),
    })
    const connection = await connect(transport, 0, { env })
    const codes = async (...list: number[]): Promise<string[]> => {
      const batch = connection.batch()
      for (const id of list) batch.add(add, thing(id))
      return (await batch.send()).map(result => (result.ok ? 'ok' : result.error.code))
    }
    const timed = codes(0, 1)
    await env.advance(5000)
    expect(await timed).toEqual(['ok', 'ETIMEDOUT'])
    expect(await codes(5)).toEqual(['EMSGSIZE'])
    const closing = codes(0, 1, 0)
    await settled()
    await connection.close()
    expect(await closing).toEqual(['ok', 'EBADF', 'ok'])
  })

  it('rejects with the reason of its signal', async () => {
    const connection = await connect(scriptedTransport(), 0)
    const abort = new AbortController()
    const batch = connection.batch()
    batch.add(add, thing(1))
    const results = batch.send({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(results).rejects.toThrow('enough')
  })

  it('takes ten thousand requests', async () => {
    const transport = scriptedTransport({ onMessage: (message, self) => self.deliver(errorAnswer(message)) })
    const connection = await connect(transport, 0)
    const batch = connection.batch()
    for (let id = 0; id < 10_000; id++) batch.add(add, thing(id))
    const results = await batch.send()
    expect(results.length).toBe(10_000)
    expect(results.every(({ ok }) => ok)).toBe(true)
  })

  it('hands the notifications that its requests cause to subscriptions', async () => {
    const transport = scriptedTransport({
      abi: 'freebsd',
      portid: 7,
      onMessage(message, self) {
        self.deliver(
          thingNews(thing(5), 0x20, { seq: message.seq, portid: 7 }), // as Linux stamps them
          errorAnswer(message, undefined, { portid: 7 }),
        )
      },
    })
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode: message => ({ event: 'new', type: message.type }) })
    const batch = connection.batch()
    batch.add(add, thing(5))
    await batch.send()
    expect((await events.next()).value).toEqual({ event: 'new', type: 0x20 })
  })
})
