import type { Kernel } from '@nltool/kernel'
import type { Host } from '@nltool/nl-core'
import type { Generic } from '@nltool/nl-genl'
import type { RouteClient } from '@nltool/nl-route'
import type { WorkSession } from './host.ts'

/** Runs work on a client of rtnetlink that only looks. */
export function readRoutes<T>(session: WorkSession, work: (route: RouteClient) => Promise<T>): Promise<T> {
  return session.read(host => withRoute(host, work))
}

/** Runs work on a client of rtnetlink that changes something; its result is there when the change is saved. */
export function changeRoutes<T>(
  session: WorkSession,
  work: (route: RouteClient, kernel: Kernel) => Promise<T>,
): Promise<T> {
  return session.change((host, kernel) => withRoute(host, route => work(route, kernel)))
}

async function withRoute<T>(host: Host, work: (route: RouteClient) => Promise<T>): Promise<T> {
  const { openRoute } = await import('@nltool/nl-route')
  await using route = await openRoute(host)
  return await work(route)
}

/** Runs work on a client of generic netlink that only looks. */
export function readGeneric<T>(session: WorkSession, work: (genl: Generic) => Promise<T>): Promise<T> {
  return session.read(async host => {
    const { openGeneric } = await import('@nltool/nl-genl')
    await using genl = await openGeneric(host)
    return await work(genl)
  })
}
