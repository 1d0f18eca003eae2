import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, VnetId } from '@nltool/nl-core/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CloneInstance, CloneRequest } from '../index.ts'
import { createLab, etherCloner, type Lab } from '../testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function perform(lab: Lab, work: (ctx: Ctx) => Promise<unknown>): Promise<unknown> {
  let outcome: unknown
  lab.task('command', async ctx => {
    try {
      outcome = await work(ctx)
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error
      outcome = error.code
    }
  })
  await lab.run(settle)
  return outcome
}

const names = (lab: Lab): string[] => {
  using section = lab.epoch.enter(lab.ctx('list'))
  return lab.net.interfaces.list(section).map(({ name }) => name)
}

describe('cloner registration', () => {
  it.each(['', '0', 'tap0', 'ten-letter', 'white space'])('refuses the name "%s"', name => {
    const lab = createLab()
    expect(() => lab.registry.cloners.register(etherCloner(name))).toThrow('EINVAL')
  })

  it('refuses a name that is taken, and lists the newest first', () => {
    const { registry } = createLab()
    registry.cloners.register(etherCloner('em'))
    registry.cloners.register(etherCloner('tap'))
    expect(() => registry.cloners.register(etherCloner('em'))).toThrow('EEXIST')
    expect(registry.cloners.list()).toEqual(['tap', 'em'])
  })
})

describe('names and units', () => {
  const cases: readonly [name: string, outcome: unknown][] = [
    ['em', { name: 'em0', index: 1 }],
    ['em5', { name: 'em5', index: 1 }],
    ['em6', 'ENOSPC'],
    ['em00', 'EINVAL'],
    ['em07', 'EINVAL'],
    ['em1x', 'EINVAL'],
    ['em99999999999', 'EINVAL'],
    ['e', 'EINVAL'],
    ['emu', 'EINVAL'],
    ['wan0', 'EINVAL'],
    ['pair', { name: 'pair0a', index: 1 }],
    ['pair3', { name: 'pair3a', index: 1 }],
    ['pair3b', { name: 'pair3b', index: 2 }],
    ['pair3c', 'EINVAL'],
  ]

  it.each(cases)('%s', async (name, outcome) => {
    const lab = createLab()
    lab.registry.cloners.register(etherCloner('em', { maxUnit: 5 }))
    lab.registry.cloners.register(etherCloner('pair', { pair: true }))
    expect(await perform(lab, ctx => lab.net.clone.create(ctx, name))).toEqual(outcome)
    expect(lab.registry.audit().violations).toEqual([])
  })

  it('takes the lowest unit whose names are unused, also by renamed interfaces (P-25)', async () => {
    const lab = createLab()
    lab.registry.cloners.register(etherCloner('em'))
    await perform(lab, async ctx => {
      await lab.net.clone.create(ctx, 'em0')
      await lab.withRtnl(ctx, rtnl => {
        using section = lab.epoch.enter(ctx)
        const ifp = lab.net.interfaces.byName(section, 'em0')
        if (ifp !== undefined) lab.net.config.rename(ctx, rtnl, ifp, 'em1')
      })
      // Unit 0 is in use by what is called em1 now, and unit 1 has its name in use.
      expect(await lab.net.clone.create(ctx, 'em')).toEqual({ name: 'em2', index: 2 })
      await lab.net.clone.destroy(ctx, 'em1')
      expect(await lab.net.clone.create(ctx, 'em')).toEqual({ name: 'em0', index: 1 })
    })
    expect(names(lab)).toEqual(['em2', 'em0'])
  })

  it('follow a pattern of the cloner’s own, if it has one', async () => {
    const lab = createLab()
    lab.registry.cloners.register({ ...etherCloner('vlan'), match: name => /^vlan\d*$|^\w+\.\d+$/.test(name), create })
    function create({ ctx, rtnl, name, alloc }: CloneRequest): CloneInstance {
      const owner = alloc({ name, type: 6 })
      owner.attach(ctx, rtnl)
      return { interfaces: [owner] }
    }
    expect(await perform(lab, ctx => lab.net.clone.create(ctx, 'em0.10'))).toEqual({ name: 'em0.10', index: 1 })
    expect(await perform(lab, ctx => lab.net.clone.create(ctx, 'em0.10'))).toBe('EEXIST')
    expect(await perform(lab, ctx => lab.net.clone.create(ctx, 'vlan'))).toEqual({ name: 'vlan1', index: 2 })
    expect(await perform(lab, ctx => lab.net.clone.create(ctx, 'vlan07'))).toBe('EINVAL')
    expect(await perform(lab, ctx => lab.net.clone.destroy(ctx, 'em0.10'))).toBeUndefined()
    expect(lab.registry.audit().violations).toEqual([])
  })

  it('gives units back whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.nat(4)), { maxLength: 30 }), async history => {
        const lab = createLab()
        let fail = false
        const base = etherCloner('em')
        lab.registry.cloners.register({
          ...base,
          create(request) {
            if (fail) throw new NetlinkError('ENOMEM')
            return base.create(request)
          },
        })
        const model = new Set<number>()
        for (const [create, unit] of history) {
          fail = create && unit === 4
          const name = `em${unit}`
          const work = create
            ? (ctx: Ctx) => lab.net.clone.create(ctx, name)
            : (ctx: Ctx) => lab.net.clone.destroy(ctx, name)
          const outcome = await perform(lab, work)
          if (create)
            expect(outcome).toEqual(model.has(unit) ? 'EEXIST' : fail ? 'ENOMEM' : expect.objectContaining({ name }))
          else expect(outcome).toBe(model.has(unit) ? undefined : 'ENXIO')
          if (create && !fail) model.add(unit)
          if (!create) model.delete(unit)
          expect(lab.registry.audit().violations).toEqual([])
        }
      }),
    )
  })
})

