import type { Ctx, VnetId } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import {
  IFCOUNTER_IBYTES,
  IFCOUNTER_IPACKETS,
  IFCOUNTER_IQDROPS,
  IFCOUNTER_NOPROTO,
  IFCOUNTER_OBYTES,
  IFCOUNTER_OPACKETS,
  type Ifnet,
  type IfOwner,
} from './index.ts'
import { createLab, etherCloner, type Lab } from './testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function run(lab: Lab, work: (ctx: Ctx) => Promise<void>): Promise<void> {
  lab.task('main', work)
  await lab.run(settle)
}

describe('ten thousand interfaces', () => {
  it('come, are found and go, and nothing is left of them', { timeout: 30_000 }, async () => {
    const lab = createLab()
    const { net, registry } = lab
    const count = 10_000
    registry.cloners.register(etherCloner('em'))
    await run(lab, ctx =>
      lab.withRtnl(ctx, rtnl => {
        for (let i = 0; i < count; i++) net.clone.createNow(ctx, rtnl, 'em')
      }),
    )
    await run(lab, async ctx => {
      using section = lab.epoch.enter(ctx)
      expect(net.interfaces.count).toBe(count)
      expect([...net.interfaces.indexes()]).toHaveLength(count)
      for (const index of [1, 2, 4999, count]) {
        expect(net.interfaces.byIndexAttached(section, index)?.name).toBe(`em${index - 1}`)
        expect(net.interfaces.byName(section, `em${index - 1}`)?.index).toBe(index)
      }
    })
    await run(lab, ctx => registry.cloners.unregister(ctx, 'em'))
    registry.assertQuiescent()
    expect(registry.audit().interfaces).toEqual({})
    expect(registry.counts).toMatchObject({ allocated: count, reclaimed: count })
    expect(net.interfaces.groups()).toEqual([])
  })

  it('leave a network stack that goes, each to its home', { timeout: 30_000 }, async () => {
    const lab = createLab()
    const { net, registry } = lab
    const jail = registry.createNet(1 as VnetId)
    registry.cloners.register(etherCloner('em'))
    await run(lab, async ctx => {
      for (let i = 0; i < 300; i++) {
        await (i % 2 === 0 ? net : jail).clone.create(ctx, 'em')
        if (i % 4 === 0) await net.loan(ctx, `em${i / 2}`, jail.vnet).catch(() => {})
      }
      await registry.destroyNet(ctx, jail.vnet)
    })
    expect(net.interfaces.count).toBe(150)
    registry.assertQuiescent()
  })
})

describe('counters', () => {
  it('conserve packets and bytes around a ring of interfaces (P-28)', async () => {
    const lab = createLab({ seed: 5 })
    const { net } = lab
    const owners: IfOwner[] = []
    const size = 5
    const hops = 60
    net.onInput((ifp, packet) => {
      // Forwards to the next interface of the ring, in the section of the receiver.
      if (packet.length === 0) return false
      using section = lab.epoch.enter(lab.ctx('forwarder'))
      const next = net.interfaces.byIndexAttached(section, (ifp.index % size) + 1)
      return next?.transmit(packet.subarray(1)) === undefined
    })
    await run(lab, ctx =>
      lab.withRtnl(ctx, rtnl => {
        for (let i = 0; i < size; i++) {
          const wire = (peer: number, packet: Uint8Array): undefined => {
            using section = lab.epoch.enter(lab.ctx('wire'))
            net.interfaces.byIndexAttached(section, peer)?.input(packet)
          }
          const peer = ((i + 1) % size) + 1
          const owner = net.alloc(ctx, {
            name: `ring${i}`,
            type: 6,
            methods: { transmit: (_ifp, packet) => wire(peer, packet) },
          })
          owner.attach(ctx, rtnl)
          owners.push(owner)
          using section = lab.epoch.enter(ctx)
          net.config.up(ctx, rtnl, net.interfaces.byName(section, `ring${i}`) as Ifnet)
        }
        using section = lab.epoch.enter(ctx)
        net.interfaces.byIndexAttached(section, 1)?.transmit(new Uint8Array(hops))
      }),
    )
    const sum = (counter: number): bigint =>
      owners.reduce((total, { ifp }) => total + (ifp.counters[counter] ?? 0n), 0n)
    expect(sum(IFCOUNTER_OPACKETS)).toBe(BigInt(hops + 1))
    expect(sum(IFCOUNTER_IPACKETS)).toBe(sum(IFCOUNTER_OPACKETS))
    expect(sum(IFCOUNTER_IBYTES)).toBe(sum(IFCOUNTER_OBYTES))
    expect([sum(IFCOUNTER_IQDROPS), sum(IFCOUNTER_NOPROTO)]).toEqual([0n, 1n])
  })
})
