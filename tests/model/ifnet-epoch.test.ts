import { createEpoch, type Section } from '@nltool/ifnet'
import { createTask, rootCred, vnet0 } from '@nltool/nl-core/model'
import { manualScheduler } from '@nltool/nl-core/scheduler'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const runs = Number(process.env['MODEL_RUNS'] ?? 1000)

const operation = fc.oneof(
  fc.record({ do: fc.constant('enter' as const), task: fc.nat(3) }),
  fc.record({ do: fc.constant('exit' as const), task: fc.nat(3) }),
  fc.record({ do: fc.constant('call' as const), nested: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const) }),
  fc.record({ do: fc.constant('drain' as const) }),
  fc.record({ do: fc.constant('step' as const) }),
)

/** A deferred callback: the sections that were open at its call, and how often it has run. */
interface Deferred {
  readonly open: ReadonlySet<Section>
  ran: number
}

describe('epoch against a model of sets', () => {
  it('runs each callback once, in order, when the sections open at its call are closed (P-10, P-12, R-IF-33)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 80 }), async history => {
        const scheduler = manualScheduler()
        const epoch = createEpoch({ scheduler, clock: scheduler.clock })
        const contexts = Array.from({ length: 5 }, (_, i) => {
          return { task: createTask(`task ${i}`), vnet: vnet0, cred: rootCred, scheduler, clock: scheduler.clock }
        })
        const stacks: Section[][] = contexts.map(() => [])
        const deferred: Deferred[] = []
        const order: Deferred[] = []
        const waits: { readonly before: readonly Deferred[]; readonly open: ReadonlySet<Section>; done: boolean }[] = []
        const openNow = (): Set<Section> => new Set(stacks.flat())

        const call = (nested: boolean): void => {
          const entry: Deferred = { open: openNow(), ran: 0 }
          deferred.push(entry)
          epoch.call(() => {
            entry.ran += 1
            order.push(entry)
            if (nested) call(false)
          }, 'object')
        }

        const waiter = contexts[4]
        if (waiter === undefined) throw new Error('there are five contexts')
        for (const op of history) {
          if (op.do === 'enter') stacks[op.task]?.push(epoch.enter(contexts[op.task] ?? waiter))
          if (op.do === 'exit') stacks[op.task]?.pop()?.exit(contexts[op.task])
          if (op.do === 'call') call(op.nested)
          if (op.do === 'step') scheduler.step()
          if (op.do === 'wait' || op.do === 'drain') {
            // A wait is for the sections that are open, a drain for the callbacks that have not run.
            const wait = {
              before: op.do === 'drain' ? deferred.filter(({ ran }) => ran === 0) : [],
              open: op.do === 'wait' ? openNow() : new Set<Section>(),
              done: false,
            }
            waits.push(wait)
            void Promise.resolve(op.do === 'wait' ? epoch.wait(waiter) : epoch.drain(waiter)).then(() => {
              wait.done = true
            })
          }
          await Promise.resolve()
          await Promise.resolve()
          for (const { ran, open } of deferred) {
            expect(ran).toBeLessThanOrEqual(1)
            if (ran === 1) expect([...open].some(({ live }) => live)).toBe(false)
          }
          for (const { done, open, before } of waits) {
            if (!done) continue
            expect(before.every(({ ran }) => ran === 1)).toBe(true)
            expect([...open].some(({ live }) => live)).toBe(false)
          }
          expect(epoch.stats.sections).toBe(openNow().size)
        }
        for (const [i, stack] of stacks.entries()) while (stack.length > 0) stack.pop()?.exit(contexts[i])
        scheduler.runUntilIdle()
        await Promise.resolve()
        await Promise.resolve()
        expect(deferred.every(({ ran }) => ran === 1)).toBe(true)
        expect(order).toEqual(deferred)
        expect(waits.every(({ done }) => done)).toBe(true)
        expect(epoch.stats).toMatchObject({ sections: 0, pending: 0 })
        expect(contexts.every(({ task }) => task.section === undefined)).toBe(true)
      }),
      { numRuns: runs },
    )
  })
})