describe('creation', () => {
  it('leaves nothing behind when the cloner fails half-way', async () => {
    const lab = createLab()
    lab.registry.cloners.register({
      name: 'bad',
      create({ name, alloc }) {
        alloc({ name, type: 6 })
        throw new NetlinkError('ENOMEM', 'no second interface')
      },
    })
    expect(await perform(lab, ctx => lab.net.clone.create(ctx, 'bad'))).toBe('ENOMEM')
    lab.registry.assertQuiescent()
    expect(lab.registry.counts).toMatchObject({ allocated: 1, reclaimed: 1 })
  })

  it('takes down what the cloner had attached before it failed', async () => {
    const lab = createLab()
    const heard: string[] = []
    lab.net.events.on('departure', ({ ifp }) => void heard.push(ifp.name))
    lab.registry.cloners.register({
      name: 'bad',
      create({ ctx, rtnl, name, alloc }) {
        alloc({ name, type: 6 }).attach(ctx, rtnl)
        alloc({ name: 'other', type: 6 })
        throw new NetlinkError('ENOMEM', 'no peer')
      },
    })
    expect(await perform(lab, ctx => lab.net.clone.create(ctx, 'bad'))).toBe('ENOMEM')
    expect([heard, names(lab)]).toEqual([['bad0'], []])
    lab.registry.assertQuiescent()
  })

  it('keeps or destroys the interface when the rest of the request fails (R-IF-42)', async () => {
    for (const onFailure of ['keep', 'destroy'] as const) {
      const lab = createLab()
      lab.registry.cloners.register(etherCloner('em'))
      const modify = (): void => {
        throw new NetlinkError('EINVAL', 'no such thing')
      }
      expect(await perform(lab, ctx => lab.net.clone.create(ctx, 'em', undefined, { modify, onFailure }))).toBe(
        'EINVAL',
      )
      expect(names(lab)).toEqual(onFailure === 'keep' ? ['em0'] : [])
      lab.registry.assertQuiescent()
    }
  })

  it('makes what must exist, and does not let users destroy it', async () => {
    const lab = createLab()
    lab.registry.cloners.register(etherCloner('lo', { minIfs: 1 }))
    await perform(lab, ctx => lab.withRtnl(ctx, rtnl => lab.registry.cloners.populate(ctx, rtnl, lab.net.vnet)))
    expect(names(lab)).toEqual(['lo0'])
    expect(await perform(lab, ctx => lab.net.clone.destroy(ctx, 'lo0'))).toBe('EINVAL')
    await perform(lab, ctx => lab.registry.cloners.unregister(ctx, 'lo'))
    expect(names(lab)).toEqual([])
  })
})

describe('destruction', () => {
  it('answers ENXIO for an unknown name, EINVAL for what no cloner made', async () => {
    const lab = createLab()
    await perform(lab, ctx =>
      lab.withRtnl(ctx, rtnl => lab.net.alloc(ctx, { name: 'vtnet0', type: 6 }).attach(ctx, rtnl)),
    )
    expect(await perform(lab, ctx => lab.net.clone.destroy(ctx, 'em0'))).toBe('ENXIO')
    expect(await perform(lab, ctx => lab.net.clone.destroy(ctx, 'vtnet0'))).toBe('EINVAL')
  })

  it('leaves the interface if its driver refuses, and cannot fail when the cloner goes (R-IF-41)', async () => {
    const lab = createLab()
    const base = etherCloner('em')
    const destroy = async (): Promise<void> => {
      throw new NetlinkError('EBUSY', 'in use')
    }
    lab.registry.cloners.register({ ...base, create: request => ({ ...base.create(request), destroy }) })
    await perform(lab, ctx => lab.net.clone.create(ctx, 'em'))
    expect(await perform(lab, ctx => lab.net.clone.destroy(ctx, 'em0'))).toBe('EBUSY')
    expect(names(lab)).toEqual(['em0'])
    expect(lab.registry.audit().violations).toEqual([])
    await perform(lab, ctx => lab.registry.cloners.unregister(ctx, 'em'))
    expect(names(lab)).toEqual([])
    expect(lab.reports).toEqual(['cloner em failed to destroy em0: NetlinkError: EBUSY: in use'])
    lab.registry.assertQuiescent()
  })

  it('takes the interfaces of a cloner out of every network stack (P-27)', async () => {
    const lab = createLab()
    const jail = lab.registry.createNet(1 as VnetId)
    lab.registry.cloners.register(etherCloner('pair', { pair: true }))
    await perform(lab, async ctx => {
      await lab.net.clone.create(ctx, 'pair')
      await jail.clone.create(ctx, 'pair')
      await lab.net.loan(ctx, 'pair0b', jail.vnet).catch(() => {})
      await lab.registry.cloners.unregister(ctx, 'pair')
    })
    expect([lab.net.interfaces.count, jail.interfaces.count]).toEqual([0, 0])
    lab.registry.assertQuiescent()
  })
})
