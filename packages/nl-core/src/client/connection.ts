/// <reference lib="esnext.disposable" preserve="true" />
import { SocketError } from '../errno/errors.ts'
import type { Abi } from '../model/abi.ts'
import type { Body } from '../wire/codec.ts'
import { lazyBody } from '../wire/lazy.ts'
import { createBatch } from './batch.ts'
import { createDump, type DumpSource } from './dump.ts'
import { hurryDump, startDump } from './dump-run.ts'
import { createDumpTurns } from './dump-turns.ts'
import type { Incoming } from './incoming.ts'
import { createLink } from './link.ts'
import { createMemberships } from './memberships.ts'
import type { Command } from './operation.ts'
import { platformEnv } from './platform.ts'
import { sendRequest } from './request.ts'
import { createSubscription } from './subscription.ts'
import type { Host, Transport } from './transport.ts'
import type { Connection, ConnectionOptions, RequestOptions } from './types.ts'
import { createWatch } from './watch.ts'

const timeoutDefaultMs = 5000
const batchBytesDefault = 32_768

/**
 * How many acknowledgements may be on their way at once, and what each takes of the receive buffer at most, bytes. Linux
 * charges some 768 for one, of twice what SO_RCVBUF says, 212,992 by default, and loses what does not fit. FreeBSD
 * charges what it sends; only a synchronous socket loses any.
 */
const windows = {
  freebsd: { windowMax: 512, answerBytes: 64 },
  linux: { windowMax: 128, answerBytes: 512 },
} as const satisfies Record<Abi, unknown>

/**
 * Opens a netlink socket of a protocol, such as NETLINK_ROUTE, at a host, or takes one that is open already (and its
 * protocol with it), and gives the client's end of it.
 * @throws SocketError EPROTONOSUPPORT; EINVAL for what is neither a host nor a transport; ENOPROTOOPT for an option that
 * was asked for and that the system lacks
 */
export async function connect(
  target: Host | Transport,
  protocol: number,
  options: ConnectionOptions = {},
): Promise<Connection> {
  if (!('open' in target) && !('setOption' in target)) {
    throw new SocketError('EINVAL', 'neither a host nor a transport: of a kernel, kernel.spawn() gives a host')
  }
  const transport = 'open' in target ? await target.open(protocol) : target
  try {
    await setOptions(transport, options)
  } catch (error) {
    await transport.close()
    throw error
  }
  return createConnection(transport, options)
}

async function setOptions(
  transport: Transport,
  { extAck, strictCheck, receiveBuffer }: ConnectionOptions,
): Promise<void> {
  if (extAck !== false) await setIfKnown(transport)
  if (strictCheck !== undefined) await transport.setOption('strictCheck', strictCheck)
  if (receiveBuffer !== undefined) await transport.setOption('receiveBuffer', receiveBuffer)
}

/** A system without NETLINK_EXT_ACK has shorter errors, that is all. */
async function setIfKnown(transport: Transport): Promise<void> {
  try {
    await transport.setOption('extAck', true)
  } catch (error) {
    if (!(error instanceof SocketError && error.code === 'ENOPROTOOPT')) throw error
  }
}

function createConnection(transport: Transport, options: ConnectionOptions): Connection {
  const env = options.env ?? platformEnv()
  const { timeoutMs = timeoutDefaultMs, coalesce = true, receiveBuffer = Infinity, onWarning, onStray } = options
  const { windowMax, answerBytes } = windows[transport.abi]
  const link = createLink(transport, {
    env,
    timeoutMs: timeoutMs === 0 ? Infinity : timeoutMs,
    windowMax: Math.max(1, Math.min(windowMax, Math.floor(receiveBuffer / answerBytes))),
    coalesce,
    onWarning,
    onStray,
  })
  const memberships = createMemberships(transport)
  const turns = createDumpTurns(dump => hurryDump(link, dump))

  const sourceOf = <Q>(command: Command<Q>, value: Q, dumpOptions: RequestOptions = {}): DumpSource => ({
    name: command.name,
    env,
    listen: link.listen,
    start: reading => startDump(link, turns, { command, value, options: dumpOptions }, reading),
  })

  const connection: Connection = {
    abi: transport.abi,
    transport,
    request: (command, value, requestOptions) => sendRequest(link, command, value, undefined, requestOptions),
    async requestReply(operation, value, requestOptions) {
      const [first] = await sendRequest(link, operation, value, operation.reply, requestOptions)
      if (first !== undefined) return first
      throw new SocketError('ENODATA', `${operation.name} was acknowledged without an answer`)
    },
    requestReplies: (operation, value, requestOptions) =>
      sendRequest(link, operation, value, operation.reply, requestOptions),
    async post(command, value, flags = 0) {
      await link.send(link.encoder.encode(command, value, flags, link.spendSeq()))
    },
    dump: (operation, value, dumpOptions) =>
      createDump(sourceOf(operation, value, dumpOptions), message => message.decode(operation.reply)),
    scan(operation, value, select, dumpOptions) {
      const read = reader(operation.reply, transport.abi)
      return createDump(sourceOf(operation, value, dumpOptions), message => select(read(message)))
    },
    batch: ({ bytesMax = batchBytesDefault } = {}) => createBatch(link, bytesMax),
    subscribe: (groups, subscribeOptions) => createSubscription(link, memberships, groups, subscribeOptions),
    watch(watchOptions) {
      const { groups, decode, signal } = watchOptions
      return createWatch(connection.subscribe(groups, { decode, signal }), watchOptions)
    },
    close: () => link.close(),
    [Symbol.asyncDispose]: () => link.close(),
  }
  return connection
}

/** Reads messages without building their objects, unless those mean something else in the ABI than in the model. */
function reader<R>(schema: Body<R>, abi: Abi): (message: Incoming) => R {
  if (abi === 'linux' && schema.linux !== undefined) return message => message.decode(schema)
  const window = lazyBody(schema, abi)
  return message => {
    window.move(message.frame(), message.start, message.end)
    return window.value
  }
}
