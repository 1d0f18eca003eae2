import { changeRoutes, readRoutes } from '../clients.ts'
import { findVnet } from '../host.ts'
import { parseIfconfig } from '../ifconfig/parse.ts'
import type { IfconfigCommand } from '../ifconfig/types.ts'
import type { Invocation, Program } from '../invocation.ts'

/** ifconfig(8). */
export const ifconfig: Program = async invocation => {
  const command = parseIfconfig(invocation.words)
  const { ifname, options } = command
  if (options.cloners) return cloners(invocation)
  return ifname !== undefined && changes(command) ? change(invocation, command, ifname) : show(invocation, command)
}

function changes({ create, destroy, link, addresses }: IfconfigCommand): boolean {
  return create || destroy || addresses.length > 0 || Object.keys(link).length > 0
}

/** `-C`: what interfaces can be created from. */
async function cloners({ session, print }: Invocation): Promise<object> {
  const names = await session.read(async (_host, kernel) => kernel.cloners())
  print(names.join(' '))
  return names
}

async function show({ session, print, globals }: Invocation, command: IfconfigCommand): Promise<object> {
  const { showInterfaces } = await import('../ifconfig/show.ts')
  const shown = await readRoutes(session, route => showInterfaces(route, command, globals.release))
  print(shown.text)
  return shown.json
}

async function change({ session, print }: Invocation, command: IfconfigCommand, ifname: string): Promise<object> {
  const { changeInterface } = await import('../ifconfig/change.ts')
  const report = await changeRoutes(session, (route, kernel) =>
    changeInterface(route, command, ifname, name => findVnet(kernel, name).id),
  )
  print(report.text)
  return report.json
}
