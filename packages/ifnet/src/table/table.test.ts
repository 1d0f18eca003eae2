import { type VnetId, vnet0 } from '@nltool/nl-core/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIfId, type IfId, type IfOwner, parseIfId, sameInterface } from '../index.ts'
import { createLab } from '../testing.ts'
import { createIdSet } from './id-set.ts'

describe('IdSet', () => {
  it('answers as a Set does', () => {
    const limit = 200
    const operation = fc.record({ id: fc.nat(limit), add: fc.boolean() })
    fc.assert(
      fc.property(fc.array(operation, { size: 'large' }), fc.nat(limit), (operations, from) => {
        const set = createIdSet(limit)
        const model = new Set<number>()
        for (const { id, add } of operations) {
          if (add) expect(set.add(id)).toBe(!model.has(id))
          else expect(set.delete(id)).toBe(model.has(id))
          if (add) model.add(id)
          else model.delete(id)
        }
        const members = [...model].sort((a, b) => a - b)
        const free = Array.from({ length: limit + 1 }, (_, id) => id).filter(id => !model.has(id))
        expect(set.size).toBe(model.size)
        expect(set.highest()).toBe(members.at(-1))
        expect(set.next(from)).toBe(members.find(id => id > from))
        expect(set.lowestFree(from)).toBe(free.find(id => id >= from))
        expect(set.lowestFree(0)).toBe(free[0])
      }),
    )
  })

  it('finds the first gap of a full set, and none when there is none', () => {
    const set = createIdSet(65535)
    for (let id = 0; id <= 65535; id++) set.add(id)
    expect(set.lowestFree(0)).toBeUndefined()
    set.delete(40000)
    expect(set.lowestFree(0)).toBe(40000)
    expect(set.lowestFree(40001)).toBeUndefined()
  })
})

describe('IfId', () => {
  const id = fc.record({
    index: fc.integer({ min: 1, max: 65535 }),
    gen: fc.maxSafeNat(),
    vnet: fc.nat(999_999_999),
    moves: fc.maxSafeNat(),
  }) as fc.Arbitrary<IfId>

  it('reads back what it writes (R-IF-18)', () => {
    fc.assert(
      fc.property(id, value => {
        expect(parseIfId(formatIfId(value))).toEqual(value)
      }),
    )
  })

  it.each(['', 'if#0.0@0+0', 'if#65536.0@0+0', 'if#01.0@0+0', 'if#1.0@0', 'if#1.-1@0+0', 'if#1.99999999999999999@0+0'])(
    'refuses %s',
    text => expect(parseIfId(text)).toBeUndefined(),
  )

  it('tells interfaces apart by index and generation', () => {
    const a = { index: 1, gen: 0, vnet: 0, moves: 0 } as IfId
    const later: IfId = { ...a, moves: 3 }
    expect(sameInterface(a, later)).toBe(true)
    expect(sameInterface(a, { ...a, gen: 1 })).toBe(false)
  })
})

describe('index table', () => {
  const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

  it('gives the lowest free index, and counts how often a slot was emptied (P-1, P-2)', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(20), { nil: undefined }), { maxLength: 60 }), history => {
        const lab = createLab()
        const ctx = lab.ctx('driver')
        const model: (IfOwner | undefined)[] = []
        const frees: number[] = []
        for (const which of history) {
          const owner = which === undefined ? undefined : model[which]
          if (which !== undefined && owner !== undefined) {
            owner.free(ctx)
            model[which] = undefined
            frees[which] = (frees[which] ?? 0) + 1
            continue
          }
          const made = lab.net.alloc(ctx, { name: `tap${history.length}`, type: 6 })
          let lowest = 1
          while (model[lowest] !== undefined) lowest += 1
          expect(made.ifp.index).toBe(lowest)
          expect(made.ifp.id.gen).toBe(frees[lowest] ?? 0)
          model[lowest] = made
        }
      }),
    )
  })

  it('answers look-ups the same before and after it grows (IF-S-4, P-3)', async () => {
    const lab = createLab()
    const { net } = lab
    lab.task('driver', ctx =>
      lab.withRtnl(ctx, rtnl => {
        using section = net.epoch.enter(ctx)
        for (let unit = 1; unit <= 100; unit++) {
          net.alloc(ctx, { name: `tap${unit}`, type: 6 }).attach(ctx, rtnl)
          for (let index = 1; index <= unit + 1; index++) {
            const ifp = net.interfaces.byIndexAttached(section, index)
            expect(ifp?.name).toBe(index <= unit ? `tap${index}` : undefined)
          }
        }
      }),
    )
    await lab.run(settle)
  })

  it('never answers with another interface, for more reuses than 16 bits count (P-8, R-IF-2)', () => {
    const lab = createLab()
    const { net } = lab
    const ctx = lab.ctx('driver')
    using section = net.epoch.enter(ctx)
    const first = net.alloc(ctx, { name: 'tap0', type: 6 })
    const { id } = first.ifp
    first.free(ctx)
    for (let i = 0; i < 65536; i++) {
      const other = net.alloc(ctx, { name: 'tap0', type: 6 })
      if (other.ifp.index !== id.index) throw new Error('the index is not reused')
      if (i === 65535) {
        expect(other.ifp.id.gen & 0xffff).toBe(0)
        expect(net.interfaces.resolve(section, id)).toEqual({ kind: 'gone' })
      }
      other.free(ctx)
    }
  })

  it('answers undefined for every number that is no index', () => {
    const lab = createLab()
    using section = lab.epoch.enter(lab.ctx('reader'))
    for (const index of [0, -1, 1.5, 65536, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(lab.net.interfaces.byIndexAttached(section, index)).toBeUndefined()
      expect(lab.net.interfaces.byIndex(section, index)).toBeUndefined()
    }
  })

  it('refuses the 65,536th interface with ENOSPC and changes nothing (R-IF-5)', () => {
    const lab = createLab()
    const ctx = lab.ctx('driver')
    for (let i = 1; i <= 65535; i++) lab.net.alloc(ctx, { name: 'tap0', type: 6 })
    expect(() => lab.net.alloc(ctx, { name: 'tap0', type: 6 })).toThrow('ENOSPC')
    expect(lab.registry.counts.allocated).toBe(65535)
  })

  it('shows an interface only to the network stack in which it is', async () => {
    const lab = createLab()
    const jail = lab.registry.createNet(1 as VnetId)
    lab.task('driver', ctx =>
      lab.withRtnl(ctx, rtnl => {
        const owner = jail.alloc(ctx, { name: 'tap0', type: 6 })
        using section = lab.epoch.enter(ctx)
        // Allocated: the index is taken, nothing can be found that is attached.
        expect(jail.interfaces.byIndex(section, 1)?.state).toBe('allocated')
        expect(jail.interfaces.byIndexAttached(section, 1)).toBeUndefined()
        expect(lab.net.interfaces.byIndex(section, 1)).toBeUndefined()
        owner.attach(ctx, rtnl)
        expect(jail.interfaces.byIndexAttached(section, 1)?.state).toBe('attached')
        expect(lab.net.interfaces.byIndexAttached(section, 1)).toBeUndefined()
        expect(lab.net.vnet).toBe(vnet0)
      }),
    )
    await lab.run(settle)
  })
})
