import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  type CaptureRecord,
  captureWriter,
  connect,
  type Host,
  type Message,
  NETLINK_GENERIC,
  NETLINK_ROUTE,
  readCapture,
  record,
  replay,
} from '@nltool/nl-core'
import { SocketError, WireError } from '@nltool/nl-core/errno'
import {
  concatBytes,
  doneAnswer,
  errorAnswer,
  fromHex,
  hex,
  messageBytes,
  type ScriptedTransport,
  type SentMessage,
  scriptedTransport,
  splitMessages,
} from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { type Vector, vectors } from '../vectors/load.ts'
import { thing, thingAnswer, thingBody, thingNews, thingOperations, thingTypes } from './things.ts'

const { new: add, get } = thingOperations

/** Collects what a sink is given. */
function file(): { sink: (bytes: Uint8Array) => void; bytes: () => Uint8Array } {
  const parts: Uint8Array[] = []
  return { sink: bytes => void parts.push(bytes), bytes: () => concatBytes(...parts) }
}

function kernel(message: SentMessage, transport: ScriptedTransport): void {
  const id = message.payload[0] ?? 0
  if (message.type === thingTypes.THING_GET) {
    transport.deliver(thingAnswer(message, thing(1)), concatBytes(thingAnswer(message, thing(2)), doneAnswer(message)))
  } else if (id === 9) transport.deliver(errorAnswer(message, 'EEXIST'))
  else transport.deliver(thingNews(thing(id)), errorAnswer(message))
}

const host = (onMessage = kernel): Host => ({ abi: 'freebsd', open: async () => scriptedTransport({ onMessage }) })
const decode = (message: Message) => message.decode(thingBody).header.id

/** A recorded conversation: two requests, one refused, with events, and a dump. */
async function recording(): Promise<Uint8Array> {
  const { sink, bytes } = file()
  let time = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
  const connection = await connect(record(host(), sink, { now: () => (time += 0.25) }), NETLINK_ROUTE)
  const events = connection.subscribe([1], { decode })
  await connection.request(add, thing(4, { name: 'a', size: 5 }))
  await connection.request(add, thing(9)).catch(() => undefined)
  await connection.dump(get, thing(0)).collect()
  await events.close()
  await connection.close()
  return bytes()
}

describe('record', () => {
  it('writes both directions with their times and protocol, and changes nothing', async () => {
    const { abi, records } = readCapture(await recording())
    expect(abi).toBe('freebsd')
    expect(records.map(({ direction, protocol }) => `${direction} ${protocol}`)).toEqual([
      'sent 0',
      'received 0',
      'received 0',
      'sent 0',
      'received 0',
      'sent 0',
      'received 0',
      'received 0',
    ])
    expect(records[0]?.time).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 678) + 0.25)
    expect(records[0]?.bytes.subarray(16)).toEqual(thingBody.encode(thing(4, { name: 'a', size: 5 }), 'freebsd'))
  })

  it('notes an overrun as NLMSG_OVERRUN', async () => {
    const { sink, bytes } = file()
    const transport = scriptedTransport()
    const connection = await connect(record(transport, sink, { protocol: NETLINK_GENERIC }), NETLINK_GENERIC)
    const events = connection.subscribe([1], { decode })
    transport.failReceive(new SocketError('ENOBUFS'))
    expect((await events.next()).value).toEqual({ event: 'resync' })
    const [overrun] = readCapture(bytes()).records
    expect(overrun).toMatchObject({ direction: 'received', protocol: NETLINK_GENERIC })
    expect(overrun?.bytes).toEqual(hex`10000000 0400 0000 00000000 00000000`)
  })
})

