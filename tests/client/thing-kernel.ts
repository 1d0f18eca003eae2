import { loopScheduler } from '@nltool/kernel'
import { type Host, NETLINK_USERSOCK, NLM_F_DUMP } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import { type AnyHandler, createNetlink, handler, type Netlink, socketTransport } from '@nltool/nl-core/kernel'
import { type Abi, type Ctx, rootCred, type Scheduler, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { testRandom } from '@nltool/nl-core/testing'
import { type Thing, thing, thingBody, thingTypes } from './things.ts'

/** The protocol that things are spoken of in. */
export const NETLINK_THING = NETLINK_USERSOCK
/** The group that hears of every change. */
export const THING_GROUP = 1

/** A kernel of things alone: the real sockets and dispatch, a Map behind them. */
export interface ThingKernel {
  readonly netlink: Netlink
  readonly things: Map<number, Thing>
  /** Opens sockets of one ABI. */
  host(abi: Abi, options?: { readonly sendSync?: boolean }): Host
  /** Changes a thing without being asked, and tells whoever listens. */
  change(id: number, attrs?: Thing['attrs'] | 'gone'): void
  /** Called between two objects of a dump. */
  onDump: (sent: number) => void
}

/** Makes a kernel; it runs on the event loop unless it is given another scheduler. */
export function createThingKernel(scheduler: Scheduler = loopScheduler()): ThingKernel {
  const things = new Map<number, Thing>()
  let generation = 1
  let time = 0
  const clock = { now: () => ++time, uptime: () => time }
  const netlink = createNetlink({ scheduler, clock, random: testRandom(7) })

  function change(id: number, attrs: Thing['attrs'] | 'gone' = {}, ctx: Ctx = context()): void {
    const before = things.get(id)
    if (attrs === 'gone') things.delete(id)
    else things.set(id, thing(id, attrs))
    if ((before === undefined) !== (attrs === 'gone')) generation++
    const body = things.get(id) ?? before
    if (body === undefined) return
    const type = attrs === 'gone' ? thingTypes.THING_DEL : thingTypes.THING_NEW
    netlink.notify(ctx, { vnet: vnet0, protocol: NETLINK_THING, group: THING_GROUP, type, schema: thingBody, body })
  }

  function context(): Ctx {
    return { task: { name: 'test', held: [] }, vnet: vnet0 as VnetId, cred: rootCred, scheduler, clock }
  }

  function* dump(): Generator<Thing> {
    let sent = 0
    for (const id of [...things.keys()].sort((a, b) => a - b)) {
      kernel.onDump(sent++)
      const found = things.get(id)
      if (found !== undefined) yield found
    }
  }

  const rows: { readonly [type: number]: AnyHandler } = {
    [thingTypes.THING_NEW]: handler({
      body: thingBody,
      do({ body }, ctx) {
        const { name } = body.attrs
        if (name === 'bad') throw new NetlinkError('EINVAL', `no thing is called ${name}`, { attr: 'THING_NAME' })
        if (name === 'warn') throw new NetlinkError('EEXIST', 'there is one', {})
        change(body.header.id, body.attrs, ctx)
      },
    }),
    [thingTypes.THING_DEL]: handler({
      body: thingBody,
      do({ body }, ctx) {
        if (!things.has(body.header.id)) throw new NetlinkError('ENOENT')
        change(body.header.id, 'gone', ctx)
      },
    }),
    [thingTypes.THING_GET]: handler({
      body: thingBody,
      isDump: ({ flags }) => (flags & NLM_F_DUMP) !== 0,
      do({ body }) {
        const found = things.get(body.header.id)
        if (found === undefined) throw new NetlinkError('ENOENT')
        return found
      },
      dump: () => ({ bodies: dump(), generation: () => generation }),
    }),
  }

  netlink.register({
    number: NETLINK_THING,
    name: 'thing',
    handlerOf({ type }) {
      const row = rows[type]
      if (row === undefined) throw new NetlinkError('EOPNOTSUPP', `unknown message type: ${type}`)
      return row
    },
    replyType: () => thingTypes.THING_NEW,
    groups: () => 8,
  })

  const kernel: ThingKernel = {
    netlink,
    things,
    change: (id, attrs) => change(id, attrs),
    onDump: () => undefined,
    host: (abi, options = {}) => ({
      abi,
      async open(protocol) {
        const socket = netlink.open({ protocol, cred: rootCred, pid: 100, vnet: vnet0, abi })
        const transport = socketTransport(socket)
        if (options.sendSync === true) await transport.setOption('sendSync', true)
        return transport
      },
    }),
  }
  return kernel
}
