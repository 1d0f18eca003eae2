import { NetlinkError } from '@nltool/nl-core/errno'
import { IpAddress, type VnetId } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import {
  IFCOUNTER_IPACKETS,
  IFCOUNTER_IQDROPS,
  IFCOUNTER_NOPROTO,
  IFCOUNTER_OPACKETS,
  IFF_DYING,
  type Ifnet,
  IfnetDefect,
  type IfOwner,
  type IfRef,
  IfRefError,
  InvariantError,
  LINK_STATE_DOWN,
  LINK_STATE_UP,
  PrematureFreeError,
  SectionError,
  UnloadedModuleError,
  UseAfterFreeError,
} from '../index.ts'
import { createLab, etherCloner, type Lab, type LabOptions } from '../testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const packet = new Uint8Array(60)

/** A lab with em0 in it. */
async function withEm0(options: LabOptions = {}, onTransmit?: (ifp: Ifnet) => void): Promise<Lab> {
  const lab = createLab(options)
  lab.registry.cloners.register(etherCloner('em', onTransmit === undefined ? {} : { onTransmit }))
  lab.task('setup', async ctx => {
    await lab.net.clone.create(ctx, 'em0')
  })
  await lab.run(settle)
  return lab
}

describe('life cycle', () => {
  it('refuses a second detach, free while attached, and a second free (IF-S-12)', async () => {
    const lab = createLab()
    let owner: IfOwner | undefined
    lab.task('driver', async ctx => {
      owner = lab.net.alloc(ctx, { name: 'tap0', type: 6 })
      await lab.withRtnl(ctx, rtnl => owner?.attach(ctx, rtnl))
      expect(() => owner?.free(ctx)).toThrow(new InvariantError('free of tap0, which is attached'))
      await lab.withRtnl(ctx, rtnl => expect(() => owner?.attach(ctx, rtnl)).toThrow(InvariantError))
      await lab.withDetach(ctx, async held => {
        await owner?.detach(ctx, held)
        await expect(owner?.detach(ctx, held)).rejects.toThrow('tap0 is to leave, but is detached')
      })
      await lab.withRtnl(ctx, rtnl =>
        expect(() => owner?.attach(ctx, rtnl)).toThrow('attach of tap0, which is detached'),
      )
      owner.free(ctx)
      expect(() => owner?.free(ctx)).toThrow(IfnetDefect)
    })
    await lab.run(settle)
    expect(() => owner?.free(lab.ctx('late'))).toThrow(UseAfterFreeError)
    expect(`${owner?.ifp}`).toBe('tap0 (if#1.0@0+0, freed)')
    lab.registry.assertQuiescent()
  })

  it('lets an interface be freed that was never attached, without any event', async () => {
    const lab = createLab()
    const seen: string[] = []
    lab.net.events.on('arrival', () => seen.push('arrival'))
    lab.net.events.on('departure', () => seen.push('departure'))
    lab.task('driver', async ctx => lab.net.alloc(ctx, { name: 'tap0', type: 6 }).free(ctx))
    await lab.run(settle)
    expect(seen).toEqual([])
    expect(lab.registry.counts).toMatchObject({ allocated: 1, reclaimed: 1 })
  })

  it('keeps an interface for its references, refuses what needs attachment, and reclaims it after the last', async () => {
    const lab = await withEm0({ stacks: true })
    const ref = lab.net.interfaces.byNameRef(lab.ctx('nexthop'), 'em0', 'nexthop:12')
    lab.task('destroyer', ctx => lab.net.clone.destroy(ctx, 'em0'))
    await lab.run(settle)
    expect(ref?.state).toBe('free-pending')
    expect((ref?.flags ?? 0) & IFF_DYING).toBe(IFF_DYING)
    expect(ref?.addresses).toEqual([])
    expect(lab.registry.audit().references).toMatchObject([{ ifname: 'em0', tag: 'nexthop:12', state: 'free-pending' }])
    expect(lab.registry.audit().references[0]?.stack).toContain('lifecycle.test')
    expect(() => lab.registry.assertQuiescent()).toThrow(PrematureFreeError)
    expect(() => lab.registry.assertQuiescent()).toThrow('em0 (if#1.0@0+0) is held by "nexthop:12"')
    lab.task('user', ctx =>
      lab.withRtnl(ctx, rtnl => {
        if (ref === undefined) throw new Error('em0 is not found')
        expect(() => lab.net.config.setMtu(ctx, rtnl, ref, 1400)).toThrow(
          new NetlinkError('ENXIO', 'em0 is free-pending'),
        )
        const change = () =>
          lab.net.config.addAddress(ctx, rtnl, ref, { address: IpAddress.parse('192.0.2.1'), prefixlen: 24 })
        expect(change).toThrow('ENXIO')
      }),
    )
    await lab.run(settle)
    ref?.release()
    await lab.run(settle)
    expect(() => ref?.name).toThrow(IfRefError)
    expect(() => ref?.release()).toThrow('the reference "nexthop:12" to em0 is released a second time')
    lab.registry.assertQuiescent()
  })

  it('clones references, each counted, and disposes them once', async () => {
    const lab = await withEm0()
    const first = lab.net.interfaces.byIndexRef(lab.ctx('a'), 1, 'first')
    {
      using second: IfRef | undefined = first?.clone('second')
      first?.release()
      expect(second?.name).toBe('em0')
      expect(lab.registry.audit().references.map(({ tag }) => tag)).toEqual(['second'])
      second?.release() // disposing it as well does nothing
    }
    expect(() => first?.clone('third')).toThrow(IfRefError)
    lab.registry.assertQuiescent()
  })

  it('names the call that freed what is used afterwards', async () => {
    const lab = createLab({ stacks: true })
    let owner: IfOwner | undefined
    lab.task('driver', async ctx => {
      owner = lab.net.alloc(ctx, { name: 'tap0', type: 6 })
      lab.scheduler.clock.advanceTo(1234)
      owner.free(ctx)
    })
    await lab.run(settle)
    const use = (): unknown => owner?.ifp.mtu
    expect(use).toThrow('tap0 (if#1.0@0+0) was freed by driver at 1234 ms and reclaimed at 1234 ms')
    expect(use).toThrow(/allocated.*lifecycle\.test.*freed.*lifecycle\.test/s)
  })

  it('refuses a look-up in a section that has closed, and reading what was borrowed in it', async () => {
    const lab = await withEm0()
    const section = lab.epoch.enter(lab.ctx('reader'))
    const ifp = lab.net.interfaces.byName(section, 'em0')
    section.exit()
    expect(() => lab.net.interfaces.byName(section, 'em0')).toThrow(SectionError)
    expect(() => ifp?.flags).toThrow('em0 was borrowed in an epoch section of reader that has closed')
    expect(() => ifp?.tryRef('late')).toThrow('keep an IfRef or an IfId')
    expect(() => ifp?.transmit(packet)).toThrow(IfnetDefect)
  })

  it('refuses names that are empty, too long or in use', async () => {
    const lab = await withEm0()
    const ctx = lab.ctx('driver')
    expect(() => lab.net.alloc(ctx, { name: '', type: 6 })).toThrow('EINVAL')
    expect(() => lab.net.alloc(ctx, { name: 'sixteen-bytes-aa', type: 6 })).toThrow('ENAMETOOLONG')
    expect(() => lab.net.alloc(ctx, { name: 'éééééééé', type: 6 })).toThrow('ENAMETOOLONG')
    lab.task('driver', async me => {
      const owner = lab.net.alloc(me, { name: 'em0', type: 6 })
      await lab.withRtnl(me, rtnl => expect(() => owner.attach(me, rtnl)).toThrow('EEXIST: an interface em0 exists'))
      owner.free(me)
    })
    await lab.run(settle)
    lab.registry.assertQuiescent()
  })

  it('refuses attach and detach without the lock that is shown', async () => {
    const lab = createLab()
    lab.task('driver', async ctx => {
      const owner = lab.net.alloc(ctx, { name: 'tap0', type: 6 })
      const other = lab.ctx('other')
      const rtnl = await lab.registry.rtnl.acquire(other)
      expect(() => owner.attach(ctx, rtnl)).toThrow(IfnetDefect)
      owner.attach(other, rtnl)
      rtnl.release()
      const held = await lab.registry.detachLock.acquire(other)
      await expect(owner.detach(ctx, held)).rejects.toThrow('driver shows the lock detach but does not hold it')
      await owner.detach(other, held)
      held.release()
      owner.free(ctx)
    })
    await lab.run(settle)
  })
})

