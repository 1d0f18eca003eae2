import { address, createEm, jail, receiver, routed, sender, senderInJail, watchReaders } from './ifnet-actors.ts'
import type { Scenario } from './ifnet-lab.ts'
import { mixture } from './ifnet-mixture.ts'
import { sameAddressTwice, validatorGoes } from './ifnet-validators.ts'

/** S-1: output path against detach. */
export const outputAgainstDetach: Scenario = {
  setup: createEm,
  start(world) {
    const { net } = world
    const ref = net.interfaces.byIndexRef(world.ctx('route'), 1, 'nexthop')
    sender(world, 'sender')
    routed(world, 'routed', ref)
    receiver(world)
    watchReaders(world)
    world.task('detacher', ctx => net.clone.destroy(ctx, 'em0'))
  },
  judge({ net, violations }) {
    if (net.interfaces.count !== 0) violations.push('em0 survived')
  },
}

/** S-2: output path against a move to another network stack and back. */
export const outputAgainstMove: Scenario = {
  setup: createEm,
  start(world) {
    const { net } = world
    const ref = net.interfaces.byIndexRef(world.ctx('route'), 1, 'nexthop')
    sender(world, 'sender')
    routed(world, 'routed', ref)
    receiver(world)
    watchReaders(world)
    senderInJail(world)
    world.task('mover', async ctx => {
      await net.loan(ctx, 'em0', jail)
      await net.reclaim(ctx, jail, 'em0')
      await net.loan(ctx, 'em0', jail)
    })
  },
  judge(world) {
    const { jail: there, violations } = world
    const section = there.epoch.enter(world.ctx('judge', jail))
    const ifp = there.interfaces.byName(section, 'em0')
    if (ifp === undefined) violations.push('em0 did not arrive')
    if (ifp?.index !== 1) violations.push('the index did not survive the moves')
    if (ifp?.id.moves !== 3) violations.push('moves are not counted')
    section.exit()
  },
}

/** S-3: detach while an address is being added. */
export const addressAgainstDetach: Scenario = {
  setup: createEm,
  start(world) {
    const { net, registry } = world
    world.task('adder', async ctx => {
      const ref = net.interfaces.byNameRef(ctx, 'em0', 'ioctl')
      if (ref === undefined) return
      await world.pause(ctx, 'arguments checked')
      await world.attempt(
        () =>
          world.withRtnl(ctx, async rtnl => {
            await world.pause(ctx, 'memory allocated')
            net.config.addAddress(ctx, rtnl, ref, { address, prefixlen: 24 })
            await world.pause(ctx, 'address added')
            net.config.addGroup(ctx, rtnl, ref, 'lan')
          }),
        ['ENXIO'],
      )
      ref.release()
    })
    world.task('detacher', async ctx => {
      await world.pause(ctx, 'before destroy')
      await net.clone.destroy(ctx, 'em0')
      if (registry.audit().violations.length > 0) world.violations.push(...registry.audit().violations)
    })
  },
  judge({ log, violations }) {
    const text = log.join(', ')
    const orders = [
      '0 arrival em0, 0 add 192.0.2.1 em0, 0 delete 192.0.2.1 em0, 0 departure em0',
      '0 arrival em0, 0 departure em0',
    ]
    if (!orders.includes(text)) violations.push(`neither of the two orders: ${text}`)
  },
}

/** S-5: the index of a request is reused between the look-up and the use. */
export const indexReuse: Scenario = {
  setup: createEm,
  start(world) {
    const { net } = world
    world.task('user', async ctx => {
      const section = net.epoch.enter(ctx)
      const id = net.interfaces.byName(section, 'em0')?.id
      section.exit()
      if (id === undefined) return
      for (let i = 0; i < 8; i++) await world.pause(ctx, 'waits for its turn')
      await world.withRtnl(ctx, async rtnl => {
        await world.pause(ctx, 'has the lock')
        using again = net.epoch.enter(ctx)
        const found = net.interfaces.resolve(again, id)
        if (found.kind === 'ok') net.config.setMtu(ctx, rtnl, found.ifp, 9000)
      })
    })
    world.task('admin', async ctx => {
      await net.clone.destroy(ctx, 'em0')
      const created = await net.clone.create(ctx, 'em7')
      if (created.index !== 1) world.violations.push('the lowest free index was not reused')
    })
  },
  judge(world) {
    const section = world.epoch.enter(world.ctx('judge'))
    const ifp = world.net.interfaces.byName(section, 'em7')
    if (ifp?.mtu !== 1500) world.violations.push('a request for em0 changed em7, which has its index now')
    section.exit()
  },
}

