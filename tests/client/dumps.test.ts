import { connect, DumpInterruptedError, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_MULTI, NLM_F_REQUEST } from '@nltool/nl-core'
import { KernelError, SocketError } from '@nltool/nl-core/errno'
import {
  concatBytes,
  doneAnswer,
  errorAnswer,
  hex,
  manualEnv,
  messageBytes,
  type ScriptedTransport,
  type SentMessage,
  scriptedTransport,
  settled,
  splitMessages,
} from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { type Thing, thing, thingAnswer, thingNews, thingOperations, thingTypes } from './things.ts'

const { get } = thingOperations
const ids = (things: readonly Thing[]): number[] => things.map(({ header }) => header.id)

const nativeThing = (size: number) => hex`01000000 0800 0200 0${size}000000`
const linuxThing = (size: number) => hex`01000000 0800 0c00 0${size}000000`

/** A kernel that has `count` things and sends `perPart` in a datagram. */
function answering(count: number, perPart: number, options: { flags?: number; done?: number } = {}) {
  return (request: SentMessage, transport: ScriptedTransport): void => {
    const parts: Uint8Array[] = []
    for (let id = 0; id < count; id += perPart) {
      const part = Array.from({ length: Math.min(perPart, count - id) }, (_, i) =>
        thingAnswer(request, thing(id + i), NLM_F_MULTI | (id + i === 1 ? (options.flags ?? 0) : 0)),
      )
      parts.push(concatBytes(...part))
    }
    transport.deliver(...parts, doneAnswer(request, undefined, { flags: NLM_F_MULTI | (options.done ?? 0) }))
  }
}

describe('dump', () => {
  it('sends nothing before it is read, and asks again each time', async () => {
    const transport = scriptedTransport({ onMessage: answering(2, 1) })
    const connection = await connect(transport, 0)
    const dump = connection.dump(get, thing(0))
    expect(transport.sent.length).toBe(0)
    expect(ids(await dump.collect())).toEqual([0, 1])
    expect(ids(await dump.collect())).toEqual([0, 1])
    const [first, second] = transport.sent.map(bytes => splitMessages(bytes)[0])
    expect(first).toMatchObject({ type: thingTypes.THING_GET, flags: NLM_F_REQUEST | NLM_F_DUMP })
    expect(second?.seq).not.toBe(first?.seq)
  })

  it('streams, and ends with whether it is consistent', async () => {
    const connection = await connect(scriptedTransport({ onMessage: answering(5, 2) }), 0)
    const dump = connection.dump(get, thing(0))
    expect(dump.end).toBe(undefined)
    const seen: number[] = []
    for await (const { header } of dump) seen.push(header.id)
    expect(seen).toEqual([0, 1, 2, 3, 4])
    expect(dump.end).toEqual({ consistent: true })
    const iterator = dump[Symbol.asyncIterator]()
    for (let i = 0; i < 5; i++) expect((await iterator.next()).done).toBe(false)
    expect(await iterator.next()).toEqual({ done: true, value: { consistent: true } })
    expect(await iterator.next()).toEqual({ done: true, value: { consistent: true } })
  })

  it('answers calls of next() that do not wait for each other in order', async () => {
    const connection = await connect(scriptedTransport({ onMessage: answering(4, 3) }), 0)
    const iterator = connection.dump(get, thing(0))[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 6 }, () => iterator.next()))
    expect(results.map(({ done, value }) => (done === true ? 'end' : (value as Thing).header.id))).toEqual([
      0,
      1,
      2,
      3,
      'end',
      'end',
    ])
  })

  it('receives no part before the one before it is used up', async () => {
    const transport = scriptedTransport({ onMessage: answering(6, 2) })
    const connection = await connect(transport, 0)
    const iterator = connection.dump(get, thing(0))[Symbol.asyncIterator]()
    await iterator.next()
    await settled()
    expect(transport.receives).toBe(1)
    await iterator.next()
    await settled()
    expect(transport.receives).toBe(1)
    await iterator.next()
    expect(transport.receives).toBe(2)
  })

  it('maps its objects and leaves out those without a value', async () => {
    const connection = await connect(scriptedTransport({ onMessage: answering(5, 2) }), 0)
    const odd = connection.dump(get, thing(0)).map(({ header }) => (header.id % 2 === 1 ? `#${header.id}` : undefined))
    expect(await odd.collect()).toEqual(['#1', '#3'])
    const seen: string[] = []
    for await (const name of odd) seen.push(name)
    expect(seen).toEqual(['#1', '#3'])
  })

  it.each([
    ['an error', errorAnswer],
    ['an end with an error', doneAnswer],
  ])('throws what the kernel says by %s', async (_, answer) => {
    const transport = scriptedTransport({
      onMessage: (request, self) => self.deliver(thingAnswer(request, thing(1)), answer(request, 'ESRCH')),
    })
    const connection = await connect(transport, 0)
    await expect(connection.dump(get, thing(0)).collect()).rejects.toMatchObject({
      code: 'ESRCH',
      request: 'THING_GET',
    })
    const seen: number[] = []
    const stream = async (): Promise<void> => {
      for await (const { header } of connection.dump(get, thing(0))) seen.push(header.id)
    }
    await expect(stream()).rejects.toBeInstanceOf(KernelError)
    expect(seen).toEqual([1])
  })

  it('ends with the acknowledgement of a request that the kernel answers with one object', async () => {
    const transport = scriptedTransport({
      onMessage: (request, self) => self.deliver(thingAnswer(request, thing(3)), errorAnswer(request)),
    })
    const connection = await connect(transport, 0)
    expect(ids(await connection.dump(get, thing(0)).collect())).toEqual([3])
  })
})