describe('packets', () => {
  it('reach the driver once, or are refused with an errno (P-15)', async () => {
    const sent: string[] = []
    const lab = await withEm0({}, ifp => sent.push(ifp.name))
    lab.task('sender', async ctx => {
      using section = lab.epoch.enter(ctx)
      const ifp = lab.net.interfaces.byName(section, 'em0')
      expect(ifp?.transmit(packet)).toBe('ENETDOWN')
    })
    await lab.run(settle)
    lab.task('admin', ctx =>
      lab.withRtnl(ctx, rtnl => {
        using section = lab.epoch.enter(ctx)
        const ifp = lab.net.interfaces.byName(section, 'em0') as Ifnet
        lab.net.config.up(ctx, rtnl, ifp)
        expect(ifp.transmit(packet)).toBeUndefined()
        expect(ifp.counters[IFCOUNTER_OPACKETS]).toBe(1n)
      }),
    )
    await lab.run(settle)
    expect(sent).toEqual(['em0'])
  })

  it('are delivered, or dropped with exactly one counter (P-14)', async () => {
    const lab = await withEm0()
    const got: number[] = []
    const section = lab.epoch.enter(lab.ctx('driver'))
    const ifp = lab.net.interfaces.byName(section, 'em0') as Ifnet
    expect(ifp.input(packet)).toBe(false)
    expect([ifp.counters[IFCOUNTER_IPACKETS], ifp.counters[IFCOUNTER_NOPROTO]]).toEqual([1n, 1n])
    lab.net.onInput((_ifp, bytes) => {
      got.push(bytes.length)
      return true
    })
    expect(ifp.input(packet)).toBe(true)
    expect(got).toEqual([60])
    section.exit()
    const ref = lab.net.interfaces.byNameRef(lab.ctx('driver'), 'em0', 'driver')
    lab.task('mover', async ctx => {
      lab.registry.createNet(1 as VnetId)
      await lab.net.loan(ctx, 'em0', 1 as VnetId)
      using later = lab.epoch.enter(ctx)
      const stale = ref?.borrow(later)
      expect(stale?.input(packet)).toBe(false)
      expect(stale?.transmit(packet)).toBe('ENXIO')
      expect(stale?.counters[IFCOUNTER_IQDROPS]).toBe(1n)
    })
    await lab.run(settle)
    ref?.release()
    expect(got).toEqual([60])
  })

  it('are counted modulo 2^64, and read as zeros after detach', async () => {
    const lab = createLab()
    lab.task('driver', async ctx => {
      const owner = lab.net.alloc(ctx, { name: 'tap0', type: 6 })
      await lab.withRtnl(ctx, rtnl => owner.attach(ctx, rtnl))
      owner.count(IFCOUNTER_OPACKETS, 2n ** 64n - 1n)
      owner.count(IFCOUNTER_OPACKETS, 3)
      expect(owner.ifp.counters[IFCOUNTER_OPACKETS]).toBe(2n)
      expect(() => owner.count(12, 1)).toThrow(RangeError)
      await lab.withDetach(ctx, held => owner.detach(ctx, held))
      expect(owner.ifp.counters).toEqual(new BigUint64Array(12))
      owner.free(ctx)
    })
    await lab.run(settle)
  })
})

