import type { Resync } from '@nltool/nl-core'
import type { RouteClient, RouteEvent, RouteGroup } from '@nltool/nl-route'
import { formatEvent } from './text.ts'

/** One event as it is printed, and as `--json` gives it. */
export interface Line {
  readonly text: string
  readonly event: RouteEvent | Resync
}

/** What a monitor needs beside its client. */
export interface MonitorOptions {
  readonly groups: readonly RouteGroup[]
  readonly signal: AbortSignal
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly print: (line: Line) => void
}

/**
 * Prints what groups announce until the signal ends it. Names of interfaces are kept up to date from the events
 * themselves; after an overrun a line says that something was missed.
 */
export async function monitorEvents(route: RouteClient, { groups, signal, now, print }: MonitorOptions): Promise<void> {
  const names = new Map<number, string>()
  const mtus = new Map<number, number>()
  const subscription = route.subscribe(groups, { signal })
  for (const { ifindex, ifname, mtu } of await route.link.list()) {
    names.set(ifindex, ifname)
    mtus.set(ifindex, mtu)
  }
  for await (const event of subscription) {
    if (event.event === 'resync') {
      print({ text: 'some messages were lost: the kernel sent faster than they were read', event })
      continue
    }
    if (event.event === 'link-set') {
      names.set(event.link.ifindex, event.link.ifname)
      mtus.set(event.link.ifindex, event.link.mtu)
    }
    print({ text: formatEvent(event, { nowMs: now(), names, mtus }), event })
  }
}
