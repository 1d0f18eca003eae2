import { createEm, jail, routed, sender, senderInJail } from './ifnet-actors.ts'
import type { Scenario } from './ifnet-lab.ts'
import { addressAgainstDetach, detachAgainstMove } from './ifnet-scenarios.ts'

/** The same races between two tasks each, few enough steps to try every schedule. */
export const duels: { readonly [name: string]: Scenario } = {
  'IF-S-1 sender by index against detach': {
    setup: createEm,
    start(world) {
      sender(world, 'sender')
      world.task('detacher', ctx => world.net.clone.destroy(ctx, 'em0'))
    },
  },
  'IF-S-1 sender by nexthop against detach': {
    setup: createEm,
    start(world) {
      routed(world, 'routed', world.net.interfaces.byIndexRef(world.ctx('route'), 1, 'nexthop'))
      world.task('detacher', ctx => world.net.clone.destroy(ctx, 'em0'))
    },
  },
  'IF-S-2 sender by nexthop against vnet move': {
    setup: createEm,
    start(world) {
      routed(world, 'routed', world.net.interfaces.byIndexRef(world.ctx('route'), 1, 'nexthop'))
      world.task('mover', async ctx => {
        await world.net.loan(ctx, 'em0', jail)
      })
    },
  },
  'IF-S-2 sender of the other network stack against arrival': {
    setup: createEm,
    start(world) {
      senderInJail(world)
      world.task('mover', async ctx => {
        await world.net.loan(ctx, 'em0', jail)
      })
    },
  },
  'IF-S-3 address against detach': addressAgainstDetach,
  'IF-S-6 pair destroyed against vnet return': {
    async setup({ net }, ctx) {
      await net.clone.create(ctx, 'epair0')
      await net.loan(ctx, 'epair0b', jail)
    },
    start({ task, net, registry }) {
      task('destroyer', ctx => net.clone.destroy(ctx, 'epair0a'))
      task('jailer', ctx => registry.destroyNet(ctx, jail))
    },
    judge({ net, violations }) {
      if (net.interfaces.count > 0) violations.push('an end of the pair survived')
    },
  },
  'IF-S-8 detach against move': detachAgainstMove,
}
