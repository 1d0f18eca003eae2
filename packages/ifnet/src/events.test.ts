import { IpAddress } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import type { Ifnet } from './index.ts'
import { createLab, etherCloner, type Lab } from './testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A lab with em0 in it. */
async function withEm0(): Promise<Lab> {
  const lab = createLab()
  lab.registry.cloners.register(etherCloner('em'))
  lab.task('setup', async ctx => {
    await lab.net.clone.create(ctx, 'em0')
  })
  await lab.run(settle)
  return lab
}

describe('events', () => {
  it('reach handlers by priority, then in order of registration; changes of handlers count from the next one', async () => {
    const lab = await withEm0()
    const heard: string[] = []
    const { events } = lab.net
    events.on('event', () => void heard.push('b'))
    const remove = events.on(
      'event',
      () => {
        heard.push('a')
        remove()
        events.on('event', () => void heard.push('new'), 99)
      },
      1,
    )
    events.on('event', () => void heard.push('c'))
    const toggle = (): Promise<void> =>
      new Promise(resolve => {
        lab.task('admin', ctx =>
          lab.withRtnl(ctx, rtnl => {
            using section = lab.epoch.enter(ctx)
            const ifp = lab.net.interfaces.byName(section, 'em0') as Ifnet
            lab.net.config.up(ctx, rtnl, ifp)
            lab.net.config.down(ctx, rtnl, ifp)
            resolve()
          }),
        )
        void lab.run(settle)
      })
    await toggle()
    expect(heard).toEqual(['a', 'b', 'c', 'new', 'b', 'c'])
  })

  it('go on when a handler throws, which is reported (R-IF-49)', async () => {
    const lab = await withEm0()
    const heard: string[] = []
    lab.net.events.on('departure', () => {
      throw new Error('boom')
    })
    lab.net.events.on('departure', ({ ifp }) => void heard.push(ifp.name))
    lab.task('destroyer', ctx => lab.net.clone.destroy(ctx, 'em0'))
    await lab.run(settle)
    expect(heard).toEqual(['em0'])
    expect(lab.reports).toEqual(['a handler of departure events of em0 failed: Error: boom'])
    lab.registry.assertQuiescent()
  })

  it('cannot wait: a handler is inside a section', async () => {
    const lab = await withEm0()
    lab.net.events.on('departure', ({ ctx }) => void lab.registry.rtnl.acquire(ctx))
    lab.task('destroyer', ctx => lab.net.clone.destroy(ctx, 'em0'))
    await lab.run(settle)
    expect(lab.reports[0]).toContain('ELOCKSLEEP')
  })

  it('of a detach come in FreeBSD’s order, each about an interface that listeners know', async () => {
    const lab = await withEm0()
    const heard: string[] = []
    const { events } = lab.net
    events.on('group', ({ action, group }) => void heard.push(`group ${action} ${group}`))
    events.on('event', ({ what }) => void heard.push(what))
    events.on('message', () => void heard.push('message'))
    events.on('address', ({ action }) => void heard.push(`address ${action}`))
    events.on('multicast', ({ action }) => void heard.push(`multicast ${action}`))
    events.on('departure', ({ ifp, reason }) => void heard.push(`departure ${reason} ${ifp.addresses.length}`))
    lab.task('admin', async ctx => {
      await lab.withRtnl(ctx, rtnl => {
        using section = lab.epoch.enter(ctx)
        const ifp = lab.net.interfaces.byName(section, 'em0') as Ifnet
        lab.net.config.addAddress(ctx, rtnl, ifp, { address: IpAddress.parse('192.0.2.1'), prefixlen: 24 })
        lab.net.config.joinMulticast(ctx, rtnl, ifp, IpAddress.parse('224.0.0.5'))
      })
      heard.length = 0
      await lab.net.clone.destroy(ctx, 'em0')
    })
    await lab.run(settle)
    expect(heard).toEqual([
      'group change all',
      'group detach all',
      'group change em',
      'group detach em',
      'down',
      'message',
      'address delete',
      'multicast leave', // 224.0.0.1 with the last IPv4 address
      'multicast leave',
      'departure detach 1',
    ])
  })
})
