import { NETLINK_ROUTE } from '@nltool/nl-core'
import { NetlinkError } from '@nltool/nl-core/errno'
import { type AnyHandler, type Handlers, handler, type Protocol, type RawRequest } from '@nltool/nl-core/kernel'
import type { VnetId } from '@nltool/nl-core/model'
import { attributeSet, body, family, struct } from '@nltool/nl-core/wire'
import { routeAbiRules } from './abi-rules.ts'
import { addrHandlers } from './addr/handlers.ts'
import { rtnlGroupCount } from './groups.ts'
import { linkHandlers } from './link/handlers.ts'
import { addrTypes, linkTypes, routeTypes, rtnlTypes } from './messages.ts'
import type { RouteNet } from './net/net.ts'
import { routeHandlers } from './route/handlers.ts'
import { fixedRuleHandler } from './rule/handlers.ts'

type Table = ReadonlyMap<number, AnyHandler>

/** The dispatch table of one network stack: each object once. RTM_SETLINK is Linux's. */
function tableOf(net: RouteNet): Table {
  return new Map([
    ...rows(linkTypes, linkHandlers(net)),
    ...rows(addrTypes, addrHandlers(net)),
    ...rows(routeTypes, routeHandlers(net)),
  ])
}

function rows<T extends Readonly<Record<string, number>>>(types: T, handlers: Handlers<T>): [number, AnyHandler][] {
  return Object.entries(types).map(([name, type]) => [type, handlers[name as keyof T]])
}

/** `struct rtgenmsg`, rtnetlink(7): all that legacy dump requests carry. */
const rtgenBody = body(struct('rtgenmsg', { family }), attributeSet({}))

/** A dump of objects that are not modelled. */
const emptyDump: AnyHandler = handler({
  body: rtgenBody,
  reply: rtgenBody,
  jail: true,
  shortHeader: true,
  dump: () => [],
})

/** What Linux programs ask at their start, served although there is nothing of the kind (R-RT-9). */
const startup: Table = new Map<number, AnyHandler>([
  [rtnlTypes.RTM_GETRULE, fixedRuleHandler],
  [rtnlTypes.RTM_GETNETCONF, emptyDump],
  [rtnlTypes.RTM_GETNSID, emptyDump],
  [rtnlTypes.RTM_GETNEIGHTBL, emptyDump],
])

/** The NETLINK_ROUTE protocol of a kernel, for `Netlink.register`. `netOf` gives the routing of a network stack. */
export function routeProtocol(netOf: (vnet: VnetId) => RouteNet | undefined): Protocol {
  const tables = new WeakMap<RouteNet, Table>()

  function tableFor(vnet: VnetId): Table | undefined {
    const net = netOf(vnet)
    if (net === undefined) return undefined
    const known = tables.get(net)
    if (known !== undefined) return known
    const table = tableOf(net)
    tables.set(net, table)
    return table
  }

  function handlerOf({ type, vnet, abi }: RawRequest): AnyHandler {
    const { linkByName, startupDumps } = routeAbiRules[abi]
    const known = type !== linkTypes.RTM_SETLINK || linkByName
    const found = (known ? tableFor(vnet)?.get(type) : undefined) ?? (startupDumps ? startup.get(type) : undefined)
    if (found !== undefined) return found
    throw new NetlinkError('EOPNOTSUPP', `unknown message type: ${type}`)
  }

  return {
    number: NETLINK_ROUTE,
    name: 'NETLINK_ROUTE',
    handlerOf,
    // An answer to GET is a NEW of the same object.
    replyType: ({ type }) => type & ~3,
    groups: () => rtnlGroupCount,
  }
}
