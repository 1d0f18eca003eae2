import { connect, type Message } from '@nltool/nl-core'
import { SocketError, WireError } from '@nltool/nl-core/errno'
import {
  concatBytes,
  errorAnswer,
  hex,
  manualEnv,
  messageBytes,
  type SentMessage,
  scriptedTransport,
  settled,
} from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { thing, thingBody, thingNews, thingOperations, thingTypes } from './things.ts'

const decode = (message: Message) =>
  message.type === thingTypes.THING_NEW ? { event: 'new' as const, id: message.decode(thingBody).header.id } : undefined

const resync = { done: false, value: { event: 'resync' } }
const news = (id: number) => ({ done: false, value: { event: 'new', id } })
const end = { done: true, value: undefined }

describe('subscribe', () => {
  it('joins its groups at once and yields what comes from then on', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const events = connection.subscribe([3, 5], { decode })
    await events.ready
    expect([...transport.groups]).toEqual([3, 5])
    transport.deliver(thingNews(thing(1)), thingNews(thing(2), thingTypes.THING_DEL), thingNews(thing(3)))
    expect(await events.next()).toEqual(news(1))
    expect(await events.next()).toEqual(news(3))
  })

  it('receives only while its reader waits', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    transport.deliver(thingNews(thing(1)), thingNews(thing(2)), thingNews(thing(3)))
    await settled()
    expect(transport.receives).toBe(0)
    await events.next()
    await settled()
    expect(transport.receives).toBe(1)
  })

  it('gets what arrives between the answers of requests', async () => {
    const transport = scriptedTransport({
      onMessage(message, self) {
        self.deliver(thingNews(thing(1)), errorAnswer(message), thingNews(thing(2)))
      },
    })
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    await connection.request(thingOperations.new, thing(0))
    expect(await events.next()).toEqual(news(1))
    expect(await events.next()).toEqual(news(2))
  })

  it('hands each event to every subscription that wants it, and the rest to onStray', async () => {
    const strays: number[] = []
    const transport = scriptedTransport()
    const connection = await connect(transport, 0, { onStray: message => void strays.push(message.type) })
    const all = connection.subscribe([1], { decode })
    const even = connection.subscribe([1], {
      decode: message => (message.decode(thingBody).header.id % 2 === 0 ? message.type : undefined),
    })
    transport.deliver(thingNews(thing(1)), thingNews(thing(2)), thingNews(thing(3), thingTypes.THING_GET))
    expect(await even.next()).toEqual({ done: false, value: thingTypes.THING_NEW })
    void even.next()
    await settled()
    expect(await all.next()).toEqual(news(1))
    expect(await all.next()).toEqual(news(2))
    expect(strays).toEqual([thingTypes.THING_GET])
  })

  it('stays a member as long as one subscription wants the group', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const first = connection.subscribe([1, 2], { decode })
    const second = connection.subscribe([2], { decode })
    await Promise.all([first.ready, second.ready])
    await first.close()
    expect([...transport.groups]).toEqual([2])
    await second.return()
    expect([...transport.groups]).toEqual([])
  })

  it('yields resync after an overrun, between what came before and after', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    transport.deliver(thingNews(thing(1)))
    transport.failReceive(new SocketError('ENOBUFS'))
    expect(await events.next()).toEqual(news(1))
    expect(await events.next()).toEqual(resync)
    transport.deliver(thingNews(thing(2)))
    expect(await events.next()).toEqual(news(2))
  })

  it('yields nothing after resync that may be older than what was lost', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ acknowledgeNoop: false, onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    transport.failReceive(new SocketError('ENOBUFS')) // reported first: 1 and 2 were queued before
    transport.deliver(thingNews(thing(1)))
    transport.deliver(thingNews(thing(2)))
    const event = events.next()
    await settled()
    transport.deliver(concatBytes(thingNews(thing(3)), errorAnswer(held[0] as SentMessage), thingNews(thing(4))))
    expect(await event).toEqual(resync)
    expect(await events.next()).toEqual(news(4))
  })

  it('waits for the queue of a Linux kernel to be empty: until then it loses events without a word', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({
      abi: 'linux',
      acknowledgeNoop: false,
      onMessage: message => void held.push(message),
    })
    const env = manualEnv()
    const connection = await connect(transport, 0, { env })
    const events = connection.subscribe([1], { decode })
    const event = events.next()
    transport.failReceive(new SocketError('ENOBUFS'))
    await env.advance(10)
    const request = connection.request(thingOperations.new, thing(1))
    transport.deliver(errorAnswer(held[0] as SentMessage)) // the request's answer may be queued behind it
    await env.advance(10)
    expect(held.map(({ type }) => type)).toEqual([1, thingTypes.THING_NEW, 1])
    transport.deliver(errorAnswer(held[1] as SentMessage), errorAnswer(held[2] as SentMessage))
    await request
    expect(await event).toEqual(resync)
  })

  it('drops what a slow reader leaves while requests are answered, and says so', async () => {
    const transport = scriptedTransport({
      onMessage(message, self) {
        for (let id = 1; id <= 5; id++) self.deliver(thingNews(thing(id)))
        self.deliver(errorAnswer(message))
      },
    })
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode, queueMax: 3 })
    await connection.request(thingOperations.new, thing(0))
    expect(await events.next()).toEqual(resync)
    expect(await events.next()).toEqual(news(5))
  })

  it('answers readers in the order in which they came', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    const reads = [events.next(), events.next(), events.next()]
    transport.deliver(thingNews(thing(1)), thingNews(thing(2)))
    expect(await Promise.all(reads.slice(0, 2))).toEqual([news(1), news(2)])
    await events.close()
    expect(await reads[2]).toEqual(end)
    expect(await events.next()).toEqual(end)
  })
})

