import { IFF_UP, type IfConfig, type IfId, type Ifnet, type IfRef, type Net } from '@nltool/ifnet'
import { createLab, etherCloner, type Lab } from '@nltool/ifnet/testing'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, RtnlHeld, VnetId } from '@nltool/nl-core/model'
import type { ModelIf } from './ifnet-model.ts'

/** The registry under test with what the commands keep beside it. */
export interface System {
  readonly lab: Lab
  /** Events heard, emptied by every command. */
  readonly log: string[]
  readonly refs: { readonly ref: IfRef; readonly of: ModelIf; readonly vnet: number }[]
  readonly ids: { readonly id: IfId; readonly of: ModelIf }[]
}

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export function createSystem(seed: number): System {
  const lab = createLab({ seed })
  lab.registry.cloners.register(etherCloner('em'))
  lab.registry.cloners.register(etherCloner('pair', { pair: true }))
  const system: System = { lab, log: [], refs: [], ids: [] }
  listen(system, lab.net)
  return system
}

/** Writes down what listeners of a network stack hear, in the words of the model. */
export function listen({ log }: System, net: Net): void {
  const say = (text: string): void => void log.push(`${net.vnet} ${text}`)
  net.events.on('arrival', ({ ifp }) => say(`arrival ${ifp.name}`))
  net.events.on('departure', ({ ifp }) => say(`departure ${ifp.name}`))
  net.events.on('event', ({ ifp, what }) => say(`${what} ${ifp.name}`))
  net.events.on('group', ({ action, group }) => say(`group ${action} ${group}`))
  net.events.on('address', ({ ifp, action, address }) => say(`${action} ${address.address} ${ifp.name}`))
  net.events.on('message', ({ ifp, change }) => say(`message ${ifp.name} ${change === IFF_UP ? 'up' : 'other'}`))
}

/** Runs one operation as a task, everything it starts included. Answers `ok` or the errno. */
export async function perform({ lab }: System, work: (ctx: Ctx) => Promise<unknown>): Promise<string> {
  let outcome = 'did not end'
  lab.task('command', async ctx => {
    try {
      await work(ctx)
      outcome = 'ok'
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error
      outcome = error.code
    }
  })
  await lab.run(settle)
  return outcome
}

/** Changes an interface, found by name, under the RTNL. `ENXIO` if it is not there. */
export function change(
  system: System,
  vnet: number,
  name: string,
  work: (config: IfConfig, ctx: Ctx, rtnl: RtnlHeld, ifp: Ifnet) => void,
): Promise<string> {
  return perform(system, ctx =>
    system.lab.withRtnl(ctx, rtnl => {
      using section = system.lab.epoch.enter(ctx)
      const ifp = netOf(system, vnet)?.interfaces.byName(section, name)
      if (ifp === undefined) throw new NetlinkError('ENXIO')
      work(system.lab.net.config, ctx, rtnl, ifp)
    }),
  )
}

export function netOf({ lab }: System, vnet: number): Net | undefined {
  return lab.registry.net(vnet as VnetId)
}
