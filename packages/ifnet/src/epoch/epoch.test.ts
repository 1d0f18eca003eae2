import { createLock, createTask } from '@nltool/nl-core/model'
import { describe, expect, it } from 'vitest'
import { createEpoch, EpochDeadlockError, LeakedSectionError, SectionError } from '../index.ts'
import { createLab } from '../testing.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('epoch', () => {
  it('runs a callback after every section that was open at the call, not after later ones (P-10)', () => {
    const { epoch, scheduler, ctx } = createLab()
    const ran: string[] = []
    const before = epoch.enter(ctx('before'))
    epoch.call(() => ran.push('freed'), 'object')
    const after = epoch.enter(ctx('after'))
    scheduler.runUntilIdle()
    expect(ran).toEqual([])
    before.exit()
    expect(ran).toEqual([]) // in a step of its own, never inside exit
    scheduler.runUntilIdle()
    expect(ran).toEqual(['freed'])
    after.exit()
  })

  it('runs callbacks in the order of the calls, and goes on after one that throws', () => {
    const lab = createLab()
    const ran: number[] = []
    for (const i of [1, 2, 3]) {
      lab.epoch.call(() => {
        ran.push(i)
        if (i === 2) throw new Error('boom')
      }, `object ${i}`)
    }
    lab.scheduler.runUntilIdle()
    expect(ran).toEqual([1, 2, 3])
    expect(lab.reports).toEqual(['the deferred object 2 failed: Error: boom'])
  })

  it('waits for the sections that are open, and not at all if none is', async () => {
    const lab = createLab()
    const order: string[] = []
    expect(lab.epoch.wait(lab.ctx('nobody is reading'))).toBeUndefined()
    lab.task('reader', async ctx => {
      using _section = lab.epoch.enter(ctx)
      await lab.pause(ctx)
      await lab.pause(ctx)
      order.push('reader leaves')
    })
    lab.task('writer', async ctx => {
      await lab.pause(ctx)
      await lab.epoch.wait(ctx)
      order.push('writer goes on')
    })
    await lab.run(settle)
    expect(order).toEqual(['reader leaves', 'writer goes on'])
  })

  it('drains what was queued before, not what callbacks queue (R-IF-33)', async () => {
    const lab = createLab()
    const ran: string[] = []
    lab.task('writer', async ctx => {
      lab.epoch.call(() => {
        ran.push('first')
        lab.epoch.call(() => ran.push('queued by first'), 'second')
      }, 'first')
      await lab.epoch.drain(ctx)
      ran.push('drained')
    })
    await lab.run(settle)
    expect(ran.slice(0, 1)).toEqual(['first'])
    expect(ran).toContain('queued by first')
    expect(ran).toContain('drained')
    expect(lab.epoch.stats).toEqual({ sections: 0, pending: 0, run: 3 })
  })

  it('refuses to wait for itself (R-IF-30)', () => {
    const { epoch, ctx } = createLab()
    const me = ctx('me')
    using _section = epoch.enter(me)
    expect(() => epoch.wait(me)).toThrow(EpochDeadlockError)
    expect(() => epoch.drain(me)).toThrow('me drains the epoch inside its own section')
  })

  it('lets a task wait for one epoch inside a section of another', () => {
    const { epoch, ctx, scheduler } = createLab()
    const other = createEpoch({ scheduler, clock: scheduler.clock })
    const me = ctx('me')
    using _section = epoch.enter(me)
    expect(other.wait(me)).toBeUndefined()
  })

  it('throws for a section closed twice, out of order, or by another task (R-IF-31)', () => {
    const { epoch, ctx } = createLab()
    const me = ctx('me')
    const outer = epoch.enter(me)
    const inner = epoch.enter(me)
    expect(() => outer.exit()).toThrow('sections of me are not closed in the order of nesting')
    inner.exit()
    expect(me.task.section).toBeUndefined()
    expect(() => inner.exit()).toThrow(SectionError)
    const mine = epoch.enter(me)
    expect(() => mine.exit(ctx('you'))).toThrow('you closes a section of me')
    expect(epoch.stats.sections).toBe(0)
  })

  it('does not let a task sleep for a lock inside a section', () => {
    const { epoch, ctx } = createLab()
    const me = ctx('me')
    const lock = createLock('rtnl')
    using _section = epoch.enter(me)
    expect(() => lock.acquire(me)).toThrow('ELOCKSLEEP: me asks for rtnl inside an epoch section')
  })

  it('reports a task that ends inside sections, and closes them (R-IF-35)', () => {
    const { epoch, ctx, scheduler } = createLab()
    const me = ctx('me')
    epoch.enter(me)
    epoch.enter(me)
    let freed = false
    epoch.call(() => {
      freed = true
    }, 'object')
    expect(() => epoch.endTask(me.task)).toThrow(LeakedSectionError)
    scheduler.runUntilIdle()
    expect(freed).toBe(true)
    expect(() => epoch.endTask(createTask('another'))).not.toThrow()
  })

  it('reports once a section that holds up reclamation for too long, and holds up nothing else (R-IF-32)', () => {
    const lab = createLab({ stacks: true })
    const slow = lab.epoch.enter(lab.ctx('slow'))
    lab.epoch.call(() => {}, 'free of em0')
    lab.epoch.call(() => {}, 'free of em1')
    const quick = lab.epoch.enter(lab.ctx('quick'))
    quick.exit()
    lab.scheduler.runUntilIdle()
    expect(lab.scheduler.clock.uptime()).toBe(1000)
    expect(lab.reports).toHaveLength(1)
    expect(lab.reports[0]).toContain('a section of slow has held up the free of em0 for 1000 ms')
    expect(lab.reports[0]).toContain('epoch.test')
    lab.epoch.call(() => {}, 'free of em2')
    lab.scheduler.runUntilIdle()
    expect(lab.reports).toHaveLength(1)
    expect(lab.epoch.holders().map(({ name }) => name)).toEqual(['slow'])
    slow.exit()
    lab.scheduler.runUntilIdle()
    expect(lab.epoch.stats).toEqual({ sections: 0, pending: 0, run: 3 })
  })

  it('leaves no timer behind when nothing waits any more', () => {
    const lab = createLab()
    const section = lab.epoch.enter(lab.ctx('reader'))
    lab.epoch.call(() => {}, 'free of em0')
    section.exit()
    lab.scheduler.runUntilIdle()
    expect(lab.scheduler.clock.uptime()).toBe(0)
  })
})
