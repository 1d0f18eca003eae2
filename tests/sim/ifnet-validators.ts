import { NetlinkError } from '@nltool/nl-core/errno'
import { IpAddress } from '@nltool/nl-core/model'
import type { Scenario, World } from './ifnet-lab.ts'

const address = IpAddress.parse('192.0.2.1')

const twoInterfaces: Scenario['setup'] = async ({ net }, ctx) => {
  await net.clone.create(ctx, 'em0')
  await net.clone.create(ctx, 'em1')
}

/** An address may exist once among all interfaces, as among slaves that share one link-level address. */
function once({ net }: World): () => void {
  return net.onAddress('inet', ({ section, address: candidate }) => {
    const taken = net.interfaces
      .list(section)
      .some(({ addresses }) =>
        addresses.some(entry => entry.family !== 'link' && entry.address.equals(candidate.address)),
      )
    if (taken) throw new NetlinkError('EADDRINUSE', `${candidate.address} is in use`)
  })
}

function adder(world: World, ifname: string, outcomes: string[]): void {
  world.task(`adder on ${ifname}`, async ctx => {
    const ref = world.net.interfaces.byNameRef(ctx, ifname, 'request')
    if (ref === undefined) return
    await world.pause(ctx, 'arguments checked')
    const add = (): Promise<void> =>
      world.withRtnl(ctx, async rtnl => {
        await world.pause(ctx, 'has the lock')
        world.net.config.addAddress(ctx, rtnl, ref, { address, prefixlen: 24 })
      })
    outcomes.push(await world.attempt(add, ['EADDRINUSE']))
    ref.release()
  })
}

const added = ({ log }: World): number => log.filter(line => line.includes(' add ')).length

/** LK-S-6: two requests for one address: one succeeds, the other one gets the validator's error. */
export const sameAddressTwice: Scenario = {
  setup: twoInterfaces,
  start(world) {
    once(world)
    const outcomes: string[] = []
    for (const ifname of ['em0', 'em1']) adder(world, ifname, outcomes)
    world.net.events.on('address', () => {
      if (added(world) > 1) world.violations.push('both requests got the address')
    })
  },
  judge(world) {
    if (added(world) !== 1) world.violations.push(`${added(world)} addresses were added`)
  },
}

/** LK-S-7: a validator goes while a request waits for the lock: it is not called after it has gone. */
export const validatorGoes: Scenario = {
  setup: twoInterfaces,
  start(world) {
    let gone = false
    const remove = world.net.onAddress('inet', () => {
      if (gone) world.violations.push('a validator was called after it had gone')
    })
    adder(world, 'em0', [])
    world.task('module', async ctx => {
      await world.pause(ctx, 'unloads')
      remove()
      gone = true
    })
  },
  judge(world) {
    if (added(world) !== 1) world.violations.push('the address was not added')
  },
}