describe('scan', () => {
  it.each(['freebsd', 'linux'] as const)('gives what it picks from each message of a %s kernel', async abi => {
    const transport = scriptedTransport({
      abi,
      onMessage(request, self) {
        const parts = [3, 4, 5].map(size =>
          messageBytes({ type: 0x20, seq: request.seq }, abi === 'linux' ? linuxThing(size + 1) : nativeThing(size)),
        )
        self.deliver(concatBytes(...parts), doneAnswer(request, undefined, { abi }))
      },
    })
    const connection = await connect(transport, 0)
    const sizes = connection.scan(get, thing(0), ({ attrs }) => (attrs.size === 4 ? undefined : attrs.size))
    expect(await sizes.collect()).toEqual([3, 5])
    for await (const size of sizes) expect([3, 5]).toContain(size)
    expect(sizes.end).toEqual({ consistent: true })
  })

  it('ends with what its function throws', async () => {
    const connection = await connect(scriptedTransport({ onMessage: answering(3, 1) }), 0)
    const scan = connection.scan(get, thing(0), () => {
      throw new RangeError('no')
    })
    await expect(scan.collect()).rejects.toThrow(RangeError)
  })
})

describe('an interrupted dump', () => {
  it.each([
    ['a message', { flags: NLM_F_DUMP_INTR }],
    ['only its end', { done: NLM_F_DUMP_INTR }],
  ])('is known by NLM_F_DUMP_INTR on %s', async (_, flags) => {
    const connection = await connect(scriptedTransport({ onMessage: answering(3, 1, flags) }), 0)
    const dump = connection.dump(get, thing(0))
    for await (const _thing of dump);
    expect(dump.end).toEqual({ consistent: false })
    const { items, consistent } = await dump.snapshot({ restarts: 0 })
    expect(ids(items)).toEqual([0, 1, 2])
    expect(consistent).toBe(false)
  })

  it('is asked for again after growing pauses until it is consistent', async () => {
    const env = manualEnv()
    let runs = 0
    const at: number[] = []
    const transport = scriptedTransport({
      onMessage(request, self) {
        at.push(env.now())
        answering(3, 1, ++runs < 4 ? { done: NLM_F_DUMP_INTR } : {})(request, self)
      },
    })
    const connection = await connect(transport, 0, { env })
    const collected = connection.dump(get, thing(0)).collect()
    await env.advance(1000)
    expect(ids(await collected)).toEqual([0, 1, 2])
    const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0))
    expect(pauses[0]).toBe(0)
    expect(pauses[1]).toSatisfy((ms: number) => ms >= 5 && ms < 15)
    expect(pauses[2]).toSatisfy((ms: number) => ms >= 10 && ms < 30)
  })

  it('is given up after five restarts with what the last one gave, or returned marked', async () => {
    const env = manualEnv()
    const transport = scriptedTransport({ onMessage: answering(2, 1, { flags: NLM_F_DUMP_INTR }) })
    const connection = await connect(transport, 0, { env })
    const error = connection
      .dump(get, thing(0))
      .collect()
      .catch(reason => reason)
    const snapshot = connection.dump(get, thing(0)).snapshot()
    await env.advance(10_000)
    expect(await error).toBeInstanceOf(DumpInterruptedError)
    expect(await error).toMatchObject({ code: 'EINTR', attempts: 6, items: [thing(0), thing(1)] })
    expect(await snapshot).toMatchObject({ consistent: false, items: [thing(0), thing(1)] })
    expect(transport.sent.length).toBe(12)
  })

  it('does not wait for a pause that is aborted', async () => {
    const env = manualEnv()
    const transport = scriptedTransport({ onMessage: answering(2, 1, { flags: NLM_F_DUMP_INTR }) })
    const connection = await connect(transport, 0, { env })
    const abort = new AbortController()
    const error = connection
      .dump(get, thing(0))
      .collect({ signal: abort.signal })
      .catch(reason => reason)
    await env.advance(1)
    abort.abort(new Error('enough'))
    expect(await error).toMatchObject({ message: 'enough' })
    expect(env.held).toBe(0)
  })

  it('is what an overrun makes of a dump', async () => {
    const env = manualEnv()
    let runs = 0
    const transport = scriptedTransport({
      onMessage(request, self) {
        self.deliver(thingAnswer(request, thing(++runs)))
        if (runs === 1) self.failReceive(new SocketError('ENOBUFS'))
        self.deliver(thingAnswer(request, thing(runs * 10)), doneAnswer(request))
      },
    })
    const connection = await connect(transport, 0, { env })
    const collected = connection.dump(get, thing(0)).collect()
    await env.advance(0)
    expect(ids(await collected)).toEqual([2, 20])
    expect(transport.sent.length).toBe(2) // no barrier: the end of a dump is not lost
  })
})