/** S-6: both ends of a pair are destroyed while a network stack returns one of them, and users configure them. */
export const destroyAgainstConfiguration: Scenario = {
  async setup({ net }, ctx) {
    await net.clone.create(ctx, 'epair0')
    await net.loan(ctx, 'epair0b', jail)
  },
  start(world) {
    const { net, registry } = world
    world.task('destroyer', ctx => world.attempt(() => net.clone.destroy(ctx, 'epair0a'), ['ENXIO']).then(() => {}))
    world.task('jailer', ctx => registry.destroyNet(ctx, jail))
    for (const [name, ifname] of [
      ['first', 'epair0a'],
      ['second', 'epair0b'],
    ] as const) {
      world.task(name, async ctx => {
        const ref = net.interfaces.byNameRef(ctx, ifname, 'ioctl')
        if (ref === undefined) return
        await world.pause(ctx, 'arguments checked')
        await world.attempt(
          () =>
            world.withRtnl(ctx, async rtnl => {
              net.config.up(ctx, rtnl, ref)
              await world.pause(ctx, 'up')
              net.config.setMtu(ctx, rtnl, ref, 1400)
              net.config.rename(ctx, rtnl, ref, `wan${ifname.at(-1)}`)
            }),
          ['ENXIO'],
        )
        ref.release()
      })
    }
  },
  judge({ net, registry, violations }) {
    const left = [...net.interfaces.indexes()].length
    const renamed = left > 0 // the destroyer asked for a name that the interface no longer had
    if (left !== 0 && left !== 2) violations.push(`${left} interfaces are left of a pair`)
    if (renamed && registry.audit().interfaces.attached !== 2) violations.push('an interface is half there')
    if (registry.net(jail) !== undefined) violations.push('the network stack survived')
  },
}

/** S-7: a reader in a section finds an interface whose last reference is being given back. */
export const referenceAgainstFree: Scenario = {
  setup: createEm,
  start(world) {
    const { net } = world
    world.task('holder', async ctx => {
      const section = net.epoch.enter(ctx)
      const ifp = net.interfaces.byIndexAttached(section, 1)
      await world.pause(ctx, 'found it')
      const early = ifp?.tryRef('early')
      await world.pause(ctx, 'still inside')
      const late = ifp?.tryRef('late')
      section.exit()
      for (const ref of [early, late]) {
        await world.pause(ctx, 'uses it')
        if (ref === undefined) continue
        if (ref.af(world.inet6)?.freed === true) world.violations.push('a held interface has freed data')
        if (ref.name !== 'em0') world.violations.push('a held interface lost its name')
        ref.release()
      }
    })
    world.task('reader', async ctx => {
      const section = net.epoch.enter(ctx)
      const ifp = net.interfaces.byIndex(section, 1)
      for (let i = 0; i < 6; i++) await world.pause(ctx, 'reads on')
      const ref = ifp?.tryRef('reader')
      section.exit()
      await world.pause(ctx, 'keeps it')
      if (ref !== undefined && ref.mtu !== 1500) world.violations.push('a held interface changed')
      ref?.release()
    })
    world.task('destroyer', ctx => net.clone.destroy(ctx, 'em0'))
  },
}

/** S-8: a detach arrives while the interface is between two network stacks. */
export const detachAgainstMove: Scenario = {
  setup: createEm,
  start(world) {
    const { net, jail: there } = world
    world.task('mover', ctx => world.attempt(() => net.loan(ctx, 'em0', jail), ['ENXIO', 'ENODEV']).then(() => {}))
    world.task('driver', async ctx => {
      await world.pause(ctx, 'driver unloads')
      await world.registry.cloners.unregister(ctx, 'em')
      if (net.interfaces.count + there.interfaces.count > 0) world.violations.push('an interface outlives its driver')
    })
  },
  judge({ net, jail: there, violations }) {
    if (net.interfaces.count + there.interfaces.count > 0) violations.push('an interface came back after its detach')
  },
}

/** S-9, S-10: a driver goes on reporting its link while it detaches; users of a dying network stack go on too. */
export const reportsAgainstDetach: Scenario = {
  async setup({ net, jail: there }, ctx) {
    await there.clone.create(ctx, 'epair0')
    await net.clone.create(ctx, 'em0')
    await net.loan(ctx, 'em0', jail)
  },
  start(world) {
    const { net, jail: there, registry, violations } = world
    world.task('driver', async ctx => {
      const owner = net.alloc(ctx, { name: 'tap0', type: 6 })
      await world.withRtnl(ctx, rtnl => owner.attach(ctx, rtnl))
      let stop = (): void => {}
      const stopped = new Promise<void>(resolve => {
        stop = resolve
      })
      world.task('link', async me => {
        for (let i = 0; i < 6; i++) {
          if (owner.ifp.state !== 'attached') break // the driver stops its interrupts before it frees the interface
          owner.linkState(i % 2 === 0 ? 2 : 1)
          await world.pause(me, 'reports')
        }
        stop()
      })
      await world.withDetach(ctx, held => owner.detach(ctx, held))
      owner.linkState(1)
      await stopped
      owner.free(ctx)
    })
    world.task('jailer', ctx => registry.destroyNet(ctx, jail))
    world.task(
      'prisoner',
      async ctx => {
        for (const ifname of ['em0', 'epair0a', 'epair0b']) {
          const ref = there.interfaces.byNameRef(ctx, ifname, 'ioctl')
          await world.pause(ctx, 'arguments checked')
          if (ref === undefined) continue
          const change = (): Promise<void> =>
            world.withRtnl(ctx, async rtnl => {
              there.config.up(ctx, rtnl, ref)
              await world.pause(ctx, 'up')
              there.config.addAddress(ctx, rtnl, ref, { address, prefixlen: 24 })
            })
          const outcome = await world.attempt(change, ['ENXIO', 'EBUSY'])
          if (outcome === 'ok' && there.dying) violations.push('a dying network stack was configured')
          ref.release()
        }
      },
      jail,
    )
  },
  judge(world) {
    const section = world.epoch.enter(world.ctx('judge'))
    const ifp = world.net.interfaces.byName(section, 'em0')
    if (ifp === undefined) world.violations.push('em0 did not come home')
    if (ifp?.addresses.length !== 1 || (ifp.flags & 1) !== 0)
      world.violations.push('em0 came home with addresses or up')
    if (world.net.interfaces.count !== 1) world.violations.push('something else survived')
    section.exit()
  },
}