describe('readCapture', () => {
  it('gives back what a writer was given', () => {
    const records: CaptureRecord[] = [
      { time: 1_700_000_000_000.125, direction: 'sent', protocol: 16, bytes: messageBytes({ type: 20 }, hex`01`) },
      { time: 1_700_000_000_001, direction: 'received', protocol: 0, bytes: messageBytes({ type: 21, portid: 4 }) },
    ]
    const { sink, bytes } = file()
    const write = captureWriter(sink, 'linux')
    for (const each of records) write(each)
    expect(readCapture(bytes())).toEqual({ abi: 'linux', records })
  })

  it('reads what tcpdump writes for nlmon, in either byte order', () => {
    const big = fromHex(`
      a1b2c3d4 0002 0004 00000000 00000000 00040000 000000fd
      00000002 0007a120 00000020 00000020
      0004 0338 0000 0000000000000000 0000   10000000 1200 0100 07000000 00000000`)
    const little = fromHex(`
      d4c3b2a1 0200 0400 00000000 00000000 00000400 fd000000
      02000000 20a10700 20000000 20000000
      0004 0338 0000 0000000000000000 0000   10000000 1200 0000 07000000 00000000`)
    expect(readCapture(big).records).toMatchObject([{ time: 2500, direction: 'sent', protocol: 0 }])
    expect(readCapture(little).records).toMatchObject([{ time: 2500, direction: 'received', protocol: 0 }])
  })

  it('refuses a file that is cut anywhere but between blocks, and says where', async () => {
    const bytes = await recording()
    const borders = new Set([0])
    for (let at = 0; at < bytes.length; at += new DataView(bytes.buffer).getUint32(at + 4, true)) borders.add(at)
    for (let length = 0; length < bytes.length; length++) {
      const cut = (): unknown => readCapture(bytes.slice(0, length))
      if (borders.has(length) && length > 0) expect(cut).not.toThrow()
      else expect(cut).toThrow(WireError)
    }
  })

  it.each(['', '00', 'not a capture at all, but text that is long enough'])('refuses %j', text => {
    expect(() => readCapture(new TextEncoder().encode(text))).toThrow(WireError)
  })
})

describe('replay', () => {
  it('answers requests as they were answered, whatever their sequence numbers', async () => {
    const server = replay(await recording())
    expect(server.abi).toBe('freebsd')
    const connection = await connect(server, NETLINK_ROUTE)
    const events = connection.subscribe([1], { decode })
    await connection.request(add, thing(4, { size: 5, name: 'a' }))
    expect(await events.next()).toEqual({ done: false, value: 4 })
    await expect(connection.request(add, thing(9))).rejects.toMatchObject({ code: 'EEXIST' })
    expect((await connection.dump(get, thing(0)).collect()).map(({ header }) => header.id)).toEqual([1, 2])
    expect(server.unmatched).toEqual([])
    expect(server.unused).toEqual([])
  })

  it('takes requests for the same that say the same in other bytes', async () => {
    const server = replay(await recording())
    const [recorded] = server.unused
    const transport = await server.open(NETLINK_ROUTE)
    const swapped = concatBytes(
      (recorded as Uint8Array).slice(0, 20),
      hex`0800 0200 05000000   0600 0100 6100 ffff`, // the size before the name, padding that is not zeros
    )
    await transport.send(swapped)
    expect(server.unmatched).toEqual([])
    expect(server.unused.length).toBe(2)
  })

  it('compares by schemas where it has them: bytes that mean the same', async () => {
    const { sink, bytes } = file()
    const write = captureWriter(sink, 'freebsd')
    const request = messageBytes({ type: thingTypes.THING_NEW, flags: 5, seq: 1 }, hex`01000000 0500 0100 61000000`)
    write({ time: 0, direction: 'sent', protocol: 0, bytes: request })
    const withNul = messageBytes({ type: thingTypes.THING_NEW, flags: 5, seq: 2 }, hex`01000000 0600 0100 61000000`)
    const asTree = replay(bytes())
    await (await asTree.open(0)).send(withNul)
    expect(asTree.unmatched).toEqual([withNul])
    const asThing = replay(bytes(), { bodyOf: () => thingBody })
    await (await asThing.open(0)).send(withNul)
    expect(asThing.unmatched).toEqual([])
  })

  it('refuses what was not recorded, with a text that says so', async () => {
    const server = replay(await recording())
    const connection = await connect(server, NETLINK_ROUTE)
    await expect(connection.request(add, thing(5))).rejects.toMatchObject({
      code: 'EOPNOTSUPP',
      text: 'the recording has no answer to this request',
    })
    expect(server.unmatched.length).toBe(1)
    expect(server.unused.length).toBe(3)
  })

  it('answers the same request several times as in the recording, then as the last time', async () => {
    const { sink, bytes } = file()
    let calls = 0
    const counting = host((message, transport) =>
      transport.deliver(thingAnswer(message, thing(++calls)), errorAnswer(message)),
    )
    const recorded = await connect(record(counting, sink), 0)
    for (let i = 0; i < 2; i++) await recorded.requestReply(get, thing(0))
    const connection = await connect(replay(bytes()), 0)
    const ids: number[] = []
    for (let i = 0; i < 3; i++) ids.push((await connection.requestReply(get, thing(0))).header.id)
    expect(ids).toEqual([1, 2, 2])
  })

  it('replays an overrun', async () => {
    const server = replay([{ time: 0, direction: 'received', protocol: 0, bytes: messageBytes({ type: 4 }) }])
    const connection = await connect(server, 0)
    expect((await connection.subscribe([1], { decode }).next()).value).toEqual({ event: 'resync' })
  })

  it('ends a parked receive when it is closed', async () => {
    const transport = await replay([]).open(0)
    const parked = transport.recv()
    await transport.close()
    await expect(parked).rejects.toMatchObject({ code: 'EBADF' })
    expect(() => transport.send(hex``)).toThrow(SocketError)
  })
})

