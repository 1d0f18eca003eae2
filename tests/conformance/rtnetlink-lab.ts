import { createKernel, type Kernel, type KernelOptions, type Process } from '@nltool/kernel'
import {
  type Abi,
  abiConstants,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  SOCK_RAW,
  SOL_NETLINK,
} from '@nltool/nl-core'
import { type Errno, errnoName, SocketError } from '@nltool/nl-core/errno'
import { IpAddress } from '@nltool/nl-core/model'
import { messageBytes, type SentMessage, splitMessages } from '@nltool/nl-core/testing'
import { type ExtAck, errorLayout, extAckBody, frameOf, messages } from '@nltool/nl-core/wire'
import {
  type AddrBody,
  addrBody,
  addrTypes,
  type LinkBody,
  linkBody,
  linkTypes,
  openRoute,
  type RouteBody,
  type RouteClient,
  RT_TABLE,
  routeBody,
  routeTypes,
  rtnlTypeName,
} from '@nltool/nl-route'

/** A kernel with an interface pair that is up, as the FreeBSD tests have it: if1 with an address of each family. */
export interface Lab extends AsyncDisposable {
  readonly kernel: Kernel
  readonly proc: Process
  readonly route: RouteClient
  /** Index of the interface named by FreeBSD's tests if1: epair0a. */
  readonly if1: number
  /** A socket of its own. */
  talk(options?: TalkOptions): Promise<Talk>
}

export interface TalkOptions {
  readonly abi?: Abi
  readonly strict?: boolean
  readonly groups?: readonly number[]
  readonly uid?: number
}

/** What came back for a request: its acknowledgement or error, and everything before it. */
export interface Answer {
  /** Errno name, `ok` for an acknowledgement or NLMSG_DONE of 0, `none` if there was neither. */
  readonly result: Errno | 'ok' | 'none'
  readonly text: string | undefined
  readonly extAck: Partial<ExtAck>
  readonly messages: readonly SentMessage[]
  /** Names of the message types, in order. */
  readonly types: readonly string[]
  readonly links: readonly LinkBody[]
  readonly addrs: readonly AddrBody[]
  readonly routes: readonly RouteBody[]
}

/** One raw socket. */
export interface Talk {
  /** Sends one request (NLM_F_REQUEST is added), waits for the first message and gives all that follow at once. */
  ask(type: number, flags: number, payload: Uint8Array): Promise<Answer>
  link(
    type: keyof typeof linkTypes,
    flags: number,
    body?: Partial<LinkBody['header']>,
    attrs?: LinkBody['attrs'],
  ): Promise<Answer>
  addr(
    type: keyof typeof addrTypes,
    flags: number,
    body?: Partial<AddrBody['header']>,
    attrs?: AddrBody['attrs'],
  ): Promise<Answer>
  route(
    type: keyof typeof routeTypes,
    flags: number,
    body?: Partial<RouteBody['header']>,
    attrs?: RouteBody['attrs'],
  ): Promise<Answer>
  /** What has arrived without being asked for. */
  heard(): Promise<Answer>
}

export const CREATE = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK
export const ACK = NLM_F_ACK
export const DUMP = NLM_F_DUMP
export const AF_INET = 2
export const AF_INET6 = 28
export const ALL_TABLES = RT_TABLE.RT_TABLE_UNSPEC

export const ip = (text: string): IpAddress => IpAddress.parse(text)

export async function createLab(options: KernelOptions = {}): Promise<Lab> {
  const kernel = createKernel(options)
  const proc = kernel.spawn()
  const route = await openRoute(proc)
  const { ifindex } = await route.link.create({ kind: 'epair', name: 'epair0' })
  return {
    kernel,
    proc,
    route,
    if1: ifindex,
    talk: talkOptions => openTalk(kernel, talkOptions),
    async [Symbol.asyncDispose]() {
      await route.close()
      await kernel.close()
    },
  }
}

/** The lab with if1 addressed: 192.0.2.1/24 and 2001:db8::1/64, and the link-local address that comes with them. */
export async function createAddressedLab(options: KernelOptions = {}): Promise<Lab> {
  const lab = await createLab(options)
  await lab.route.addr.add({ ifindex: lab.if1, address: '192.0.2.1/24' })
  await lab.route.addr.add({ ifindex: lab.if1, address: '2001:db8::1/64' })
  return lab
}

