/// <reference lib="esnext.disposable" preserve="true" />
import { connect, type Host, NETLINK_ROUTE, type Transport } from '@nltool/nl-core'
import { createAddresses } from './addr.ts'
import { createWatches, groupOf, toEvent } from './events.ts'
import { createLinks } from './link.ts'
import { createRoutes } from './route.ts'
import type { OpenRouteOptions, RouteClient } from './types.ts'

/**
 * Opens a client of rtnetlink: at a process of an embedded kernel, a served kernel or the host's Linux, or over a
 * transport that is open already.
 * @throws SocketError EPROTONOSUPPORT where NETLINK_ROUTE is not served
 */
export async function openRoute(host: Host | Transport, options: OpenRouteOptions = {}): Promise<RouteClient> {
  const connection = await connect(host, NETLINK_ROUTE, options)
  const link = createLinks(connection)
  const addr = createAddresses(connection, link)
  const route = createRoutes(connection, link)
  return {
    abi: connection.abi,
    connection,
    link,
    addr,
    route,
    subscribe: (groups, { signal } = {}) => connection.subscribe(groups.map(groupOf), { decode: toEvent, signal }),
    ...createWatches(connection, { link, addr, route }),
    close: () => connection.close(),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
