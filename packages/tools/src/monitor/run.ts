import type { Resync } from '@nltool/nl-core'
import type { Link, RouteClient, RouteEvent, RouteGroup } from '@nltool/nl-route'
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
  for (const link of await route.link.list()) learn(link)
  try {
    for await (const event of subscription) print({ text: textOf(event), event })
  } catch (error) {
    if (!signal.aborted) throw error
  }

  function textOf(event: RouteEvent | Resync): string {
    if (event.event === 'resync') return 'some messages were lost: the kernel sent faster than they were read'
    if (event.event === 'link-set') learn(event.link)
    return formatEvent(event, { nowMs: now(), names, mtus })
  }

  function learn({ ifindex, ifname, mtu }: Link): void {
    names.set(ifindex, ifname)
    mtus.set(ifindex, mtu)
  }
}
