import type { Ifnet } from '@nltool/ifnet'
import type { Ctx, RtnlHeld } from '@nltool/nl-core/model'
import { inetAddresses } from './address-routes.ts'
import type { RouteNet } from './net.ts'

/** Uptime in milliseconds at which a time in seconds since 1970 comes. */
export function uptimeOf(net: RouteNet, seconds: number): number {
  return seconds * 1000 - net.clock.now() + net.clock.uptime()
}

/** Removes paths whose end has come. Returns the uptime of the next end, milliseconds; Infinity for none. */
export function sweepRoutes(ctx: Ctx, rtnl: RtnlHeld, net: RouteNet): number {
  const now = Math.floor(net.clock.now() / 1000)
  const next = net.rib.nextExpiry()
  if (next === 0) return Infinity
  if (next <= now) net.rib.flush(ctx, rtnl, ({ expires }) => expires !== 0 && expires <= now)
  const later = net.rib.nextExpiry()
  return later === 0 ? Infinity : uptimeOf(net, later)
}

/** Removes addresses whose valid lifetime is over. Returns the uptime of the next end, as above. */
export function sweepAddresses(ctx: Ctx, rtnl: RtnlHeld, net: RouteNet): number {
  let next = Infinity
  using section = net.epoch.enter(ctx)
  for (const ifp of net.interfaces.list(section)) next = Math.min(next, sweepInterface(ctx, rtnl, net, ifp))
  return next
}

function sweepInterface(ctx: Ctx, rtnl: RtnlHeld, net: RouteNet, ifp: Ifnet): number {
  const now = net.clock.uptime()
  let next = Infinity
  for (const { address, validUntil: end } of inetAddresses(ifp)) {
    if (end === undefined) continue
    if (end <= now) net.net.config.removeAddress(ctx, rtnl, ifp, address)
    else next = Math.min(next, end)
  }
  return next
}