const run = promisify(execFile)
const tshark = await run('tshark', ['--version']).then(
  () => true,
  () => false,
)

/** Real conversations of Linux programs as records, but for those that were made to be malformed. */
const real = vectors.filter(({ abi, name }) => abi === 'linux' && !/err-|short|error|probe/.test(name))

function recordsOf({ protocol, send, recv }: Vector): CaptureRecord[] {
  const number = protocol === 'rtnetlink' ? NETLINK_ROUTE : NETLINK_GENERIC
  const sent = send.length === 0 ? [] : [{ time: 0, direction: 'sent' as const, protocol: number, bytes: send }]
  return [...sent, ...recv.map(bytes => ({ time: 1, direction: 'received' as const, protocol: number, bytes }))]
}

describe('replay of real conversations', () => {
  it.each(real.filter(({ send }) => send.length > 0))('gives the answers of $name', async vector => {
    const server = replay(recordsOf(vector))
    const transport = await server.open(vector.protocol === 'rtnetlink' ? NETLINK_ROUTE : NETLINK_GENERIC)
    const request = vector.send.slice()
    const [seq] = splitMessages(request)
    new DataView(request.buffer).setUint32(8, 0xdead, true)
    await transport.send(request)
    expect(server.unmatched).toEqual([])
    const answers = vector.recv.flatMap(bytes => splitMessages(bytes)).filter(message => message.seq === seq?.seq)
    const got = []
    while (got.length < answers.length) got.push(...splitMessages((await transport.recv()).bytes))
    expect(got.map(({ type, flags, payload }) => [type, flags, payload.length])).toEqual(
      answers.map(({ type, flags, payload }) => [type, flags, payload.length]),
    )
    expect(got.every(({ seq: number }) => number === 0xdead)).toBe(true)
  })
})

describe.runIf(tshark)('tshark', () => {
  it('decodes what is recorded without a malformed packet', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nltool-'))
    try {
      const path = join(folder, 'recording.pcapng')
      const { sink, bytes } = file()
      const write = captureWriter(sink, 'linux')
      const records = real.flatMap(recordsOf)
      for (const each of records) write(each)
      await writeFile(path, bytes())
      const fields = ['frame.protocols', '_ws.malformed', 'netlink.hdr_type'].flatMap(name => ['-e', name])
      const { stdout } = await run('tshark', ['-r', path, '-T', 'fields', ...fields], { maxBuffer: 1 << 24 })
      const lines = stdout.trimEnd().split('\n')
      expect(lines.length).toBe(records.length)
      const protocols = new Set(lines.flatMap(line => line.split('\t')[0]?.split(':') ?? []))
      expect(protocols).toEqual(new Set(['netlink', 'netlink-route', 'genl', 'data']))
      const filter = '_ws.malformed || _ws.expert.severity == error'
      const { stdout: malformed } = await run('tshark', ['-r', path, '-Y', filter])
      expect(malformed).toBe('')
    } finally {
      await rm(folder, { recursive: true })
    }
  }, 60_000)
})
