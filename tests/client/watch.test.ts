import { type Change, connect, DumpInterruptedError, type Message, NLM_F_DUMP_INTR } from '@nltool/nl-core'
import { SocketError } from '@nltool/nl-core/errno'
import {
  doneAnswer,
  manualEnv,
  type ScriptedTransport,
  type SentMessage,
  scriptedTransport,
  settled,
} from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { type Thing, thing, thingAnswer, thingBody, thingNews, thingOperations, thingTypes } from './things.ts'

const decode = (message: Message): Change<Thing> => ({
  event: message.type === thingTypes.THING_DEL ? 'delete' : 'set',
  item: message.decode(thingBody),
})

/** A watch of things on a kernel whose dumps the test answers. */
async function watching(
  onMessage: (request: SentMessage, transport: ScriptedTransport) => void,
  interrupted?: 'throw',
) {
  const env = manualEnv()
  const transport = scriptedTransport({ onMessage })
  const connection = await connect(transport, 0, { env })
  const watch = connection.watch({
    groups: [1],
    dump: () => connection.dump(thingOperations.get, thing(0)),
    decode,
    key: ({ header }) => header.id,
    ...(interrupted !== undefined && { interrupted }),
  })
  return { env, transport, connection, watch }
}

const named = (id: number, name: string): Thing => thing(id, { name })

describe('watch', () => {
  it('yields start, every item, end, then changes, and keeps the copy in step', async () => {
    const { transport, watch } = await watching((request, self) =>
      self.deliver(thingAnswer(request, thing(1)), thingAnswer(request, thing(2)), doneAnswer(request)),
    )
    const events = []
    for (let i = 0; i < 4; i++) events.push((await watch.next()).value)
    expect(events).toEqual([
      { event: 'start' },
      { event: 'item', item: thing(1) },
      { event: 'item', item: thing(2) },
      { event: 'end', consistent: true },
    ])
    transport.deliver(thingNews(thing(3)), thingNews(thing(1), thingTypes.THING_DEL), thingNews(named(2, 'b')))
    expect((await watch.next()).value).toEqual({ event: 'set', item: thing(3) })
    expect((await watch.next()).value).toEqual({ event: 'delete', item: thing(1) })
    expect((await watch.next()).value).toEqual({ event: 'set', item: named(2, 'b') })
    expect([...watch.items]).toEqual([
      [2, named(2, 'b')],
      [3, thing(3)],
    ])
  })

  it('is a member before it dumps, so that a change meanwhile is not lost', async () => {
    let members: number[] = []
    const { watch } = await watching((request, self) => {
      members = [...self.groups]
      self.deliver(thingAnswer(request, thing(1)), thingNews(thing(1), thingTypes.THING_DEL), doneAnswer(request))
    })
    for (let i = 0; i < 4; i++) await watch.next()
    expect(members).toEqual([1])
    expect(watch.items.size).toBe(0)
  })

  it('starts again after an overrun', async () => {
    let runs = 0
    const { env, transport, watch } = await watching((request, self) => {
      self.deliver(thingAnswer(request, thing(++runs)), doneAnswer(request))
    })
    for (let i = 0; i < 3; i++) await watch.next()
    transport.deliver(thingNews(thing(9)))
    transport.failReceive(new SocketError('ENOBUFS'))
    expect((await watch.next()).value).toEqual({ event: 'set', item: thing(9) })
    const again = watch.next()
    await env.advance(10)
    expect((await again).value).toEqual({ event: 'start' })
    expect((await watch.next()).value).toEqual({ event: 'item', item: thing(2) })
    expect((await watch.next()).value).toEqual({ event: 'end', consistent: true })
    expect([...watch.items.keys()]).toEqual([2])
  })

  it('restarts an interrupted dump, and throws when that does not help, if it is told to', async () => {
    const { env, transport, watch } = await watching((request, self) => {
      self.deliver(thingAnswer(request, thing(1), NLM_F_DUMP_INTR), doneAnswer(request))
    }, 'throw')
    await watch.next()
    const next = watch.next().catch(error => error)
    await env.advance(1000)
    expect(await next).toBeInstanceOf(DumpInterruptedError)
    expect(transport.sent.length).toBe(6)
    expect(transport.groups.size).toBe(0)
    expect((await watch.next()).done).toBe(true)
  })

  it('goes on with a dump that stays interrupted: the changes that interrupt it arrive as events', async () => {
    const { env, watch } = await watching((request, self) => {
      self.deliver(thingAnswer(request, thing(1), NLM_F_DUMP_INTR), doneAnswer(request), thingNews(thing(2)))
    })
    const events: unknown[] = []
    const reading = (async () => {
      for await (const event of watch) {
        events.push(event)
        if (event.event === 'set') break
      }
    })()
    await env.advance(1000)
    await reading
    expect(events).toContainEqual({ event: 'end', consistent: false })
    expect([...watch.items.keys()]).toEqual([1, 2])
  })

  it('ends a parked read when it is closed, in the middle of a dump too', async () => {
    const { transport, watch } = await watching(() => undefined)
    await watch.next()
    const parked = watch.next()
    await settled()
    const closed = watch.close()
    await settled()
    expect(transport.groups.size).toBe(0)
    await closed
    expect(await parked).toEqual({ done: true, value: undefined })
  })
})
