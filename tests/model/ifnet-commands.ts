import { formatIfId, parseIfId } from '@nltool/ifnet'
import { IpAddress, type VnetId } from '@nltool/nl-core/model'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Model, ModelIf, Outcome } from './ifnet-model.ts'
import { seen, seenByModel } from './ifnet-picture.ts'
import { change, listen, netOf, perform, type System } from './ifnet-system.ts'

type Command = fc.AsyncCommand<Model, System>

/** One operation on both sides: what it answers, what listeners hear and the whole state afterwards are the same. */
function command(
  text: string,
  predict: (model: Model) => Outcome | undefined,
  act: (system: System, model: Model) => Promise<string>,
): Command {
  return {
    check: () => true,
    toString: () => text,
    async run(model, system) {
      model.log.length = 0
      system.log.length = 0
      // The prediction may change what the action needs to know (names), so the action is prepared first.
      const answer = act(system, model)
      const expected = predict(model)
      expect(await answer, text).toBe(expected ?? 'ok')
      expect(system.log, `what listeners hear of ${text}`).toEqual(model.log)
      expect(seen(model, system), `the state after ${text}`).toEqual(seenByModel(model, system))
    },
  }
}

/** A name that is in use if there is one, else one that is not. */
function pick(model: Model, vnet: number, nth: number): { readonly name: string; readonly ifp: ModelIf | undefined } {
  const list = model.nets.get(vnet)?.list ?? []
  const ifp = list.length === 0 ? undefined : list[nth % list.length]
  return { name: ifp?.name ?? 'none0', ifp }
}

/** A change of one interface, in both worlds. */
function configure(
  text: string,
  vnet: number,
  nth: number,
  predict: (model: Model, ifp: ModelIf) => Outcome,
  act: Parameters<typeof change>[3],
): Command {
  let picked: ModelIf | undefined
  return command(
    `${text} (${vnet}/${nth})`,
    model => (picked === undefined ? 'ENXIO' : predict(model, picked)),
    (system, model) => {
      const { name, ifp } = pick(model, vnet, nth)
      picked = ifp
      return change(system, vnet, name, act)
    },
  )
}

/** Mostly the initial network stack, where most interfaces are. */
const vnet = fc.constantFrom(0, 0, 0, 1, 2)
const nth = fc.nat(7)
const group = fc.constantFrom('lan', 'wan', 'egress')
const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '198.51.100.1')

const create: fc.Arbitrary<Command> = fc
  .tuple(vnet, fc.constantFrom('em' as const, 'pair' as const), fc.option(fc.nat(3), { nil: undefined }))
  .map(([at, cloner, unit]) =>
    command(
      `create ${cloner}${unit ?? ''} in ${at}`,
      model => (model.nets.has(at) ? model.create(at, cloner, unit) : 'ok'),
      async system => {
        const net = netOf(system, at)
        return net === undefined ? 'ok' : perform(system, ctx => net.clone.create(ctx, `${cloner}${unit ?? ''}`))
      },
    ),
  )

