import { NetlinkError } from '@nltool/nl-core/errno'
import { IpAddress, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import { IFF_UP, StaleBorrowError, UseAfterFreeError } from './index.ts'
import { createLab, etherCloner } from './testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('registry', () => {
  it('creates, finds, configures and destroys an interface', async () => {
    const lab = createLab()
    const { net, registry } = lab
    registry.cloners.register(etherCloner('em'))
    const seen: string[] = []
    net.events.on('arrival', ({ ifp }) => void seen.push(`arrival ${ifp.name}`))
    net.events.on('departure', ({ ifp }) => void seen.push(`departure ${ifp.name}`))
    net.events.on('event', ({ ifp, what }) => void seen.push(`${what} ${ifp.name}`))
    net.events.on('address', ({ action, address }) => void seen.push(`${action} ${address.address}`))
    lab.task('main', async ctx => {
      const created = await net.clone.create(ctx, 'em')
      expect(created).toEqual({ name: 'em0', index: 1 })
      await lab.withRtnl(ctx, rtnl => {
        using section = net.epoch.enter(ctx)
        const ifp = net.interfaces.byIndexAttached(section, 1)
        if (ifp === undefined) throw new Error('em0 is not found')
        net.config.up(ctx, rtnl, ifp)
        net.config.addAddress(ctx, rtnl, ifp, { address: IpAddress.parse('192.0.2.1'), prefixlen: 24 })
        expect(ifp.flags & IFF_UP).toBe(IFF_UP)
        expect(ifp.groups).toEqual(['all', 'em'])
        expect(ifp.addresses.map(({ family }) => family)).toEqual(['link', 'inet'])
        expect(ifp.multicast).toHaveLength(1)
      })
      await net.clone.destroy(ctx, 'em0')
    })
    await lab.run(settle)
    expect(seen).toEqual(['arrival em0', 'up em0', 'add 192.0.2.1', 'down em0', 'delete 192.0.2.1', 'departure em0'])
    registry.assertQuiescent()
    expect(lab.reports).toEqual([])
    expect(registry.counts).toMatchObject({ allocated: 1, reclaimed: 1, freeDelayed: 0 })
  })

  it('throws for what has left its section, and for what was reclaimed, naming who freed it', async () => {
    const lab = createLab()
    const { net, registry } = lab
    registry.cloners.register(etherCloner('em'))
    lab.task('main', async ctx => {
      await net.clone.create(ctx, 'em')
      const section = net.epoch.enter(ctx)
      const ifp = net.interfaces.byName(section, 'em0')
      section.exit()
      expect(() => ifp?.mtu).toThrow(StaleBorrowError)
    })
    await lab.run(settle)
    let owner: ReturnType<typeof net.alloc> | undefined
    lab.task('driver', async ctx => {
      owner = net.alloc(ctx, { name: 'tap0', type: 6 })
      await lab.withRtnl(ctx, rtnl => owner?.attach(ctx, rtnl))
      await lab.withDetach(ctx, held => owner?.detach(ctx, held))
      owner.free(ctx)
    })
    await lab.run(settle)
    expect(() => owner?.ifp.name).toThrow(UseAfterFreeError)
    expect(() => owner?.ifp.name).toThrow(/tap0 \(if#2\.0@0\+0\) was freed by driver at 0 ms/)
  })

  it('moves an interface and brings it home when the network stack goes', async () => {
    const lab = createLab()
    const { net, registry } = lab
    const jail = registry.createNet(1 as VnetId)
    registry.cloners.register(etherCloner('epair', { pair: true }))
    lab.task('main', async ctx => {
      await net.clone.create(ctx, 'epair')
      const index = [...net.interfaces.indexes()][1]
      expect(await net.loan(ctx, 'epair0b', jail.vnet)).toBe('epair0b')
      expect([...jail.interfaces.indexes()]).toEqual([index])
      await expect(net.loan(ctx, 'epair0b', jail.vnet)).rejects.toThrow(NetlinkError)
      await registry.destroyNet(ctx, jail.vnet)
      expect(net.interfaces.count).toBe(2)
      await net.clone.destroy(ctx, 'epair0a')
      expect(net.interfaces.count).toBe(0)
    })
    await lab.run(settle)
    registry.assertQuiescent()
    expect(registry.net(vnet0)).toBe(net)
  })
})
