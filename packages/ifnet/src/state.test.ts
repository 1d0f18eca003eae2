import { IpAddress, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import { createLab, etherCloner, type Lab } from './testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0))
const jail = 1 as VnetId

function lab(): Lab {
  const made = createLab()
  made.registry.cloners.register(etherCloner('pair', { pair: true }))
  made.registry.cloners.register(etherCloner('eth'))
  made.registry.createNet(jail)
  return made
}

/** A registry with a past: indices and units given back, a rename, a move, groups, an address. */
async function used(): Promise<Lab> {
  const made = lab()
  const { registry, net } = made
  made.task('user', async ctx => {
    for (const name of ['eth', 'pair', 'eth', 'pair', 'eth7']) await net.clone.create(ctx, name)
    await net.clone.destroy(ctx, 'eth0')
    await net.clone.destroy(ctx, 'pair0a')
    await net.clone.create(ctx, 'pair')
    await net.loan(ctx, 'pair1b', jail)
    using rtnl = await registry.rtnl.acquire(ctx)
    using section = net.epoch.enter(ctx)
    const eth1 = net.interfaces.byName(section, 'eth1')
    const eth7 = net.interfaces.byName(section, 'eth7')
    if (eth1 === undefined || eth7 === undefined) throw new Error('not there')
    net.config.rename(ctx, rtnl, eth1, 'wan')
    net.config.rename(ctx, rtnl, eth7, 'eth1')
    net.config.addGroup(ctx, rtnl, eth1, 'outside')
    net.config.addAddress(ctx, rtnl, eth1, { address: IpAddress.parse('192.0.2.1'), prefixlen: 24 })
    net.config.up(ctx, rtnl, eth1)
    net.config.setMtu(ctx, rtnl, eth1, 9000)
    net.config.setDescription(ctx, rtnl, eth1, 'to the world')
  })
  await made.run(settle)
  return made
}

async function copyOf(original: Lab): Promise<Lab> {
  const copy = lab()
  const state = original.registry.save()
  copy.task('restore', async ctx => {
    using rtnl = await copy.registry.rtnl.acquire(ctx)
    copy.registry.load(ctx, rtnl, state)
  })
  await copy.run(settle)
  return copy
}

describe('a saved registry', () => {
  it('is the same after it was loaded, and tells nobody', async () => {
    const original = await used()
    const copy = lab()
    const heard: string[] = []
    copy.net.events.on('arrival', ({ ifp }) => heard.push(ifp.name))
    copy.net.events.on('address', ({ ifp }) => heard.push(ifp.name))
    copy.task('restore', async ctx => {
      using rtnl = await copy.registry.rtnl.acquire(ctx)
      copy.registry.load(ctx, rtnl, original.registry.save())
    })
    await copy.run(settle)
    expect(copy.registry.save()).toEqual(original.registry.save())
    expect(heard).toEqual([])
    copy.registry.assertQuiescent()
  })

  it('keeps what was renamed, moved, grouped and addressed', async () => {
    const { net, registry, ctx } = await copyOf(await used())
    using section = net.epoch.enter(ctx('look'))
    const wan = net.interfaces.byName(section, 'wan')
    expect(wan).toMatchObject({ index: 4, mtu: 9000, description: 'to the world', groups: ['all', 'eth', 'outside'] })
    expect(wan?.addresses.map(({ family }) => family)).toEqual(['link', 'inet'])
    expect(net.interfaces.byName(section, 'pair1b')).toBeUndefined()
    expect(registry.net(jail)?.interfaces.byName(section, 'pair1b')).toMatchObject({ vnet: jail, homeVnet: vnet0 })
  })

  it('gives out the same indices, generations and units afterwards', async () => {
    const original = await used()
    const copy = await copyOf(original)
    const next = async ({ net, run, task }: Lab) => {
      const made: unknown[] = []
      task('user', async ctx => {
        for (const name of ['eth', 'eth', 'pair', 'eth']) {
          const { index } = await net.clone.create(ctx, name)
          using section = net.epoch.enter(ctx)
          const ifp = net.interfaces.byIndexAttached(section, index)
          made.push([ifp?.name, ifp?.id])
        }
      })
      await run(settle)
      return made
    }
    expect(await next(copy)).toEqual(await next(original))
  })

  it('can be taken down: nothing of it leaks', async () => {
    const copy = await copyOf(await used())
    const { net, registry } = copy
    copy.task('user', async ctx => {
      for (const name of ['wan', 'pair1a', 'pair0a', 'eth1']) await net.clone.destroy(ctx, name)
    })
    await copy.run(settle)
    expect(registry.audit().interfaces).toEqual({})
    registry.assertQuiescent()
    expect(copy.reports).toEqual([])
  })

  it('is not loaded over interfaces that are there', async () => {
    const original = await used()
    original.task('restore', async ctx => {
      using rtnl = await original.registry.rtnl.acquire(ctx)
      expect(() => original.registry.load(ctx, rtnl, original.registry.save())).toThrow('has interfaces')
    })
    await original.run(settle)
  })

  it('is refused for an interface that a driver made by itself', async () => {
    const made = lab()
    made.task('driver', async ctx => {
      using rtnl = await made.registry.rtnl.acquire(ctx)
      made.net.alloc(ctx, { name: 'hw0', type: 6 }).attach(ctx, rtnl)
    })
    await made.run(settle)
    expect(() => made.registry.save()).toThrow('EOPNOTSUPP: hw0 was made by a driver of this program')
  })
})
