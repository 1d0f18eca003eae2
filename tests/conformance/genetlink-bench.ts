import {
  type Abi,
  abiConstants,
  align4,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GENERIC,
  NETLINK_GET_STRICT_CHK,
  NLM_F_REQUEST,
  SOL_NETLINK,
} from '@nltool/nl-core'
import { SocketError } from '@nltool/nl-core/errno'
import { createNetlink, freebsdSockets, linuxSockets, type Netlink, type NetlinkSocket } from '@nltool/nl-core/kernel'
import { type Cred, type Ctx, createTask, rootCred, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { type ManualScheduler, manualScheduler, seededRandom } from '@nltool/nl-core/scheduler'
import { concatBytes, messageBytes, type SentMessage, splitMessages } from '@nltool/nl-core/testing'
import { type ExtAck, errorLayout, extAckBody, frameOf, messages } from '@nltool/nl-core/wire'
import {
  createGenericRegistry,
  type GenericRegistry,
  type GenericRegistryOptions,
  genericPersonalities,
} from '@nltool/nl-genl/kernel'

/** A netlink subsystem with generic netlink in it and nothing else. */
export interface Bench {
  readonly netlink: Netlink
  readonly registry: GenericRegistry
  readonly scheduler: ManualScheduler
  /** Exceptions of handlers that were no answers; a test that makes none expects none. */
  readonly defects: unknown[]
  /** A context for what the kernel does by itself. */
  ctx(name?: string, vnet?: VnetId): Ctx
  open(options?: OpenOptions): BenchSocket
}

export interface OpenOptions {
  readonly abi?: Abi
  readonly cred?: Cred
  readonly vnet?: VnetId
  readonly portid?: number
  readonly extAck?: boolean
  readonly capAck?: boolean
  readonly strict?: boolean
}

/** How much a read takes at most. */
const readBytes = 16_384

/** A socket whose answers are there when `ask` returns. */
export interface BenchSocket {
  readonly socket: NetlinkSocket
  /** Sends one datagram, lets the kernel work until nothing is left to do, and takes what has arrived. */
  ask(datagram: Uint8Array): Uint8Array[]
  /** Everything that has arrived, one element for each read. */
  drain(): Uint8Array[]
  join(group: number): void
}

/** Makes a bench whose registry and sockets follow the rules of one system. */
export function createBench(system: 'freebsd' | 'linux', options: Partial<GenericRegistryOptions> = {}): Bench {
  const scheduler = manualScheduler()
  const defects: unknown[] = []
  const netlink = createNetlink({
    scheduler,
    clock: scheduler.clock,
    random: seededRandom(1),
    personality: system === 'linux' ? linuxSockets : freebsdSockets,
    onDefect: defect => defects.push(defect),
  })
  const registry = createGenericRegistry({ multicast: netlink, personality: genericPersonalities[system], ...options })
  netlink.register(registry.protocol)
  return {
    netlink,
    registry,
    scheduler,
    defects,
    ctx: (name = 'test', vnet = vnet0) => ({
      task: createTask(name),
      vnet,
      cred: rootCred,
      scheduler,
      clock: scheduler.clock,
    }),
    open: openOptions => openSocket(netlink, scheduler, openOptions),
  }
}

function openSocket(netlink: Netlink, scheduler: ManualScheduler, options: OpenOptions = {}): BenchSocket {
  const { abi = 'linux', cred = rootCred, vnet = vnet0, portid } = options
  const caller = { pid: 100, cred, abi, vnet, descriptor: () => undefined }
  const socket = netlink.open({ protocol: NETLINK_GENERIC, cred, pid: caller.pid, vnet, abi, caller })
  if (portid !== undefined) socket.bind({ portid, groups: 0 })
  if (options.extAck === true) socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
  if (options.capAck === true) socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
  if (options.strict === true) socket.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)

  function next(): Uint8Array | undefined {
    try {
      const got = socket.recv(readBytes, abiConstants[abi].MSG_DONTWAIT)
      if (got instanceof Promise) throw new TypeError('a read that must not wait did')
      return got.data
    } catch (error) {
      if (error instanceof SocketError && error.code === 'EAGAIN') return undefined
      throw error
    }
  }

  function drain(): Uint8Array[] {
    const datagrams: Uint8Array[] = []
    for (;;) {
      scheduler.runUntilIdle()
      const datagram = next()
      if (datagram === undefined) return datagrams
      datagrams.push(datagram)
    }
  }

  return {
    socket,
    drain,
    ask(datagram) {
      void socket.send(datagram)
      return drain()
    },
    join(group) {
      void socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
    },
  }
}

export interface RequestParts {
  readonly type?: number
  readonly flags?: number
  readonly seq?: number
  readonly version?: number
  readonly reserved?: number
}

/** A generic netlink request; to nlctrl with NLM_F_REQUEST alone if not said otherwise. */
export function request(cmd: number, attrs: readonly Uint8Array[] = [], parts: RequestParts = {}): Uint8Array {
  const { type = 16, flags = 0, seq = 1, version = 1, reserved = 0 } = parts
  const header = Uint8Array.of(cmd, version, reserved & 0xff, reserved >> 8)
  return messageBytes({ type, flags: flags | NLM_F_REQUEST, seq }, concatBytes(header, ...attrs))
}

/** An attribute, padded. */
export function attr(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align4(4 + payload.length))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 4 + payload.length, true)
  view.setUint16(2, type, true)
  bytes.set(payload, 4)
  return bytes
}

/** A string attribute with its NUL. */
export function text(type: number, value: string): Uint8Array {
  return attr(type, new TextEncoder().encode(`${value}\0`))
}

/** Little-endian bytes of a number. */
export function le(size: 1 | 2 | 4 | 8, value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true)
  return bytes.slice(0, size)
}

/** All messages of some datagrams. */
export function allMessages(datagrams: readonly Uint8Array[]): SentMessage[] {
  return datagrams.flatMap(datagram => splitMessages(datagram))
}

/** The error number of an NLMSG_ERROR or NLMSG_DONE as it stands in the message, or `undefined` for another message. */
export function errorOf(message: SentMessage | undefined): number | undefined {
  if (message === undefined || (message.type !== 2 && message.type !== 3)) return undefined
  return new DataView(message.payload.buffer, message.payload.byteOffset).getInt32(0, true)
}

/** The ext-ack attributes of an NLMSG_ERROR; an empty object if there are none. */
export function extAckOf(message: SentMessage | undefined): Partial<ExtAck> {
  if (message === undefined) throw new TypeError('no message')
  const frame = frameOf(message.bytes)
  const [header] = messages(frame)
  if (header === undefined || header.type !== 2) throw new TypeError('no NLMSG_ERROR')
  return { ...extAckBody.decode(message.bytes.slice(errorLayout(frame, header).attrs), 'linux').attrs }
}
