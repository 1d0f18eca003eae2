import { IFCOUNTER_IQDROPS, IFCOUNTER_NOPROTO, type Ifnet, type IfRef } from '@nltool/ifnet'
import { type Ctx, IpAddress, type VnetId } from '@nltool/nl-core/model'
import type { World } from './ifnet-lab.ts'

export const jail = 1 as VnetId
const packet = new Uint8Array(4)
export const address = IpAddress.parse('192.0.2.1')

/** Setup: em0, up. */
export const createEm = async ({ net, withRtnl, violations }: World, ctx: Ctx): Promise<void> => {
  await net.clone.create(ctx, 'em0')
  await withRtnl(ctx, rtnl => {
    using section = net.epoch.enter(ctx)
    const ifp = net.interfaces.byName(section, 'em0')
    if (ifp === undefined) violations.push('em0 was not created')
    else net.config.up(ctx, rtnl, ifp)
  })
}

/** Reads an interface's data over several steps of one section, as code that builds a packet does. */
async function useInSection(world: World, ctx: Ctx, ifp: Ifnet, found: 'attached' | 'held'): Promise<void> {
  const { violations, inet6 } = world
  if (found === 'attached' && !ifp.attached) violations.push('a look-up found an interface that is not attached')
  const data = ifp.af(inet6)
  if (found === 'attached' && data === undefined) violations.push('an attached interface has no data')
  for (let i = 0; i < 2; i++) {
    await world.pause(ctx, 'build packet')
    if (ifp.af(inet6) !== data) violations.push('the data of an interface changed within a section')
    if (data?.freed === true) violations.push('data that a section reads has been freed')
    if (data !== undefined && data.vnet !== ctx.vnet)
      violations.push('a sender reads the data of another network stack')
  }
  const sentBefore = world.packets.length
  const answer = ifp.transmit(packet)
  if (answer !== undefined && answer !== 'ENXIO' && answer !== 'ENETDOWN') violations.push(`transmit answers ${answer}`)
  if ((answer === undefined ? 1 : 0) !== world.packets.length - sentBefore)
    violations.push('a packet was lost or doubled')
}

/** Output by a raw index: look up, use, send, in one section (S-1, variant 3'). */
export function sender(world: World, name: string): void {
  world.task(name, async ctx => {
    const section = world.epoch.enter(ctx)
    const ifp = world.net.interfaces.byIndexAttached(section, 1)
    if (ifp !== undefined) await useInSection(world, ctx, ifp, 'attached')
    section.exit()
  })
}

/** Input: what the driver received is delivered once, or dropped with one counter (P-14). */
export function receiver(world: World): void {
  world.task('receiver', async ctx => {
    const section = world.epoch.enter(ctx)
    const ifp = world.net.interfaces.byIndexAttached(section, 1)
    await world.pause(ctx, 'interrupt')
    if (ifp !== undefined) {
      const drops = (): bigint => (ifp.counters[IFCOUNTER_IQDROPS] ?? 0n) + (ifp.counters[IFCOUNTER_NOPROTO] ?? 0n)
      const before = drops()
      let delivered = 0n
      world.net.onInput(() => {
        delivered += 1n
        return true
      })
      ifp.input(packet)
      world.net.onInput(undefined)
      if (delivered + drops() - before !== 1n) world.violations.push('a received packet was lost or doubled')
    }
    section.exit()
  })
}

/** Output through a nexthop, which holds a reference that was taken while the interface was there. */
export function routed(world: World, name: string, ref: IfRef | undefined): void {
  world.task(name, async ctx => {
    if (ref === undefined) return
    await world.pause(ctx, 'route found')
    const section = world.epoch.enter(ctx)
    await useInSection(world, ctx, ref.borrow(section), 'held')
    section.exit()
    await world.pause(ctx, 'nexthop dropped')
    ref.release()
  })
}

/** A sender of the other network stack, whose section is older than the arrival. */
export function senderInJail(world: World): void {
  world.task(
    'sender in jail',
    async ctx => {
      const section = world.epoch.enter(ctx)
      await world.pause(ctx, 'routes')
      const ifp = world.jail.interfaces.byName(section, 'em0')
      if (ifp !== undefined) await useInSection(world, ctx, ifp, 'attached')
      section.exit()
    },
    jail,
  )
}

/** A section that was open when the interface was unlinked is over before anybody hears of the departure. */
export function watchReaders(world: World): void {
  const reading = new Set<string>()
  world.task('reader', async ctx => {
    const section = world.epoch.enter(ctx)
    const ifp = world.net.interfaces.byName(section, 'em0')
    if (ifp !== undefined) reading.add('reader')
    await world.pause(ctx, 'read')
    await world.pause(ctx, 'read on')
    reading.clear()
    section.exit()
  })
  world.net.events.on('departure', ({ ifp }) => {
    if (reading.size > 0) world.violations.push(`${ifp.name} departs while a section that found it is open`)
  })
}