describe('a dump that is refused for what passes', () => {
  it.each(['ENOBUFS', 'EBUSY'] as const)('is asked for again after %s, and the queue is read meanwhile', async code => {
    const env = manualEnv()
    let refusals = 3
    const transport = scriptedTransport({
      onMessage(request, self) {
        if (--refusals % 4 >= 0) self.deliver(errorAnswer(request, code), thingNews(thing(9)))
        else answering(2, 1)(request, self)
      },
    })
    const connection = await connect(transport, 0, { env })
    const events = connection.subscribe([1], { decode: message => message.type })
    const dump = connection.dump(get, thing(0))
    const collected = dump.collect()
    await env.advance(1000)
    expect(ids(await collected)).toEqual([0, 1])
    refusals = 3
    const streamed = (async () => {
      const seen: number[] = []
      for await (const { header } of dump) seen.push(header.id)
      return seen
    })()
    await env.advance(1000)
    expect(await streamed).toEqual([0, 1])
    expect((await events.next()).value).toBe(thingTypes.THING_NEW)
  })

  it('is waited for on Linux, where it has been started all the same', async () => {
    const env = manualEnv()
    let open: SentMessage | undefined
    const transport = scriptedTransport({
      abi: 'linux',
      onMessage(request, self) {
        open = request
        self.deliver(errorAnswer(request, 'ENOBUFS', { abi: 'linux' }))
      },
    })
    const connection = await connect(transport, 0, { env })
    const collected = connection.dump(get, thing(0)).collect()
    await env.advance(3000)
    const part = messageBytes({ type: 0x20, seq: open?.seq ?? 0 }, linuxThing(4))
    transport.deliver(part, doneAnswer(open as SentMessage, undefined, { abi: 'linux' }))
    expect((await collected).map(({ attrs }) => attrs.size)).toEqual([3])
    expect(transport.sent.length).toBe(1)
    const refused = connection
      .dump(get, thing(0))
      .collect({ restarts: 0 })
      .catch(error => error)
    await env.advance(5000)
    expect(await refused).toMatchObject({ code: 'ENOBUFS', request: 'THING_GET' })
  })

  it('throws the refusal when it does not pass', async () => {
    const env = manualEnv()
    const transport = scriptedTransport({ onMessage: (request, self) => self.deliver(errorAnswer(request, 'ENOBUFS')) })
    const connection = await connect(transport, 0, { env })
    const dump = connection.dump(get, thing(0))
    const collected = dump.collect().catch(error => error)
    const streamed = dump[Symbol.asyncIterator]()
      .next()
      .catch(error => error)
    await env.advance(2000)
    expect(await collected).toMatchObject({ code: 'ENOBUFS', request: 'THING_GET' })
    expect(await streamed).toMatchObject({ code: 'ENOBUFS', request: 'THING_GET' })
    expect(transport.sent.length).toBe(12)
  })
})

