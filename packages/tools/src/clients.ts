import type { Kernel, Process } from '@nltool/kernel'
import type { Generic } from '@nltool/nl-genl'
import type { RouteClient } from '@nltool/nl-route'
import type { Session } from './host.ts'

/** Runs work on a client of rtnetlink that only looks. */
export function readRoutes<T>(session: Session, work: (route: RouteClient) => Promise<T>): Promise<T> {
  return session.read(proc => withRoute(proc, work))
}

/** Runs work on a client of rtnetlink that changes something; its result is there when the change is saved. */
export function changeRoutes<T>(
  session: Session,
  work: (route: RouteClient, kernel: Kernel) => Promise<T>,
): Promise<T> {
  return session.change((proc, kernel) => withRoute(proc, route => work(route, kernel)))
}

async function withRoute<T>(proc: Process, work: (route: RouteClient) => Promise<T>): Promise<T> {
  const { openRoute } = await import('@nltool/nl-route')
  await using route = await openRoute(proc)
  return await work(route)
}

/** Runs work on a client of generic netlink that only looks. */
export function readGeneric<T>(session: Session, work: (genl: Generic) => Promise<T>): Promise<T> {
  return session.read(async proc => {
    const { openGeneric } = await import('@nltool/nl-genl')
    await using genl = await openGeneric(proc)
    return await work(genl)
  })
}
