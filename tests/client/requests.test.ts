import { connect, NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST } from '@nltool/nl-core'
import { KernelError, SocketError, WireError } from '@nltool/nl-core/errno'
import {
  concatBytes,
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
import { thing, thingAnswer, thingOperations, thingTypes } from './things.ts'

const acknowledge = (message: SentMessage, transport: ScriptedTransport): void => {
  const { abi, portid } = transport
  transport.deliver(errorAnswer(message, undefined, { abi, portid }))
}

describe('request', () => {
  it('asks for an acknowledgement and resolves with it', async () => {
    const transport = scriptedTransport({ onMessage: acknowledge })
    const connection = await connect(transport, 0)
    await expect(
      connection.request(thingOperations.new, thing(7, { name: 'a' }), { flags: NLM_F_CREATE }),
    ).resolves.toBe(undefined)
    const [message] = splitMessages(transport.sent[0] as Uint8Array)
    expect(message).toMatchObject({
      type: thingTypes.THING_NEW,
      flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE,
      portid: 0,
    })
    expect(message?.payload).toEqual(hex`
      07000000
      0600 0100 6100 0000   // THING_NAME`)
  })

  it('encodes and decodes in the numbers and the meaning of a Linux transport', async () => {
    const answered: Uint8Array[] = []
    const transport = scriptedTransport({
      abi: 'linux',
      portid: 9,
      onMessage(message, self) {
        answered.push(message.payload)
        self.deliver(
          messageBytes({ type: thingTypes.THING_NEW, seq: message.seq, portid: 9 }, hex`07000000 0800 0c00 05000000`),
          errorAnswer(message, undefined, { abi: 'linux', portid: 9 }),
        )
      },
    })
    const connection = await connect(transport, 0)
    const reply = await connection.requestReply(thingOperations.get, thing(7, { size: 2 }))
    expect(answered).toEqual([hex`07000000 0800 0c00 03000000`])
    expect(reply.attrs.size).toBe(4)
  })

  it('matches answers of overlapping requests by sequence number', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0)
    const first = connection.requestReply(thingOperations.get, thing(1))
    const second = connection.requestReply(thingOperations.get, thing(2))
    await settled()
    const [one, two] = held as [SentMessage, SentMessage]
    expect(two.seq).toBe(one.seq + 1)
    transport.deliver(
      concatBytes(thingAnswer(two, thing(22)), errorAnswer(two), thingAnswer(one, thing(11))),
      errorAnswer(one),
    )
    expect((await first).header.id).toBe(11)
    expect((await second).header.id).toBe(22)
  })

  it('does not take the answer to another port for its own', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ portid: 40, onMessage: message => void held.push(message) })
    const env = manualEnv()
    const connection = await connect(transport, 0, { env })
    const request = connection.request(thingOperations.new, thing(1))
    const [message] = held as [SentMessage]
    transport.deliver(errorAnswer(message, 'EPERM', { portid: 41 }))
    await settled()
    transport.deliver(errorAnswer(message, undefined, { portid: 40 }))
    await expect(request).resolves.toBe(undefined)
  })

  it('sends a second request while the first is parked in recv', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0)
    const first = connection.request(thingOperations.new, thing(1))
    await settled()
    expect(transport.parked).toBe(true)
    const second = connection.request(thingOperations.new, thing(2))
    await settled()
    expect(transport.sent.length).toBe(2)
    for (const message of held) transport.deliver(errorAnswer(message))
    await Promise.all([first, second])
    expect(transport.receives).toBe(2) // none beyond what was waited for
  })

  it('shares a datagram with requests that are made together while others wait', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0)
    const requests = [1, 2, 3, 4].map(id => connection.request(thingOperations.new, thing(id)))
    await settled()
    expect(transport.sent.map(bytes => splitMessages(bytes).map(({ payload }) => payload[0]))).toEqual([[1], [2, 3, 4]])
    for (const message of held) transport.deliver(errorAnswer(message, message.payload[0] === 3 ? 'EEXIST' : undefined))
    const results = await Promise.allSettled(requests)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  })

  it('shares none if it is told so', async () => {
    const transport = scriptedTransport({ onMessage: acknowledge })
    const connection = await connect(transport, 0, { coalesce: false })
    await Promise.all([1, 2, 3].map(id => connection.request(thingOperations.new, thing(id))))
    expect(transport.sent.length).toBe(3)
  })

  it('keeps the order of requests, long ones and those without an answer among them', async () => {
    const ids: (number | undefined)[] = []
    const transport = scriptedTransport({
      onMessage(message, self) {
        ids.push(message.payload[0])
        if ((message.flags & NLM_F_ACK) !== 0) self.deliver(errorAnswer(message))
      },
    })
    const connection = await connect(transport, 0)
    const batch = connection.batch({ bytesMax: 65_536 })
    for (let i = 0; i < 1000; i++) batch.add(thingOperations.new, thing(3))
    await Promise.all([
      connection.request(thingOperations.new, thing(1)),
      connection.request(thingOperations.new, thing(2)),
      batch.send(),
      connection.request(thingOperations.new, thing(4)),
      connection.post(thingOperations.new, thing(5)),
      connection.request(thingOperations.new, thing(6)),
    ])
    expect([...new Set(ids)]).toEqual([1, 2, 3, 4, 5, 6])
    expect(ids).toEqual(ids.toSorted())
  })

  it('fails every request of a datagram that cannot be sent', async () => {
    let sends = 0
    const transport = scriptedTransport({
      onSend() {
        if (++sends === 2) throw new SocketError('ENOBUFS')
      },
    })
    const connection = await connect(transport, 0, { timeoutMs: 0 })
    const requests = [1, 2, 3].map(id => connection.request(thingOperations.new, thing(id)))
    await expect(requests[1]).rejects.toMatchObject({ code: 'ENOBUFS' })
    await expect(requests[2]).rejects.toMatchObject({ code: 'ENOBUFS' })
    await connection.close()
    await expect(requests[0]).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('keeps the order of sends that have to wait, and their bytes', async () => {
    let free: () => void = () => undefined
    const gate = new Promise<void>(resolve => {
      free = resolve
    })
    const ids: (number | undefined)[] = []
    const transport = scriptedTransport({
      onSend: () => gate,
      onMessage(message, self) {
        ids.push(message.payload[0])
        acknowledge(message, self)
      },
    })
    const connection = await connect(transport, 0)
    const requests = [1, 2, 3].map(id => connection.request(thingOperations.new, thing(id)))
    free()
    await Promise.all(requests)
    expect(ids).toEqual([1, 2, 3])
  })

  it('refuses a value that cannot be encoded before it sends anything', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    await expect(connection.request(thingOperations.new, thing(1, { name: 'x'.repeat(16) }))).rejects.toBeInstanceOf(
      WireError,
    )
    expect(transport.sent).toEqual([])
  })

  it('gives all answers of a request that has several', async () => {
    const transport = scriptedTransport({
      onMessage: (message, self) =>
        self.deliver(thingAnswer(message, thing(1)), thingAnswer(message, thing(2)), errorAnswer(message)),
    })
    const connection = await connect(transport, 0)
    const replies = await connection.requestReplies(thingOperations.get, thing(0))
    expect(replies.map(reply => reply.header.id)).toEqual([1, 2])
  })

  it('says ENODATA when a request for an answer is acknowledged without one', async () => {
    const connection = await connect(scriptedTransport({ onMessage: acknowledge }), 0)
    await expect(connection.requestReply(thingOperations.get, thing(0))).rejects.toMatchObject({ code: 'ENODATA' })
  })

  it('rejects with the WireError of an answer that makes no sense, and goes on', async () => {
    const transport = scriptedTransport({
      onMessage(message, self) {
        if (message.type === thingTypes.THING_GET)
          self.deliver(messageBytes({ type: 0x20, seq: message.seq }, hex`0100`))
        self.deliver(errorAnswer(message))
      },
    })
    const connection = await connect(transport, 0)
    await expect(connection.requestReply(thingOperations.get, thing(0))).rejects.toBeInstanceOf(WireError)
    await connection.request(thingOperations.new, thing(1))
  })

  it('posts a request without asking for an answer', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    await connection.post(thingOperations.new, thing(1))
    expect(splitMessages(transport.sent[0] as Uint8Array)[0]?.flags).toBe(NLM_F_REQUEST)
    expect(transport.receives).toBe(0)
  })
})