/** Creation stands three times: otherwise most histories end with nothing left to work on. */
export const commands: fc.Arbitrary<Command>[] = [
  create,
  create,
  create,
  fc.tuple(vnet, nth).map(([at, which]) => {
    let name = ''
    return command(
      `destroy (${at}/${which})`,
      model => (model.nets.has(at) ? model.destroy(at, name) : 'ok'),
      async (system, model) => {
        name = pick(model, at, which).name
        const net = netOf(system, at)
        return net === undefined ? 'ok' : perform(system, ctx => net.clone.destroy(ctx, name))
      },
    )
  }),
  fc.tuple(vnet, nth, vnet).map(([from, which, to]) => {
    let name = ''
    return command(
      `loan (${from}/${which}) to ${to}`,
      model => (model.nets.has(from) ? model.loan(from, name, to) : 'ok'),
      async (system, model) => {
        name = pick(model, from, which).name
        const net = netOf(system, from)
        return net === undefined ? 'ok' : perform(system, ctx => net.loan(ctx, name, to as VnetId))
      },
    )
  }),
  fc.tuple(vnet, nth, vnet).map(([here, which, from]) => {
    let name = ''
    return command(
      `reclaim (${from}/${which}) to ${here}`,
      model => (model.nets.has(here) ? model.loan(from, name, here) : 'ok'),
      async (system, model) => {
        name = pick(model, from, which).name
        const net = netOf(system, here)
        return net === undefined ? 'ok' : perform(system, ctx => net.reclaim(ctx, from as VnetId, name))
      },
    )
  }),
  fc.constantFrom(1, 2).map(at =>
    command(
      `create network stack ${at}`,
      model => model.addNet(at),
      async system => {
        if (netOf(system, at) !== undefined) return 'exists'
        listen(system, system.lab.registry.createNet(at as VnetId))
        return 'ok'
      },
    ),
  ),
  fc.constantFrom(1, 2).map(at =>
    command(
      `destroy network stack ${at}`,
      model => model.destroyNet(at),
      system => perform(system, ctx => system.lab.registry.destroyNet(ctx, at as VnetId)),
    ),
  ),
  fc
    .tuple(vnet, nth, fc.constantFrom('em0', 'em1', 'pair0a', 'wan0', 'lan', '', 'sixteen-bytes-aa'))
    .map(([at, which, to]) =>
      configure(
        `rename to "${to}"`,
        at,
        which,
        (model, ifp) => model.rename(ifp, to),
        (config, ctx, rtnl, ifp) => config.rename(ctx, rtnl, ifp, to),
      ),
    ),
  fc.tuple(vnet, nth, group).map(([at, which, name]) =>
    configure(
      `join ${name}`,
      at,
      which,
      (model, ifp) => model.join(model.net(ifp.vnet), ifp, name),
      (config, ctx, rtnl, ifp) => config.addGroup(ctx, rtnl, ifp, name),
    ),
  ),
  fc.tuple(vnet, nth, group).map(([at, which, name]) =>
    configure(
      `leave ${name}`,
      at,
      which,
      (model, ifp) => model.leave(model.net(ifp.vnet), ifp, name),
      (config, ctx, rtnl, ifp) => config.deleteGroup(ctx, rtnl, ifp, name),
    ),
  ),
  fc.tuple(vnet, nth, address).map(([at, which, text]) =>
    configure(
      `add ${text}`,
      at,
      which,
      (model, ifp) => model.addAddress(ifp, text),
      (config, ctx, rtnl, ifp) =>
        void config.addAddress(ctx, rtnl, ifp, { address: IpAddress.parse(text), prefixlen: 24 }),
    ),
  ),
  fc.tuple(vnet, nth, address).map(([at, which, text]) =>
    configure(
      `remove ${text}`,
      at,
      which,
      (model, ifp) => model.removeAddress(ifp, text),
      (config, ctx, rtnl, ifp) => void config.removeAddress(ctx, rtnl, ifp, IpAddress.parse(text)),
    ),
  ),
  fc.tuple(vnet, nth, fc.boolean()).map(([at, which, up]) =>
    configure(
      up ? 'up' : 'down',
      at,
      which,
      (model, ifp) => model.setUp(ifp, up),
      (config, ctx, rtnl, ifp) => (up ? config.up(ctx, rtnl, ifp) : config.down(ctx, rtnl, ifp)),
    ),
  ),
  fc.tuple(vnet, nth, fc.constantFrom(71, 72, 1500, 9000, 65535, 65536)).map(([at, which, mtu]) =>
    configure(
      `mtu ${mtu}`,
      at,
      which,
      (model, ifp) => model.setMtu(ifp, mtu),
      (config, ctx, rtnl, ifp) => config.setMtu(ctx, rtnl, ifp, mtu),
    ),
  ),
  fc.tuple(vnet, nth, fc.constantFrom('', 'uplink', 'x'.repeat(1023), 'x'.repeat(1024))).map(([at, which, text]) =>
    configure(
      `description of ${text.length}`,
      at,
      which,
      (model, ifp) => model.setDescription(ifp, text),
      (config, ctx, rtnl, ifp) => config.setDescription(ctx, rtnl, ifp, text),
    ),
  ),
  fc.tuple(vnet, nth, fc.boolean()).map(([at, which, on]) =>
    configure(
      on ? 'promisc' : '-promisc',
      at,
      which,
      // Switching off what is not on is a defect of the caller, so the command leaves it.
      (model, ifp) => (on || ifp.promisc > 0 ? model.setPromisc(ifp, on) : 'ok'),
      (config, ctx, rtnl, ifp) => {
        if (on || ifp.promiscCount > 0) config.promisc(ctx, rtnl, ifp, on)
      },
    ),
  ),
  fc.tuple(vnet, nth).map(([at, which]) =>
    command(
      `hold (${at}/${which})`,
      () => 'ok',
      async (system, model) => {
        const { name, ifp } = pick(model, at, which)
        const ref = netOf(system, at)?.interfaces.byNameRef(system.lab.ctx('holder'), name, `test ${name}`)
        expect(ref === undefined).toBe(ifp === undefined)
        if (ref !== undefined && ifp !== undefined) system.refs.push({ ref, of: ifp, vnet: at })
        return 'ok'
      },
    ),
  ),
  nth.map(which =>
    command(
      `drop ${which}`,
      () => 'ok',
      async system => {
        const [held] = system.refs.splice(which % Math.max(1, system.refs.length), 1)
        held?.ref.release()
        return perform(system, async () => {})
      },
    ),
  ),
  nth.map(which => {
    let used: System['refs'][number] | undefined
    return command(
      `use reference ${which}`,
      model => {
        const { of, vnet: at } = used ?? {}
        if (of === undefined) return 'ok'
        return of.freed || of.vnet !== at ? 'ENXIO' : model.setMtu(of, 1400)
      },
      async system => {
        used = system.refs[which % Math.max(1, system.refs.length)]
        const { ref } = used ?? {}
        if (ref === undefined) return 'ok'
        return perform(system, ctx =>
          system.lab.withRtnl(ctx, rtnl => system.lab.net.config.setMtu(ctx, rtnl, ref, 1400)),
        )
      },
    )
  }),
  fc.tuple(vnet, nth).map(([at, which]) =>
    command(
      `serialise (${at}/${which})`,
      () => 'ok',
      async (system, model) => {
        const { name, ifp } = pick(model, at, which)
        using section = system.lab.epoch.enter(system.lab.ctx('serialise'))
        const id = netOf(system, at)?.interfaces.byName(section, name)?.id
        if (id !== undefined && ifp !== undefined) {
          expect(parseIfId(formatIfId(id))).toEqual(id)
          system.ids.push({ id, of: ifp })
        }
        return 'ok'
      },
    ),
  ),
]
