import { NETLINK_ROUTE, NLM_F_ECHO } from '@nltool/nl-core'
import type { Ctx } from '@nltool/nl-core/model'
import { linkTypes } from '../messages.ts'
import type { RouteNet } from '../net/net.ts'
import { type LinkBody, linkBody } from './schema.ts'

/** NLM_F_ECHO: the object to the requester alone; members of the group have been told by the event. */
export function echoLink(net: RouteNet, ctx: Ctx, type: 'RTM_NEWLINK' | 'RTM_DELLINK', body: LinkBody): void {
  if (ctx.origin === undefined || (ctx.origin.flags & NLM_F_ECHO) === 0) return
  const about = { vnet: net.vnet, protocol: NETLINK_ROUTE, group: 0, type: linkTypes[type] }
  net.multicast.notify(ctx, { ...about, schema: linkBody, body })
}
