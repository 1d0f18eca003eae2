import { SocketError } from '@nltool/nl-core/errno'
import type { RouteClient } from '@nltool/nl-route'
import type { Shown } from './network-picture.ts'

/** The live copies of a client, read as they change. */
export interface Watched {
  readonly shown: () => Shown
  readonly faults: readonly string[]
  close(): Promise<void>
}

/** Takes over the client. */
export function createWatched(client: RouteClient): Watched {
  const faults: string[] = []
  const links = client.watchLinks()
  const addresses = client.watchAddresses()
  const routes = client.watchRoutes({ table: 'all' })
  const read = async (watch: AsyncIterable<unknown>): Promise<void> => {
    try {
      for await (const _ of watch);
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'EBADF')) faults.push(String(error))
    }
  }
  const ended = Promise.all([links, addresses, routes].map(read))
  return {
    shown: () => ({
      links: links.items.values(),
      addresses: addresses.items.values(),
      routes: routes.items.values(),
    }),
    faults,
    async close() {
      await client.close()
      await ended
    },
  }
}