async function openTalk(
  kernel: Kernel,
  { abi = 'freebsd', strict = false, groups = [], uid = 0 }: TalkOptions = {},
): Promise<Talk> {
  const proc = kernel.spawn({ abi, uid })
  const { AF_NETLINK, MSG_DONTWAIT } = abiConstants[abi]
  const fd = proc.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
  await proc.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)
  if (strict) await proc.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
  for (const group of groups) await proc.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
  let seq = 0

  async function drain(): Promise<SentMessage[]> {
    const got: SentMessage[] = []
    for (;;) {
      await kernel.settle()
      try {
        const { data } = await proc.recv(fd, { size: 1 << 17, flags: MSG_DONTWAIT })
        got.push(...splitMessages(data))
      } catch (error) {
        if (error instanceof SocketError && error.code === 'EAGAIN') return got
        throw error
      }
    }
  }

  async function ask(type: number, flags: number, payload: Uint8Array): Promise<Answer> {
    seq += 1
    await proc.send(fd, messageBytes({ type, flags: flags | NLM_F_REQUEST, seq }, payload))
    const { data } = await proc.recv(fd, { size: 1 << 17, signal: AbortSignal.timeout(2000) })
    return answerOf([...splitMessages(data), ...(await drain())], abi)
  }

  return {
    ask,
    link: (type, flags, header = {}, attrs = {}) =>
      ask(
        linkTypes[type],
        flags,
        linkBody.encode({ header: { family: 0, type: 0, ifindex: 0, flags: 0, change: 0, ...header }, attrs }, abi),
      ),
    addr: (type, flags, header = {}, attrs = {}) =>
      ask(
        addrTypes[type],
        flags,
        addrBody.encode({ header: { family: 0, prefixlen: 0, flags: 0, scope: 0, ifindex: 0, ...header }, attrs }, abi),
      ),
    route: (type, flags, header = {}, attrs = {}) =>
      ask(routeTypes[type], flags, routeBody.encode({ header: { ...emptyRtmsg, ...header }, attrs }, abi)),
    heard: async () => answerOf(await drain(), abi),
  }
}

const emptyRtmsg = { family: AF_INET, dstLen: 0, srcLen: 0, tos: 0, table: 0, protocol: 0, scope: 0, type: 1, flags: 0 }

function answerOf(all: readonly SentMessage[], abi: Abi): Answer {
  const end = all.find(({ type }) => type === NLMSG_ERROR || type === NLMSG_DONE)
  const number =
    end === undefined ? 0 : Math.abs(new DataView(end.payload.buffer, end.payload.byteOffset).getInt32(0, true))
  const extAck = end?.type === NLMSG_ERROR ? extAckOf(end, abi) : {}
  const of = (...types: number[]): readonly SentMessage[] => all.filter(({ type }) => types.includes(type))
  return {
    result: end === undefined ? 'none' : number === 0 ? 'ok' : (errnoName(number, abi) ?? 'EINVAL'),
    text: extAck.msg,
    extAck,
    messages: all,
    types: all.map(
      ({ type }) =>
        rtnlTypeName(type) ??
        (type === NLMSG_ERROR ? 'NLMSG_ERROR' : type === NLMSG_DONE ? 'NLMSG_DONE' : String(type)),
    ),
    links: of(linkTypes.RTM_NEWLINK, linkTypes.RTM_DELLINK).map(({ payload }) => linkBody.decode(payload, abi)),
    addrs: of(addrTypes.RTM_NEWADDR, addrTypes.RTM_DELADDR).map(({ payload }) => addrBody.decode(payload, abi)),
    routes: of(routeTypes.RTM_NEWROUTE, routeTypes.RTM_DELROUTE).map(({ payload }) => routeBody.decode(payload, abi)),
  }
}

function extAckOf(message: SentMessage, abi: Abi): Partial<ExtAck> {
  const frame = frameOf(message.bytes)
  const [header] = messages(frame)
  if (header === undefined) return {}
  return { ...extAckBody.decode(message.bytes.slice(errorLayout(frame, header).attrs), abi).attrs }
}
