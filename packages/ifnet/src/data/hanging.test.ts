import type { VnetId } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import { type Hanging, type Ifnet, type IfOwner, InvariantError } from '../index.ts'
import { createLab, etherCloner, type Lab } from '../testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const jail = 1 as VnetId

interface Data {
  readonly vnet: VnetId
  active: boolean
  freed: number
}

/** A lab with a jail, em0, and data hanging off every interface. */
async function withData(): Promise<{ lab: Lab; inet6: Hanging<Data>; all: Data[] }> {
  const lab = createLab()
  const all: Data[] = []
  lab.registry.createNet(jail)
  lab.registry.cloners.register(etherCloner('em'))
  const inet6 = lab.registry.defineHanging<Data>(lab.ctx('boot'), 'inet6', {
    rule: 'epoch',
    attach(ifp) {
      const data = { vnet: ifp.vnet, active: true, freed: 0 }
      all.push(data)
      return data
    },
    detach(data) {
      data.active = false
    },
    free(data) {
      data.freed += 1
    },
  })
  lab.task('setup', async ctx => {
    await lab.net.clone.create(ctx, 'em0')
  })
  await lab.run(settle)
  return { lab, inet6, all }
}

describe('hanging data', () => {
  it('is there before the interface can be found, and in the arrival event (R-IF-16)', async () => {
    const { lab, inet6 } = await withData()
    const found: boolean[] = []
    lab.net.events.on('arrival', ({ ifp }) => found.push(ifp.af(inet6) !== undefined, inet6.of(ifp)?.active === true))
    lab.task('main', async ctx => {
      await lab.net.clone.create(ctx, 'em')
    })
    await lab.run(settle)
    expect(found).toEqual([true, true])
  })

  it('stays readable for who was reading when it was detached, and goes with the interface (R-IF-25)', async () => {
    const { lab, inet6, all } = await withData()
    const ref = lab.net.interfaces.byNameRef(lab.ctx('nexthop'), 'em0', 'nexthop')
    let reader: Ifnet | undefined
    lab.net.events.on('departure', () => {
      // A reader that comes in through a nexthop while the interface goes.
      const section = lab.epoch.enter(lab.ctx('reader'))
      reader = ref?.borrow(section)
      expect(reader?.af(inet6)).toBe(all[0])
      closing.push(() => section.exit())
    })
    const closing: (() => void)[] = []
    lab.task('destroyer', ctx => lab.net.clone.destroy(ctx, 'em0'))
    await lab.run(settle)
    expect(all[0]).toEqual({ vnet: 0, active: false, freed: 0 })
    expect(reader?.af(inet6)).toBe(all[0])
    const later = lab.epoch.enter(lab.ctx('later'))
    expect(ref?.borrow(later).af(inet6)).toBeUndefined()
    expect(ref?.af(inet6)).toBeUndefined()
    for (const close of closing) close()
    ref?.release()
    await lab.run(settle)
    expect(all[0]?.freed).toBe(0) // a section is still open
    later.exit()
    await lab.run(settle)
    expect(all[0]?.freed).toBe(1)
  })

  it('is another one after a move, and the old one goes when its readers are gone', async () => {
    const { lab, inet6, all } = await withData()
    lab.task('mover', async ctx => {
      await lab.net.loan(ctx, 'em0', jail)
    })
    await lab.run(settle)
    expect(all).toEqual([
      { vnet: 0, active: false, freed: 1 },
      { vnet: jail, active: true, freed: 0 },
    ])
    const there = lab.registry.net(jail)
    using section = lab.epoch.enter(lab.ctx('reader'))
    expect(there?.interfaces.byName(section, 'em0')?.af(inet6)).toBe(all[1])
  })

  it('that is defined late is made for what is attached, and under one name only', async () => {
    const { lab } = await withData()
    const ctx = lab.ctx('module')
    const names = lab.registry.defineHanging<string>(ctx, 'names', { rule: 'lock', attach: ifp => ifp.name })
    expect(() => lab.registry.defineHanging(ctx, 'names', { rule: 'lock', attach: () => 0 })).toThrow(InvariantError)
    using section = lab.epoch.enter(ctx)
    expect(lab.net.interfaces.byName(section, 'em0')?.af(names)).toBe('em0')
  })

  it('whose owner throws leaves the interface whole (P-29)', async () => {
    const { lab } = await withData()
    const fail = (what: string) => () => {
      throw new Error(what)
    }
    const ctx = lab.ctx('module')
    lab.registry.defineHanging(ctx, 'bad', { rule: 'epoch', attach: fail('attach') })
    lab.registry.defineHanging(ctx, 'worse', {
      rule: 'epoch',
      attach: () => 0,
      detach: fail('detach'),
      free: fail('free'),
    })
    lab.task('main', async me => {
      await lab.net.clone.create(me, 'em1')
      await lab.net.clone.destroy(me, 'em1')
    })
    await lab.run(settle)
    expect(lab.reports).toEqual([
      'em0 gets no bad data: Error: attach',
      'em1 gets no bad data: Error: attach',
      'the detach of the worse data of em1 failed: Error: detach',
      'the free of the worse data of em1 failed: Error: free',
    ])
    lab.registry.assertQuiescent()
  })

  it('may be missing when an event comes late, as its handlers must expect (IF-S-9)', async () => {
    const { lab, inet6 } = await withData()
    const heard: string[] = []
    lab.net.events.on('lladdr', () => heard.push('lladdr'))
    lab.net.events.on('departure', ({ ifp }) => heard.push(`departure ${ifp.af(inet6)?.active}`))
    let owner: IfOwner | undefined
    lab.task('driver', async ctx => {
      owner = lab.net.alloc(ctx, { name: 'tap0', type: 6, lladdr: new Uint8Array(6) })
      await lab.withRtnl(ctx, rtnl => owner?.attach(ctx, rtnl))
      await lab.withDetach(ctx, held => owner?.detach(ctx, held))
      owner.linkState(2) // the driver goes on reporting
      expect(owner.ifp.af(inet6)).toBeUndefined()
      owner.free(ctx)
    })
    await lab.run(settle)
    expect(heard).toEqual(['departure true'])
  })
})