describe('a refused request', () => {
  const refuse = (abi: 'freebsd' | 'linux', attrs: Uint8Array, capped = false) =>
    scriptedTransport({
      abi,
      onMessage: (message, self) => self.deliver(errorAnswer(message, 'EOPNOTSUPP', { abi, attrs, capped })),
    })
  const failure = async (transport: ScriptedTransport): Promise<KernelError> => {
    const connection = await connect(transport, 0)
    const value = thing(7, { name: 'a', list: [{ port: 1 }, { port: 2, address: 3 }] })
    const error = await connection.request(thingOperations.new, value).catch(reason => reason)
    expect(error).toBeInstanceOf(KernelError)
    return error
  }

  it.each([
    ['freebsd', 45],
    ['linux', 95],
  ] as const)('is named by the numbering and the sign of %s', async (abi, errno) => {
    expect(await failure(refuse(abi, hex``))).toMatchObject({
      code: 'EOPNOTSUPP',
      errno,
      request: 'THING_NEW',
      text: undefined,
    })
  })

  it.each([false, true])('has its text and the path of the attribute at fault, request capped: %s', async capped => {
    // 16 header, 4 thinghdr, 8 name, 4 list, 4 + 8 first entry, 4 second entry, 8 port: the address
    const attrs = hex`
      0800 0100 6e6f7000    // NLMSGERR_ATTR_MSG "nop"
      0800 0200 38000000    // NLMSGERR_ATTR_OFFS 56`
    const error = await failure(refuse('freebsd', attrs, capped))
    expect(error).toMatchObject({ text: 'nop', offset: 56, attr: 'THING_LIST[1].THING_INNER_ADDRESS' })
    expect(error.message).toBe('EOPNOTSUPP: nop, at THING_LIST[1].THING_INNER_ADDRESS, in THING_NEW')
  })

  it('has the policy in words, the name of what is missing, and the cookie', async () => {
    const attrs = hex`
      0800 0300 0badcafe    // NLMSGERR_ATTR_COOKIE
      2c00 0480             // NLMSGERR_ATTR_POLICY
        0c00 0400 0100000000000000
        0c00 0500 ff00000000000000
        0800 0100 04000000  // NL_POLICY_TYPE_ATTR_TYPE U32
        0800 0700 08000000
      0800 0500 02000000    // NLMSGERR_ATTR_MISS_TYPE
      0800 0600 20000000    // NLMSGERR_ATTR_MISS_NEST: the first entry of the list`
    expect(await failure(refuse('linux', attrs))).toMatchObject({
      cookie: hex`0badcafe`,
      policy: 'u32, 1 to 255, at most 8 bytes',
      missing: 'THING_LIST[0].THING_INNER_ADDRESS',
    })
  })

  it('keeps an errno without a name as a number', async () => {
    const transport = scriptedTransport({
      onMessage(message, self) {
        const bytes = errorAnswer(message, 'EPERM')
        new DataView(bytes.buffer).setInt32(16, 4321, true)
        self.deliver(bytes)
      },
    })
    expect(await failure(transport)).toMatchObject({ code: 'EINVAL', errno: 4321 })
  })

  it('reads an answer whose ext-ack attributes are cut or garbled as far as it makes sense', async () => {
    expect(await failure(refuse('freebsd', hex`ff00 0100 6e6f7000`))).toMatchObject({
      code: 'EOPNOTSUPP',
      text: undefined,
    })
  })
})

