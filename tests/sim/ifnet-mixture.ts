import type { DetachHeld, IfOwner, IfRef, Net } from '@nltool/ifnet'
import { type Ctx, IpAddress, type RtnlHeld, type VnetId } from '@nltool/nl-core/model'
import { below } from '@nltool/nl-core/scheduler'
import type { Scenario, World } from './ifnet-lab.ts'

const jail = 1 as VnetId
const tasks = 5
const operationsEach = 7
const names = ['em0', 'em1', 'epair0a', 'epair0b', 'wan']
const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::1'].map(text => IpAddress.parse(text))

/** What a request may be told when others are at work. Anything else that is thrown is a defect. */
const refusals = ['ENXIO', 'EEXIST', 'EINVAL', 'EBUSY', 'ENODEV', 'ENOENT', 'EADDRNOTAVAIL', 'ENOSPC']

/** A task's means: its context, and choices that follow from the seed. */
interface Actor {
  readonly world: World
  readonly ctx: Ctx
  pick<T>(choices: readonly T[]): T
  /** A network stack that exists. */
  net(): Net
  name(): string
}

/** A driver takes its interface out, unless the end of a network stack has done so before. */
async function takeOut(owner: IfOwner, ctx: Ctx, held: DetachHeld): Promise<void> {
  if (!owner.freed) await owner.detach(ctx, held)
}

type Operation = (actor: Actor) => Promise<unknown>

/** A change under the RTNL of an interface that was looked up before the lock was asked for. */
function change(apply: (actor: Actor, net: Net, rtnl: RtnlHeld, ref: IfRef) => void): Operation {
  return async actor => {
    const { world, ctx } = actor
    const net = actor.net()
    const ref = net.interfaces.byNameRef(ctx, actor.name(), ctx.task.name)
    if (ref === undefined) return
    try {
      await world.pause(ctx, 'arguments checked')
      await world.withRtnl(ctx, async rtnl => {
        await world.pause(ctx, 'has the lock')
        apply(actor, net, rtnl, ref)
      })
    } finally {
      ref.release()
    }
  }
}

const operations: readonly Operation[] = [
  ({ pick, net, ctx }) => net().clone.create(ctx, pick(['em', 'em0', 'em1', 'epair', 'epair0'])),
  ({ pick, net, ctx }) => net().clone.create(ctx, pick(['em', 'epair'])),
  ({ net, name, ctx }) => net().clone.destroy(ctx, name()),
  ({ world, name, ctx }) => world.net.loan(ctx, name(), jail),
  ({ world, name, ctx }) => world.net.reclaim(ctx, jail, name()),
  async ({ world: { registry, listen }, ctx }) => {
    if (registry.net(jail) === undefined) listen(registry.createNet(jail))
    else await registry.destroyNet(ctx, jail)
  },
  async ({ world: { registry, em }, ctx, pick }) => {
    const present = registry.cloners.list().includes('em')
    if (!present) registry.cloners.register(em)
    else if (pick([true, false, false])) await registry.cloners.unregister(ctx, 'em')
  },
  async ({ world, net, ctx }) => {
    const owner = net().alloc(ctx, { name: `tap${ctx.task.name.at(-1)}`, type: 6, methods: { ioctl: () => undefined } })
    let attached = false
    try {
      await world.withRtnl(ctx, rtnl => owner.attach(ctx, rtnl))
      attached = true
      for (let i = 0; i < 3 && !owner.freed; i++) {
        owner.linkState(i % 2 === 0 ? 2 : 1)
        await world.pause(ctx, 'reports its link')
      }
    } finally {
      if (attached) await world.withDetach(ctx, held => takeOut(owner, ctx, held))
      if (!owner.freed) owner.free(ctx)
    }
  },
  change(({ ctx, pick }, net, rtnl, ref) => net.config.rename(ctx, rtnl, ref, pick(['wan', 'em0', 'em1']))),
  change(({ ctx, pick }, net, rtnl, ref) => (pick([true, false]) ? net.config.up : net.config.down)(ctx, rtnl, ref)),
  change(({ ctx, pick }, net, rtnl, ref) => {
    net.config.addAddress(ctx, rtnl, ref, { address: pick(addresses), prefixlen: 32 })
  }),
  change(({ ctx, pick }, net, rtnl, ref) => void net.config.removeAddress(ctx, rtnl, ref, pick(addresses))),
  change(({ ctx }, net, rtnl, ref) => net.config.addGroup(ctx, rtnl, ref, 'lan')),
  change(({ ctx }, net, rtnl, ref) => net.config.setMtu(ctx, rtnl, ref, 9000)),
  async ({ world, net, name, ctx }) => {
    const section = world.epoch.enter(ctx)
    const ifp = net().interfaces.byName(section, name())
    const data = ifp?.af(world.inet6)
    if (ifp !== undefined && data === undefined) world.violations.push('an attached interface has no data')
    for (let i = 0; i < 3; i++) {
      await world.pause(ctx, 'reads')
      if (data?.freed === true) world.violations.push('data that a section reads has been freed')
      if (ifp?.af(world.inet6) !== data) world.violations.push('the data of an interface changed within a section')
    }
    ifp?.transmit(new Uint8Array(4))
    section.exit()
  },
  async ({ world, net, name, ctx }) => {
    const section = world.epoch.enter(ctx)
    const at = net()
    const ifp = at.interfaces.byName(section, name())
    const [id, ifname] = [ifp?.id, ifp?.name]
    section.exit()
    if (id === undefined) return
    for (let i = 0; i < 4; i++) await world.pause(ctx, 'remembers')
    using later = world.epoch.enter(ctx)
    const resolved = at.interfaces.resolve(later, id)
    if (resolved.kind !== 'ok') return
    const { index, gen, moves } = resolved.ifp.id
    if (index !== id.index || gen !== id.gen || moves !== id.moves)
      world.violations.push(`${ifname} resolved to another`)
  },
]

/** Several tasks do whatever comes to their mind, in two network stacks, one of which comes and goes. */
export const mixture: Scenario = {
  async setup({ net }, ctx) {
    await net.clone.create(ctx, 'em0')
    await net.clone.create(ctx, 'epair0')
  },
  start(world) {
    const { random } = world.scheduler
    for (let i = 0; i < tasks; i++) {
      world.task(`task ${i}`, async ctx => {
        const actor: Actor = {
          world,
          ctx,
          pick: choices => choices[below(random, choices.length)] as (typeof choices)[number],
          net: () => (below(random, 3) === 0 ? world.registry.net(jail) : undefined) ?? world.net,
          name: () => actor.pick(names),
        }
        for (let j = 0; j < operationsEach; j++) {
          await world.attempt(() => actor.pick(operations)(actor), refusals)
          await world.pause(ctx, 'next')
        }
      })
    }
  },
  judge({ registry, violations }) {
    const { allocated, reclaimed } = registry.counts
    const attached = registry.nets().reduce((sum, { interfaces }) => sum + interfaces.count, 0)
    if (allocated - reclaimed !== attached)
      violations.push(`${allocated} made, ${reclaimed} reclaimed, ${attached} there`)
  },
}
