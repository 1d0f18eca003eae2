import { below } from '@nltool/nl-core/scheduler'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commands } from './ifnet-commands.ts'
import { createModel } from './ifnet-model.ts'
import { createSystem } from './ifnet-system.ts'

/** MODEL_RUNS=100000 is the long run. */
const runs = Number(process.env['MODEL_RUNS'] ?? 1000)

describe('interface registry against a model of plain maps', () => {
  it('answers, announces and shows the same for any history', { timeout: 20_000 + runs * 100 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async history => {
        const system = createSystem(1)
        await fc.asyncModelRun(() => ({ model: createModel(), real: system }), history)
        for (const { ref } of system.refs) ref.release()
        await system.lab.run(() => new Promise(resolve => setImmediate(resolve)))
        system.lab.registry.assertQuiescent()
        expect(system.lab.reports).toEqual([])
        expect(system.lab.registry.counts.freeDelayed).toBe(0)
      }),
      { numRuns: runs },
    )
  })

  it('stays the same when listeners throw (P-29)', { timeout: 20_000 + runs * 100 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), fc.integer(), async (history, seed) => {
        const system = createSystem(seed)
        const { lab } = system
        const chance = (): void => {
          if (below(lab.scheduler.random, 2) === 0) throw new Error('injected')
        }
        for (const name of ['arrival', 'departure', 'event', 'address', 'group', 'message', 'multicast'] as const) {
          lab.net.events.on(name, chance, below(lab.scheduler.random, 3) - 1)
        }
        await fc.asyncModelRun(() => ({ model: createModel(), real: system }), history)
        expect(lab.reports.every(text => text.includes('injected'))).toBe(true)
      }),
      { numRuns: Math.ceil(runs / 5) },
    )
  })
})
