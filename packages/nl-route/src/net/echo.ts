import { NETLINK_ROUTE, NLM_F_ECHO } from '@nltool/nl-core'
import type { Ctx } from '@nltool/nl-core/model'
import type { Body } from '@nltool/nl-core/wire'
import type { RouteNet } from './net.ts'

/** NLM_F_ECHO: the object to the requester alone; members of the group have been told by the event. */
export function echo<B>(net: RouteNet, ctx: Ctx, type: number, schema: Body<B>, body: () => B): void {
  if (((ctx.origin?.flags ?? 0) & NLM_F_ECHO) === 0) return
  net.multicast.notify(ctx, { vnet: net.vnet, protocol: NETLINK_ROUTE, group: 0, type, schema, body: body() })
}
