import type { IfEvent, Ifnet, InetAddr } from '@nltool/ifnet'
import { NETLINK_ROUTE } from '@nltool/nl-core'
import type { Ctx } from '@nltool/nl-core/model'
import { addrBody } from '../addr/schema.ts'
import { toAddrBody } from '../addr/to-body.ts'
import { RTNLGRP } from '../groups.ts'
import { linkBody } from '../link/schema.ts'
import { addrTypes, linkTypes } from '../messages.ts'
import type { RouteNet } from './net.ts'

/** Announces interfaces and addresses to their groups, as things happen and whoever caused them: seq 0, port 0. */
export function announceLinks(net: RouteNet): (() => void)[] {
  const { events } = net.net
  const link = (type: number, { ctx, ifp }: IfEvent, change: number): void => announceLink(net, ctx, type, ifp, change)
  return [
    events.on('arrival', event => link(linkTypes.RTM_NEWLINK, event, 0)),
    events.on('departure', event => link(linkTypes.RTM_DELLINK, event, 0)),
    // A change of the link state comes as a message too, so the event `link` would announce it twice.
    events.on('message', event => link(linkTypes.RTM_NEWLINK, event, event.change)),
    events.on('lladdr', event => link(linkTypes.RTM_NEWLINK, event, 0)),
    events.on('address', ({ ctx, ifp, action, address }) =>
      announceAddress(net, ctx, ifp, address, action !== 'delete'),
    ),
  ]
}

function announceLink(net: RouteNet, ctx: Ctx, type: number, ifp: Ifnet, change: number): void {
  const group = RTNLGRP.RTNLGRP_LINK
  if (!net.multicast.hasListeners(net.vnet, NETLINK_ROUTE, group)) return
  const body = net.linkBody(ifp, change)
  net.multicast.notify(silent(ctx), { vnet: net.vnet, protocol: NETLINK_ROUTE, group, type, schema: linkBody, body })
}

function announceAddress(net: RouteNet, ctx: Ctx, ifp: Ifnet, address: InetAddr, present: boolean): void {
  const group = address.family === 'inet' ? RTNLGRP.RTNLGRP_IPV4_IFADDR : RTNLGRP.RTNLGRP_IPV6_IFADDR
  if (!net.multicast.hasListeners(net.vnet, NETLINK_ROUTE, group)) return
  const type = present ? addrTypes.RTM_NEWADDR : addrTypes.RTM_DELADDR
  const body = toAddrBody(ifp, address, net.clock)
  net.multicast.notify(silent(ctx), { vnet: net.vnet, protocol: NETLINK_ROUTE, group, type, schema: addrBody, body })
}

/** Without the request: what it asked to be echoed is echoed once, by its handler, however many events it causes. */
export function silent(ctx: Ctx): Ctx {
  return ctx.origin === undefined ? ctx : { ...ctx, origin: undefined }
}