describe('a request that succeeds with a warning', () => {
  it('hands the text to onWarning', async () => {
    const warnings: string[][] = []
    const attrs = hex`0800 0100 6f6c6400`
    const transport = scriptedTransport({
      onMessage: (message, self) => self.deliver(errorAnswer(message, undefined, { attrs })),
    })
    const connection = await connect(transport, 0, { onWarning: (...warning) => void warnings.push(warning) })
    await connection.request(thingOperations.new, thing(1))
    expect(warnings).toEqual([['old', 'THING_NEW']])
  })
})

describe('waiting', () => {
  it('gives up after the time-out, and keeps no timer for requests that were answered', async () => {
    const env = manualEnv()
    const transport = scriptedTransport({
      onMessage: (message, self) => message.payload[0] === 1 && acknowledge(message, self),
    })
    const connection = await connect(transport, 0, { env })
    await connection.request(thingOperations.new, thing(1))
    expect(env.held).toBe(0)
    const lost = connection.request(thingOperations.new, thing(2))
    const error = lost.catch(reason => reason)
    await env.advance(4999)
    expect(env.held).toBe(1)
    await env.advance(1)
    expect(await error).toMatchObject({ code: 'ETIMEDOUT', message: 'ETIMEDOUT: THING_NEW: no answer within 5000 ms' })
    expect(await error).toBeInstanceOf(SocketError)
  })

  it('takes a time-out of its own, shorter or none', async () => {
    const env = manualEnv()
    const connection = await connect(scriptedTransport(), 0, { env })
    const outcomes: string[] = []
    const watch = (name: string, request: Promise<void>) => void request.catch(() => void outcomes.push(name))
    watch('default', connection.request(thingOperations.new, thing(1)))
    watch('short', connection.request(thingOperations.new, thing(2), { timeoutMs: 10 }))
    watch('none', connection.request(thingOperations.new, thing(3), { timeoutMs: 0 }))
    await env.advance(10)
    expect(outcomes).toEqual(['short'])
    await env.advance(1e6)
    expect(outcomes).toEqual(['short', 'default'])
  })

  it('ends with the reason of its signal; the late answer is stray', async () => {
    const strays: number[] = []
    const held: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0, { onStray: message => void strays.push(message.type) })
    const abort = new AbortController()
    const request = connection.request(thingOperations.new, thing(1), { signal: abort.signal })
    const other = connection.request(thingOperations.new, thing(2))
    abort.abort(new Error('enough'))
    await expect(request).rejects.toThrow('enough')
    for (const message of held) transport.deliver(errorAnswer(message))
    await other
    expect(strays).toEqual([2])
    await expect(connection.request(thingOperations.new, thing(3), { signal: abort.signal })).rejects.toThrow('enough')
    expect(transport.sent.length).toBe(2)
  })

  it('ends with EBADF when the connection is closed', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const request = connection.request(thingOperations.new, thing(1))
    await connection.close()
    await expect(request).rejects.toMatchObject({ code: 'EBADF' })
    expect(transport.closed).toBe(true)
    await expect(connection.request(thingOperations.new, thing(1))).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('ends when the transport closes under the connection', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const request = connection.request(thingOperations.new, thing(1))
    await transport.close()
    await expect(request).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('receives again after EINTR', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ onMessage: message => void held.push(message) })
    const connection = await connect(transport, 0)
    const request = connection.request(thingOperations.new, thing(1))
    transport.failReceive(new SocketError('EINTR'))
    await settled()
    transport.deliver(errorAnswer(held[0] as SentMessage))
    await request
  })

  it('fails with what the transport failed with', async () => {
    const transport = scriptedTransport()
    const connection = await connect(transport, 0)
    const request = connection.request(thingOperations.new, thing(1))
    transport.failReceive(new TypeError('broken'))
    await expect(request).rejects.toMatchObject({ code: 'EIO' })
  })

  it('rejects a request whose datagram cannot be sent, and no other', async () => {
    const transport = scriptedTransport({
      onSend(datagram) {
        if (datagram[16] === 1) throw new SocketError('EMSGSIZE')
      },
      onMessage: acknowledge,
    })
    const connection = await connect(transport, 0)
    await expect(connection.request(thingOperations.new, thing(1))).rejects.toMatchObject({ code: 'EMSGSIZE' })
    await connection.request(thingOperations.new, thing(2))
  })
})