describe('link state', () => {
  it('is announced once however often it changed meanwhile, with its last value (P-24, R-IF-45)', async () => {
    const lab = createLab()
    const announced: number[] = []
    lab.net.events.on('link', ({ state }) => announced.push(state))
    let owner: IfOwner | undefined
    lab.task('driver', async ctx => {
      owner = lab.net.alloc(ctx, { name: 'tap0', type: 6 })
      await lab.withRtnl(ctx, rtnl => owner?.attach(ctx, rtnl))
      for (const state of [LINK_STATE_UP, LINK_STATE_UP, LINK_STATE_DOWN, LINK_STATE_UP] as const)
        owner.linkState(state)
      expect(announced).toEqual([])
    })
    await lab.run(settle)
    expect(announced).toEqual([LINK_STATE_UP])
    expect(lab.registry.counts.linkStatesCoalesced).toBe(2)
    lab.registry.assertQuiescent()
  })

  it('holds the interface until it is announced, and is nobody’s news after detach (IF-S-10)', async () => {
    const lab = createLab()
    const announced: string[] = []
    lab.net.events.on('link', ({ ifp, state }) => announced.push(`${ifp.name} ${state}`))
    lab.net.events.on('departure', ({ ifp }) => announced.push(`departure ${ifp.name}`))
    lab.task('driver', async ctx => {
      const owner = lab.net.alloc(ctx, { name: 'tap0', type: 6 })
      await lab.withRtnl(ctx, rtnl => owner.attach(ctx, rtnl))
      owner.linkState(LINK_STATE_UP)
      expect(lab.registry.audit().references.map(({ tag }) => tag)).toEqual(['link task'])
      await lab.withDetach(ctx, held => owner.detach(ctx, held))
      owner.linkState(LINK_STATE_DOWN)
      owner.free(ctx)
    })
    await lab.run(settle)
    expect(announced).toEqual(['tap0 2', 'departure tap0'])
    expect(lab.registry.counts).toMatchObject({ lateLinkReports: 1, reclaimed: 1 })
    lab.registry.assertQuiescent()
  })
})