describe('a subscription ends', () => {
  it('with for await, leaving its groups', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    transport.deliver(thingNews(thing(1)))
    for await (const event of events) {
      expect(event).toEqual({ event: 'new', id: 1 })
      break
    }
    expect(transport.groups.size).toBe(0)
  })

  it('with the reason of its signal', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const abort = new AbortController()
    const parked = connection.subscribe([1], { decode, signal: abort.signal }).next()
    const idle = connection.subscribe([1], { decode, signal: abort.signal })
    await idle.ready
    abort.abort(new Error('enough'))
    await expect(parked).rejects.toThrow('enough')
    await expect(idle.next()).rejects.toThrow('enough')
    expect(await idle.next()).toEqual(end)
    await settled()
    expect(transport.groups.size).toBe(0)
    await expect(connection.subscribe([1], { decode, signal: abort.signal }).next()).rejects.toThrow('enough')
  })

  it('when the connection closes, after what came before', async () => {
    const transport = scriptedTransport({
      onMessage: (message, self) => self.deliver(thingNews(thing(1)), errorAnswer(message)),
    })
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    await connection.request(thingOperations.new, thing(0))
    await connection.close()
    expect(await events.next()).toEqual(news(1))
    await expect(events.next()).rejects.toMatchObject({ code: 'EBADF' })
    expect(await events.next()).toEqual(end)
  })

  it('when its groups cannot be joined', async () => {
    const transport = scriptedTransport({
      onJoin(group) {
        if (group === 2) throw new SocketError('EPERM')
      },
    })
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1, 2], { decode })
    await expect(events.ready).rejects.toMatchObject({ code: 'EPERM' })
    await expect(events.next()).rejects.toMatchObject({ code: 'EPERM' })
    await settled()
    expect(transport.groups.size).toBe(0)
  })

  it('with a notification that cannot be decoded', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    transport.deliver(messageBytes({ type: thingTypes.THING_NEW }, hex`01`))
    await expect(events.next()).rejects.toBeInstanceOf(WireError)
  })
})

describe('requests beside a subscription', () => {
  it('are answered while a reader is parked', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0)
    const event = connection.subscribe([1], { decode }).next()
    await settled()
    const request = connection.request(thingOperations.new, thing(0))
    transport.deliver(errorAnswer(held[0] as SentMessage))
    await request
    transport.deliver(thingNews(thing(4)))
    expect(await event).toEqual(news(4))
  })

  it('do not mistake a notification in their name for their answer', async () => {
    const transport = scriptedTransport({
      portid: 77,
      onMessage(message, self) {
        self.deliver(thingNews(thing(5), thingTypes.THING_NEW, { seq: message.seq, portid: 77 })) // nlmsg_notify of Linux
        self.deliver(errorAnswer(message, undefined, { portid: 77 }))
      },
    })
    const connection = await connect(transport, 0)
    const events = connection.subscribe([1], { decode })
    await connection.request(thingOperations.new, thing(5))
    expect(await events.next()).toEqual(news(5))
  })
})