describe('an overrun while requests wait', () => {
  it('fails those whose answer did not come before that of a later message, and no other', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ acknowledgeNoop: false, onMessage: message => void held.push(message) })
    const env = manualEnv()
    const connection = await connect(transport, 0, { env })
    const answered = connection.request(thingOperations.new, thing(1))
    const lost = connection.request(thingOperations.new, thing(2))
    transport.failReceive(new SocketError('ENOBUFS'))
    await env.advance(10)
    const [one, , barrier] = held as [SentMessage, SentMessage, SentMessage]
    expect(barrier).toMatchObject({ type: 1, flags: NLM_F_REQUEST | NLM_F_ACK }) // NLMSG_NOOP
    const later = connection.request(thingOperations.new, thing(3))
    transport.deliver(errorAnswer(one), errorAnswer(barrier))
    await answered
    await expect(lost).rejects.toMatchObject({
      code: 'ENOBUFS',
      message: expect.stringContaining('whether the request was carried out is unknown'),
    })
    transport.deliver(errorAnswer(held[3] as SentMessage))
    await later
  })

  it('is understood from NLMSG_OVERRUN and from a truncated datagram too', async () => {
    const held: SentMessage[] = []
    const transport = scriptedTransport({ acknowledgeNoop: false, onMessage: message => void held.push(message) })
    const env = manualEnv()
    const connection = await connect(transport, 0, { env })
    const first = connection.request(thingOperations.new, thing(1)).catch(error => error)
    transport.deliver(messageBytes({ type: 4 }))
    await env.advance(10)
    transport.deliver(errorAnswer(held[1] as SentMessage))
    expect(await first).toMatchObject({ code: 'ENOBUFS' })
    const second = connection.request(thingOperations.new, thing(1)).catch(error => error)
    transport.deliverTruncated(hex`ff000000 2000`)
    await env.advance(10)
    transport.deliver(errorAnswer(held[3] as SentMessage))
    expect(await second).toMatchObject({ code: 'ENOBUFS' })
  })
})