describe('dump cursor', () => {
  it('goes on at the next higher index when its interface goes, and the generation tells (IF-S-13)', async () => {
    const lab = createLab()
    lab.registry.cloners.register(etherCloner('em'))
    lab.task('main', async ctx => {
      for (let i = 0; i < 5; i++) await lab.net.clone.create(ctx, 'em')
      const { interfaces } = lab.net
      const before = interfaces.generation
      const seen: number[] = []
      for (const index of interfaces.indexes()) {
        seen.push(index)
        if (index === 2) await lab.net.clone.destroy(ctx, 'em1')
        if (index === 3) await lab.net.clone.destroy(ctx, 'em3')
      }
      expect(seen).toEqual([1, 2, 3, 5])
      expect(interfaces.generation).not.toBe(before)
      expect(interfaces.after(3)).toBe(5)
      expect(interfaces.after(5)).toBeUndefined()
    })
    await lab.run(settle)
  })
})

describe('cloner that is gone', () => {
  it('has no code left to call (R-IF-38)', async () => {
    const lab = createLab()
    let leaked: IfOwner | undefined
    lab.registry.cloners.register({
      name: 'tap',
      create({ ctx, rtnl, name, alloc }) {
        const owner = alloc({ name, type: 6 })
        owner.attach(ctx, rtnl)
        leaked = owner
        return { interfaces: [owner] }
      },
    })
    lab.task('main', async ctx => {
      await lab.net.clone.create(ctx, 'tap')
      await lab.registry.cloners.unregister(ctx, 'tap')
      expect(() => leaked?.linkState(LINK_STATE_UP)).toThrow(UnloadedModuleError)
      await expect(lab.net.clone.create(ctx, 'tap')).rejects.toThrow('EINVAL: no cloner makes interfaces called tap')
    })
    await lab.run(settle)
    lab.registry.assertQuiescent()
  })
})