/** S-11: renames to one name, and look-ups by name, while an interface goes. */
export const namesInUse: Scenario = {
  async setup({ net }, ctx) {
    await net.clone.create(ctx, 'em0')
    await net.clone.create(ctx, 'em1')
  },
  start(world) {
    const { net } = world
    for (const ifname of ['em0', 'em1']) {
      world.task(`renamer of ${ifname}`, async ctx => {
        const ref = net.interfaces.byNameRef(ctx, ifname, 'ioctl')
        if (ref === undefined) return
        await world.pause(ctx, 'arguments checked')
        const change = (): Promise<void> => world.withRtnl(ctx, rtnl => net.config.rename(ctx, rtnl, ref, 'wan'))
        const outcome = await world.attempt(change, ['ENXIO', 'EEXIST'])
        // em0 stays: if it was refused the name, somebody else has it or had it.
        if (ifname === 'em0' && outcome === 'ENXIO') world.violations.push('em0 was refused as if it had gone')
        ref.release()
      })
    }
    world.task('looker', async ctx => {
      for (let i = 0; i < 4; i++) {
        using section = net.epoch.enter(ctx)
        const names = net.interfaces.list(section).map(({ name }) => name)
        if (new Set(names).size !== names.length) world.violations.push(`two interfaces of one name: ${names.join()}`)
        for (const name of names) {
          if (net.interfaces.byName(section, name)?.name !== name) world.violations.push(`${name} is not found`)
        }
        await world.pause(ctx, 'looks again')
      }
    })
    world.task('destroyer', ctx => world.attempt(() => net.clone.destroy(ctx, 'em1'), ['ENXIO']).then(() => {}))
  },
  judge(world) {
    const section = world.epoch.enter(world.ctx('judge'))
    if (world.net.interfaces.byIndexAttached(section, 1) === undefined) world.violations.push('em0 is not found')
    section.exit()
  },
}

/** S-14: a cloner is unregistered while a creation has found it. */
export const unloadAgainstCreate: Scenario = {
  setup: createEm,
  start(world) {
    const { net, registry, violations } = world
    let unloaded = false
    world.task('creator', async ctx => {
      const outcome = await world.attempt(() => net.clone.create(ctx, 'em'), ['EINVAL'])
      if (outcome === 'ok' && unloaded) violations.push('an interface was created without its cloner')
    })
    world.task('unloader', async ctx => {
      await registry.cloners.unregister(ctx, 'em')
      unloaded = true
      if (net.interfaces.count > 0) violations.push('an interface outlives its cloner')
    })
  },
  judge({ registry, violations }) {
    const { allocated, reclaimed } = registry.counts
    if (allocated !== reclaimed) violations.push(`${allocated} interfaces were made, ${reclaimed} reclaimed`)
  },
}

/** All of them, by the name under which a test reports them. */
export const scenarios: { readonly [name: string]: Scenario } = {
  'IF-S-1 output path against detach': outputAgainstDetach,
  'IF-S-2 output path against vnet move': outputAgainstMove,
  'IF-S-3 detach while an address is being added': addressAgainstDetach,
  'IF-S-5 index reuse between look-up and use': indexReuse,
  'IF-S-6 clone destroy against ioctl and vnet return': destroyAgainstConfiguration,
  'IF-S-7 reference against the last release': referenceAgainstFree,
  'IF-S-8 detach against move': detachAgainstMove,
  'IF-S-9 and IF-S-10 reports and requests against detach': reportsAgainstDetach,
  'IF-S-11 renames, look-ups and destroy': namesInUse,
  'IF-S-14 cloner unload against create': unloadAgainstCreate,
  'LK-S-6 one address asked for twice': sameAddressTwice,
  'LK-S-7 a validator that goes': validatorGoes,
  'any mixture of operations': mixture,
}
