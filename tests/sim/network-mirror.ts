import type { Resync } from '@nltool/nl-core'
import { SocketError } from '@nltool/nl-core/errno'
import type { Address, Link, Route, RouteClient, RouteEvent } from '@nltool/nl-route'
import { addressKey, dumpAll, linkLocalHost, routeKey, type Shown } from './network-picture.ts'

/** What somebody knows who dumped once and listened ever since. */
export interface Mirror {
  readonly shown: () => Shown
  /** Every event, in order. */
  readonly heard: readonly string[]
  /** What should not have been heard. */
  readonly faults: readonly string[]
  close(): Promise<void>
}

interface Copy {
  readonly links: Map<number, Link>
  readonly addresses: Map<string, Address>
  readonly routes: Map<string, Route>
}

async function firstCopy(client: RouteClient): Promise<Copy> {
  const copy: Copy = { links: new Map(), addresses: new Map(), routes: new Map() }
  const { links, addresses, routes } = await dumpAll(client)
  for (const link of links) copy.links.set(link.ifindex, link)
  for (const address of addresses) copy.addresses.set(addressKey(address), address)
  for (const route of routes) copy.routes.set(routeKey(route), route)
  return copy
}

/** Applies an event. False for the departure of what was not there. */
function apply({ links, addresses, routes }: Copy, event: RouteEvent): boolean {
  switch (event.event) {
    case 'link-set':
      return links.set(event.link.ifindex, event.link) === links
    case 'link-delete':
      return links.delete(event.link.ifindex)
    case 'addr-set':
      return addresses.set(addressKey(event.address), event.address) === addresses
    case 'addr-delete':
      return addresses.delete(addressKey(event.address))
    case 'route-set':
      return routes.set(routeKey(event.route), event.route) === routes
    case 'route-delete':
      return routes.delete(routeKey(event.route))
  }
}

/** Takes over the client. */
export async function createMirror(client: RouteClient): Promise<Mirror> {
  const copy = await firstCopy(client)
  const heard: string[] = []
  const faults: string[] = []
  const events = client.subscribe(['link', 'ipv4-addr', 'ipv6-addr', 'ipv4-route', 'ipv6-route'])
  // The Linux ABI drops KNH_ID, so there several routes of link-local addresses look the same.
  const blurred = (event: RouteEvent): boolean =>
    client.abi === 'linux' && 'route' in event && linkLocalHost(event.route)
  const take = (event: RouteEvent | Resync): void => {
    heard.push(JSON.stringify(event))
    if (event.event === 'resync') faults.push('an overrun')
    else if (!apply(copy, event) && !blurred(event)) faults.push(`nothing to delete: ${JSON.stringify(event)}`)
  }
  const listen = async (): Promise<void> => {
    for await (const event of events) take(event)
  }
  const ended = listen().catch((error: unknown) => {
    if (!(error instanceof SocketError && error.code === 'EBADF')) faults.push(String(error))
  })
  await events.ready
  return {
    shown: () => ({
      links: copy.links.values(),
      addresses: copy.addresses.values(),
      routes: copy.routes.values(),
    }),
    heard,
    faults,
    async close() {
      await client.close()
      await ended
    },
  }
}
