import { changeRoutes, readRoutes } from '../clients.ts'
import { noServedKernel } from '../host.ts'
import type { Invocation, Program } from '../invocation.ts'
import { parseRoute } from '../route/parse.ts'
import type { RouteCommand } from '../route/types.ts'

/** route(8). */
export const route: Program = async invocation => {
  const command = parseRoute(invocation.words)
  if (command.options.dry) return { dry: true }
  if (command.verb === 'monitor') throw noServedKernel('route monitor')
  if (command.verb === 'get' || command.verb === 'list') return look(invocation, command)
  return command.verb === 'flush' ? flush(invocation, command) : change(invocation, command)
}

async function look({ session, print }: Invocation, command: RouteCommand): Promise<object> {
  const { getRoute, listTable } = await import('../route/look.ts')
  const shown = await readRoutes<{ text: string; json: object }>(session, client =>
    command.verb === 'get' ? getRoute(client, command) : listTable(client, command),
  )
  print(shown.text)
  return shown.json
}

async function flush({ session, print }: Invocation, command: RouteCommand): Promise<object> {
  const { flushRoutes } = await import('../route/look.ts')
  const shown = await changeRoutes(session, client => flushRoutes(client, command))
  if (!command.options.quiet) print(shown.text)
  return shown.json
}

async function change({ session, print, complain, globals }: Invocation, command: RouteCommand): Promise<object> {
  const { changeRoute } = await import('../route/change.ts')
  const { changed, text, failures } = await changeRoutes(session, client =>
    changeRoute(client, command, globals.release),
  )
  if (!command.options.quiet) print(text)
  failures.forEach(complain)
  return changed
}
