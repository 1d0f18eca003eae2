import type { Kernel } from '@nltool/kernel'
import type { Host } from '@nltool/nl-core'
import type { RouteGroup } from '@nltool/nl-route'
import { monitorEvents } from './run.ts'

/** Groups that a monitor joins unless it is told others. */
const groups: readonly RouteGroup[] = ['link', 'ipv4-addr', 'ipv6-addr', 'ipv4-route', 'ipv6-route']

/** Somebody who listens to a kernel. */
export interface Listener {
  /** Prints what was announced, and stops. */
  end(): Promise<void>
}

/** Listens to what a kernel announces, for `--events`. `host` is a process of its own. */
export async function listenTo(kernel: Kernel, host: Host): Promise<Listener> {
  const { openRoute } = await import('@nltool/nl-route')
  const route = await openRoute(host)
  const lines: string[] = []
  const ending = new AbortController()
  const { signal } = ending
  const running = monitorEvents(route, {
    groups,
    signal,
    now: Date.now,
    print: ({ text }) => void lines.push(`${text}\n`),
  })
  await route.link.list() // behind the subscription, so that nothing is missed from here on
  return {
    async end() {
      await kernel.settle()
      ending.abort()
      await running
      await route.close()
      process.stderr.write(lines.join(''))
    },
  }
}
