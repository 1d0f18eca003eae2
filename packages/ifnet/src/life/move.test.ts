import { IpAddress, type VnetId } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import { IFCOUNTER_OPACKETS, type Ifnet } from '../index.ts'
import { createLab, etherCloner, type Lab } from '../testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const jail = 1 as VnetId

/** A lab with a jail, and em0 in the initial network stack. */
async function withEm0(): Promise<Lab> {
  const lab = createLab()
  lab.registry.createNet(jail)
  lab.registry.cloners.register(etherCloner('em'))
  lab.task('setup', async ctx => {
    await lab.net.clone.create(ctx, 'em0')
  })
  await lab.run(settle)
  return lab
}

describe('move to another network stack', () => {
  it('there and back keeps what belongs to the interface and loses what belongs to the stack (P-19)', async () => {
    const lab = await withEm0()
    lab.task('main', async ctx => {
      const kept = (ifp: Ifnet) => [
        ifp.index,
        ifp.id.gen,
        ifp.lladdr,
        ifp.mtu,
        ifp.description,
        ifp.homeVnet,
        ifp.counters,
      ]
      let before: unknown
      await lab.withRtnl(ctx, rtnl => {
        using section = lab.epoch.enter(ctx)
        const ifp = lab.net.interfaces.byName(section, 'em0') as Ifnet
        lab.net.config.setMtu(ctx, rtnl, ifp, 9000)
        lab.net.config.setDescription(ctx, rtnl, ifp, 'uplink')
        lab.net.config.addGroup(ctx, rtnl, ifp, 'lan')
        lab.net.config.addAddress(ctx, rtnl, ifp, { address: IpAddress.parse('192.0.2.1'), prefixlen: 24 })
        lab.net.config.up(ctx, rtnl, ifp)
        ifp.transmit(new Uint8Array(60))
        expect(ifp.counters[IFCOUNTER_OPACKETS]).toBe(1n)
        before = structuredClone(kept(ifp))
      })
      await lab.net.loan(ctx, 'em0', jail)
      await lab.net.reclaim(ctx, jail, 'em0')
      using section = lab.epoch.enter(ctx)
      const ifp = lab.net.interfaces.byName(section, 'em0') as Ifnet
      expect(kept(ifp)).toEqual(before)
      expect(ifp.id.moves).toBe(2)
      expect(ifp.groups).toEqual(['all', 'em'])
      expect(ifp.addresses).toHaveLength(1)
      expect(ifp.flags & 1).toBe(0)
    })
    await lab.run(settle)
  })

  it('is refused with the errno of the first check that fails', async () => {
    const lab = await withEm0()
    lab.task('main', async ctx => {
      const { net, registry } = lab
      const there = registry.net(jail)
      await there?.clone.create(ctx, 'em1')
      await net.clone.create(ctx, 'em1')
      await expect(net.loan(ctx, 'em0', 7 as VnetId)).rejects.toThrow('ENXIO: there is no network stack 7')
      await expect(net.loan(ctx, 'em9', jail)).rejects.toThrow('ENXIO: there is no interface em9')
      await expect(net.loan(ctx, 'em0', net.vnet)).rejects.toThrow('EEXIST')
      await expect(net.loan(ctx, 'em1', jail)).rejects.toThrow('EEXIST: network stack 1 has an interface em1')
      await expect(net.reclaim(ctx, 7 as VnetId, 'em0')).rejects.toThrow('ENXIO')
      await expect(net.reclaim(ctx, jail, 'em9')).rejects.toThrow('ENXIO: network stack 1 has no interface em9')
      await expect(net.reclaim(ctx, jail, 'em1')).rejects.toThrow('EEXIST: an interface em1 exists')
      await expect(registry.destroyNet(ctx, 7 as VnetId)).rejects.toThrow('ENXIO')
    })
    await lab.run(settle)
    lab.registry.assertQuiescent()
  })

  it('finds another name at home if its own has been taken meanwhile', async () => {
    const lab = await withEm0()
    lab.task('main', async ctx => {
      await lab.net.loan(ctx, 'em0', jail)
      await lab.net.clone.create(ctx, 'em1')
      await lab.withRtnl(ctx, rtnl => {
        using section = lab.epoch.enter(ctx)
        lab.net.config.rename(ctx, rtnl, lab.net.interfaces.byName(section, 'em1') as Ifnet, 'em0')
      })
      await lab.registry.destroyNet(ctx, jail)
      using section = lab.epoch.enter(ctx)
      expect(lab.net.interfaces.list(section).map(({ name }) => name)).toEqual(['em0', 'em1'])
    })
    await lab.run(settle)
    lab.registry.assertQuiescent()
  })
})
