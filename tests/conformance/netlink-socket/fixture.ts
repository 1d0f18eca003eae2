import { NLM_F_REQUEST, SOL_NETLINK } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import {
  type AnyHandler,
  createNetlink,
  handler,
  type Netlink,
  type NetlinkOptions,
  type NetlinkSocket,
  type OpenOptions,
  type Protocol,
  type RecvResult,
  required,
} from '@nltool/nl-core/kernel'
import { type Abi, type Ctx, rootCred, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { type ManualScheduler, manualScheduler, seededRandom } from '@nltool/nl-core/scheduler'
import { messageBytes, splitMessages } from '@nltool/nl-core/testing'
import {
  attributeSet,
  body,
  bytes,
  family,
  type Infer,
  nested,
  nulString,
  pad,
  struct,
  u32,
} from '@nltool/nl-core/wire'

/** A protocol for tests: a table of numbered items, served on the number of NETLINK_ROUTE. */
export const ITEM_NEW = 16
export const ITEM_DEL = 17
export const ITEM_GET = 18
/** Answers when the test lets it. */
export const ITEM_WAIT = 19
/** Fails as the test says. */
export const ITEM_FAIL = 20
/** Needs the RTNL, and waits with it held. */
export const ITEM_LOCKED = 21
export const ITEM_GROUP = 7

export {
  NLM_F_ACK,
  NLM_F_DUMP_FILTERED,
  NLM_F_DUMP_INTR,
  NLM_F_ECHO,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  SOL_NETLINK,
} from '@nltool/nl-core'

export const itemHeader = struct('itemmsg', { family, pad: pad(3), id: u32 })
const innerAttrs = attributeSet({ INNER_VALUE: [1, 'value', u32] })
export const itemAttrs = attributeSet({
  ITEM_NAME: [1, 'name', nulString()],
  ITEM_VALUE: [2, 'value', u32, { linux: 12 }],
  ITEM_DATA: [3, 'data', bytes()],
  ITEM_NEST: [4, 'nest', nested(() => innerAttrs)],
})
export const itemBody = body(itemHeader, itemAttrs, {
  linux: {
    fromAbi: item => ({ ...item, attrs: { ...item.attrs, name: item.attrs.name?.replace(/^linux-/, '') } }),
    toAbi: item => ({ ...item, attrs: { ...item.attrs, name: `linux-${item.attrs.name ?? ''}` } }),
  },
})
export type ItemBody = Infer<typeof itemBody>

/** One served request, as its handler saw it. */
export interface Seen {
  readonly id: number
  readonly ctx: Ctx
}

export interface World {
  readonly netlink: Netlink
  readonly scheduler: ManualScheduler
  readonly items: Map<number, ItemBody>
  /** Requests that reached a handler, in order. */
  readonly seen: Seen[]
  readonly defects: unknown[]
  /** What ITEM_FAIL throws. */
  fail: () => unknown
  /** What ITEM_FAIL does before. */
  onFail: (ctx: Ctx) => void
  /** Lets the oldest ITEM_WAIT or ITEM_LOCKED go on. */
  proceed(): void
  /** Handlers that wait now. */
  readonly waiting: number
  generation: number
  filtered: boolean
  /** What a dump yields. */
  dump: () => Iterable<ItemBody>
  open(options?: Partial<OpenOptions>): NetlinkSocket
  /** Runs everything that is due, promise reactions included. */
  settle(): Promise<void>
  notify(id: number, options?: { readonly vnet?: VnetId; readonly ctx?: Ctx; readonly group?: number }): void
}

export interface WorldOptions extends Partial<Omit<NetlinkOptions, 'scheduler' | 'clock'>> {
  readonly protocol?: Partial<Protocol>
}

/** A netlink subsystem with the protocol of items, under a manual scheduler. */
export function createWorld({ protocol, ...options }: WorldOptions = {}): World {
  const scheduler = manualScheduler()
  const defects: unknown[] = []
  const netlink = createNetlink({
    random: seededRandom(7),
    onDefect: defect => defects.push(defect),
    ...options,
    scheduler,
    clock: scheduler.clock,
  })
  const gates: (() => void)[] = []
  const world: World = {
    netlink,
    scheduler,
    items: new Map(),
    seen: [],
    defects,
    fail: () => new NetlinkError('EINVAL', 'told to fail'),
    onFail: () => undefined,
    proceed: () => gates.shift()?.(),
    get waiting() {
      return gates.length
    },
    generation: 1,
    filtered: false,
    dump: () => dumpItems(world),
    open: (given = {}) =>
      netlink.open({ protocol: 0, type: 3, cred: rootCred, pid: 100, vnet: vnet0, abi: 'freebsd', ...given }),
    async settle() {
      for (let idle = 0; idle < 3; idle++) {
        if (scheduler.runUntilIdle() > 0) idle = 0
        for (let turns = 0; turns < 8; turns++) await Promise.resolve()
      }
    },
    notify(id, { vnet = vnet0, ctx = bareCtx(world, vnet), group = ITEM_GROUP } = {}) {
      const item = world.items.get(id) ?? itemOf(id)
      netlink.notify(ctx, { vnet, protocol: 0, group, type: ITEM_NEW, schema: itemBody, body: item })
    },
  }
  netlink.register({ ...itemProtocol(world, gates), ...protocol })
  return world
}

/** A context of the kernel itself. */
export function bareCtx(world: World, vnet: VnetId): Ctx {
  const { scheduler } = world
  return { task: { name: 'test', held: [] }, vnet, cred: rootCred, scheduler, clock: scheduler.clock }
}

function itemProtocol(world: World, gates: (() => void)[]): Protocol {
  const wait = () => new Promise<void>(resolve => gates.push(resolve))
  const note = (id: number, ctx: Ctx) => void world.seen.push({ id, ctx })
  const handlers = new Map<number, AnyHandler>([
    [
      ITEM_NEW,
      handler({
        body: itemBody,
        priv: 'net-route',
        lock: 'rtnl',
        do(request, ctx) {
          const { header, attrs } = request.body
          note(header.id, ctx)
          required(attrs.name, 'ITEM_NAME', { missType: 1 })
          if (attrs.name === 'bad') throw new NetlinkError('EEXIST', 'bad name', { attr: 'ITEM_NAME' })
          if (attrs.nest?.value === 13)
            throw new NetlinkError('ERANGE', 'unlucky', { attr: ['ITEM_NEST', 'INNER_VALUE'] })
          if (attrs.name === 'warn') request.warn('take care')
          if (attrs.name === 'cookie') request.cookie(Uint8Array.of(1, 2, 3))
          world.items.set(header.id, request.body)
          world.generation += 1
          world.notify(header.id, { vnet: ctx.vnet, ctx })
        },
      }),
    ],
    [
      ITEM_DEL,
      handler({
        body: itemBody,
        priv: 'net-route',
        lock: 'rtnl',
        do(request, ctx) {
          note(request.body.header.id, ctx)
          if (!world.items.delete(request.body.header.id)) throw new NetlinkError('ENOENT')
          world.generation += 1
        },
      }),
    ],
    [
      ITEM_GET,
      handler({
        body: itemBody,
        shortHeader: true,
        jail: true,
        strictHeader: ({ header }) => (header.id > 1000 ? 'id must be small' : undefined),
        isDump: request => request.body.header.id === 0,
        do(request, ctx) {
          note(request.body.header.id, ctx)
          const item = world.items.get(request.body.header.id)
          if (item === undefined) throw new NetlinkError('ENOENT', 'no such item')
          return item
        },
        dump(_request, ctx) {
          note(0, ctx)
          return { bodies: world.dump(), generation: () => world.generation, filtered: world.filtered }
        },
      }),
    ],
    [
      ITEM_WAIT,
      handler({
        body: itemBody,
        async do(request, ctx) {
          note(request.body.header.id, ctx)
          await wait()
          return itemOf(request.body.header.id)
        },
      }),
    ],
    [
      ITEM_LOCKED,
      handler({
        body: itemBody,
        lock: 'rtnl',
        async do(request, ctx) {
          note(request.body.header.id, ctx)
          await wait()
        },
      }),
    ],
    [
      ITEM_FAIL,
      handler({
        body: itemBody,
        do(_request, ctx): void {
          world.onFail(ctx)
          throw world.fail()
        },
      }),
    ],
  ])
  return {
    number: 0,
    name: 'items',
    handlerOf({ type }) {
      const found = handlers.get(type)
      if (found === undefined) throw new NetlinkError('EOPNOTSUPP', `unknown message type: ${type}`)
      return found
    },
    replyType: () => ITEM_NEW,
    groups: () => 40,
  }
}

/** Pulls by key, so that what is added or removed between two pulls is seen or not, but nothing twice. */
function* dumpItems(world: World): Iterable<ItemBody> {
  for (const id of [...world.items.keys()].sort((a, b) => a - b)) {
    const item = world.items.get(id)
    if (item !== undefined) yield item
  }
}

export function itemOf(id: number, name = `item${id}`): ItemBody {
  return { header: { family: 0, id }, attrs: { name } }
}

/** A request of the protocol of items. */
export function request(
  type: number,
  { flags = 0, seq = 1, item, abi = 'freebsd' }: { flags?: number; seq?: number; item?: ItemBody; abi?: Abi } = {},
): Uint8Array {
  const payload = item === undefined ? new Uint8Array(0) : itemBody.encode(item, abi)
  return messageBytes({ type, flags: NLM_F_REQUEST | flags, seq, portid: 0 }, payload)
}

/** `count` items, 1 to count. */
export function fill(world: World, count: number): void {
  for (let id = 1; id <= count; id++) world.items.set(id, itemOf(id))
}

/** Everything that a socket has to read now. */
export function drain(socket: NetlinkSocket, size = 32768): ReturnType<typeof splitMessages> {
  const all: ReturnType<typeof splitMessages> = []
  while (socket.fionread > 0) all.push(...splitMessages(received(socket.recv(size)).data))
  return all
}

/** As {@link drain}, with the kernel running between reads, until nothing more comes. */
export async function drainAll(world: World, socket: NetlinkSocket, size = 32768): Promise<ReturnType<typeof drain>> {
  const all: ReturnType<typeof drain> = []
  do {
    all.push(...drain(socket, size))
    await world.settle()
  } while (socket.fionread > 0)
  return all
}

/** A result that must be there at once. */
export function received(result: RecvResult | Promise<RecvResult>): RecvResult {
  if (result instanceof Promise) throw new Error('recv waits')
  return result
}

/** The error number of an NLMSG_ERROR or NLMSG_DONE. */
export function errorOf(message: { readonly payload: Uint8Array }): number {
  return new DataView(message.payload.buffer, message.payload.byteOffset).getInt32(0, true)
}

/** The errno name that a call fails with. */
export function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return 'no error'
}

/** Sends one datagram and returns what comes back. */
export async function exchange(
  bytes: Uint8Array,
  abi: Abi = 'freebsd',
  options: readonly number[] = [],
  world = createWorld(),
) {
  const socket = world.open({ abi })
  for (const option of options) socket.setsockopt(SOL_NETLINK, option, 1)
  socket.send(bytes)
  await world.settle()
  return drain(socket)
}

/** The bytes of the first message, or none. */
export function firstBytes(messages: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  return messages[0]?.bytes ?? new Uint8Array(0)
}
