import { NETLINK_ROUTE, NLM_F_APPEND, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from '@nltool/nl-core'
import type { Ctx } from '@nltool/nl-core/model'
import { RTNLGRP } from '../groups.ts'
import { routeTypes } from '../messages.ts'
import type { RibChange } from '../rib/types.ts'
import { AF_INET } from '../route/constants.ts'
import { routeBody } from '../route/schema.ts'
import { toRouteBody } from '../route/to-body.ts'
import { silent } from './announce-links.ts'
import type { RouteNet } from './net.ts'

const modifiers = { add: NLM_F_CREATE | NLM_F_EXCL, change: NLM_F_REPLACE, delete: 0 } as const
/** The bits of `nlmsg_flags` that say what to do with the object. */
const modifierBits = NLM_F_REPLACE | NLM_F_EXCL | NLM_F_CREATE | NLM_F_APPEND

/** Announces routes to the group of their family, in the order in which the RIB accepted the changes. */
export function announceRoutes(net: RouteNet): () => void {
  return net.rib.subscribe('delayed', (ctx, change) => announceRoute(net, ctx, change))
}

function announceRoute(net: RouteNet, ctx: Ctx, change: RibChange): void {
  const group = change.family === AF_INET ? RTNLGRP.RTNLGRP_IPV4_ROUTE : RTNLGRP.RTNLGRP_IPV6_ROUTE
  const origin = change.cause === 'request' ? ctx.origin : undefined
  const echoed = origin !== undefined && (origin.flags & NLM_F_ECHO) !== 0
  if (!echoed && !net.multicast.hasListeners(net.vnet, NETLINK_ROUTE, group)) return
  const route = change.after ?? change.before
  if (route === undefined) return
  net.multicast.notify(origin === undefined ? silent(ctx) : ctx, {
    vnet: net.vnet,
    protocol: NETLINK_ROUTE,
    group,
    type: change.command === 'delete' ? routeTypes.RTM_DELROUTE : routeTypes.RTM_NEWROUTE,
    flags: ((origin?.flags ?? 0) & ~modifierBits) | modifiers[change.command],
    seq: origin?.seq ?? 0,
    portid: origin?.portid ?? 0,
    schema: routeBody,
    body: toRouteBody(route),
  })
}