describe('a dump that is not read to its end', () => {
  const parts = (transport: ScriptedTransport, request: SentMessage, ...list: number[]): void =>
    transport.deliver(...list.map(id => thingAnswer(request, thing(id))))

  it('is drained when its reader leaves, and lets other requests through', async () => {
    let open: SentMessage | undefined
    const strays: number[] = []
    const transport = scriptedTransport({
      onMessage(request, self) {
        if (request.type !== thingTypes.THING_GET) self.deliver(errorAnswer(request))
        else {
          open = request
          parts(self, request, 1, 2)
        }
      },
    })
    const connection = await connect(transport, 0, { onStray: message => void strays.push(message.type) })
    for await (const _thing of connection.dump(get, thing(0))) break
    await connection.request(thingOperations.new, thing(9))
    parts(transport, open as SentMessage, 3)
    transport.deliver(doneAnswer(open as SentMessage))
    await settled()
    expect(strays).toEqual([])
    const receives = transport.receives
    await settled()
    expect(transport.receives).toBe(receives)
  })

  it('ends with the reason of its signal', async () => {
    const transport = scriptedTransport({ onMessage: (request, self) => parts(self, request, 1, 2) })
    const connection = await connect(transport, 0)
    const abort = new AbortController()
    const seen: number[] = []
    const stream = async (): Promise<void> => {
      for await (const { header } of connection.dump(get, thing(0), { signal: abort.signal })) {
        seen.push(header.id)
        if (header.id === 2) abort.abort(new Error('enough'))
      }
    }
    await expect(stream()).rejects.toThrow('enough')
    expect(seen).toEqual([1, 2])
  })

  it('is timed while its reader waits for a part, not while the reader is busy', async () => {
    const env = manualEnv()
    let open: SentMessage | undefined
    const transport = scriptedTransport({
      onMessage(request, self) {
        open = request
        parts(self, request, 1)
      },
    })
    const connection = await connect(transport, 0, { env })
    const iterator = connection.dump(get, thing(0))[Symbol.asyncIterator]()
    await iterator.next()
    await env.advance(60_000)
    parts(transport, open as SentMessage, 2)
    expect((await iterator.next()).value).toEqual(thing(2))
    const lost = iterator.next().catch(error => error)
    await env.advance(5000)
    expect(await lost).toMatchObject({ code: 'ETIMEDOUT' })
  })

  it('ends when the connection is closed', async () => {
    const transport = scriptedTransport({ onMessage: (request, self) => parts(self, request, 1) })
    const connection = await connect(transport, 0)
    const collected = connection
      .dump(get, thing(0))
      .collect()
      .catch(error => error)
    const waiting = connection
      .dump(get, thing(0))
      .collect()
      .catch(error => error)
    await settled()
    await connection.close()
    expect(await collected).toMatchObject({ code: 'EBADF' })
    expect(await waiting).toMatchObject({ code: 'EBADF' })
  })
})

describe('two dumps of one connection', () => {
  it('take turns, for Linux refuses a second one', async () => {
    const open: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: request => void open.push(request) })
    const connection = await connect(transport, 0)
    const first = connection.dump(get, thing(1)).collect()
    const second = connection.dump(get, thing(2)).collect()
    await settled()
    expect(open.length).toBe(1)
    transport.deliver(thingAnswer(open[0] as SentMessage, thing(1)), doneAnswer(open[0] as SentMessage))
    expect(ids(await first)).toEqual([1])
    await settled()
    transport.deliver(thingAnswer(open[1] as SentMessage, thing(2)), doneAnswer(open[1] as SentMessage))
    expect(ids(await second)).toEqual([2])
  })

  it('do not hang when one is read inside a loop over the other', async () => {
    const connection = await connect(scriptedTransport({ onMessage: answering(3, 1) }), 0)
    const seen: number[][] = []
    for await (const { header } of connection.dump(get, thing(0))) {
      seen.push([header.id, ...ids(await connection.dump(get, thing(0)).collect())])
    }
    expect(seen).toEqual([
      [0, 0, 1, 2],
      [1, 0, 1, 2],
      [2, 0, 1, 2],
    ])
  })

  it('leave the queue when they are aborted', async () => {
    const open: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: request => void open.push(request) })
    const connection = await connect(transport, 0)
    const first = connection.dump(get, thing(1)).collect()
    const second = connection.dump(get, thing(2)).collect({ signal: AbortSignal.timeout(1) })
    await expect(second).rejects.toMatchObject({ name: 'TimeoutError' })
    transport.deliver(doneAnswer(open[0] as SentMessage))
    await first
    const third = connection.dump(get, thing(3)).collect()
    await settled()
    transport.deliver(doneAnswer(open[1] as SentMessage))
    expect(await third).toEqual([])
  })
})
