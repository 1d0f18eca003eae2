import { type Change, connect, type Message, schedulerEnv } from '@nltool/nl-core'
import type { Abi } from '@nltool/nl-core/model'
import { below, type SeededScheduler, seededScheduler } from '@nltool/nl-core/scheduler'
import { describe, expect, it } from 'vitest'
import { createThingKernel, NETLINK_THING, THING_GROUP, type ThingKernel } from '../client/thing-kernel.ts'
import { type Thing, thingBody, thingOperations, thingTypes } from '../client/things.ts'

/** SIM_SEEDS=10000 is the long run; SIM_FIRST names the first seed, to repeat one that failed. */
const seeds = Number(process.env['SIM_SEEDS'] ?? 150)
const first = Number(process.env['SIM_FIRST'] ?? 1)
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const decode = (message: Message): Change<Thing> => ({
  event: message.type === thingTypes.THING_DEL ? 'delete' : 'set',
  item: message.decode(thingBody),
})

/** What one schedule led to. */
interface Seen {
  readonly restarts: number
  readonly overruns: number
}

/** Changes things at times of the scheduler's choosing, in bursts that may overrun a reader. */
function disturb(scheduler: SeededScheduler, kernel: ThingKernel): void {
  const { random } = scheduler
  for (let burst = below(random, 6); burst >= 0; burst--) {
    scheduler.after(
      below(random, 200),
      () => {
        for (let changes = below(random, 3) === 0 ? 1200 : below(random, 20); changes >= 0; changes--) {
          const id = below(random, 300)
          kernel.change(id, below(random, 3) === 0 ? 'gone' : { size: below(random, 1000) })
        }
      },
      'writer',
    )
  }
}

/** Watches through one schedule, to its end. */
async function watchThrough(seed: number, abi: Abi, sendSync: boolean): Promise<Seen> {
  const scheduler = seededScheduler(seed)
  const kernel = createThingKernel(scheduler)
  for (let id = 0; id < 200; id++) kernel.change(id, { size: id })
  const env = schedulerEnv(scheduler, scheduler.clock, scheduler.random)
  const connecting = connect(kernel.host(abi, { sendSync }), NETLINK_THING, { env, receiveBuffer: 8192, timeoutMs: 0 })
  await scheduler.run(settle)
  const connection = await connecting
  const watch = connection.watch({
    groups: [THING_GROUP],
    dump: () => connection.dump(thingOperations.get, { header: { id: 0 }, attrs: {} }),
    decode,
    key: ({ header }) => header.id,
  })
  const seen = { restarts: 0, overruns: 0 }
  const read = async (): Promise<void> => {
    for await (const { event } of watch) {
      if (event === 'start') seen.restarts++
      if (below(scheduler.random, 8) === 0) await new Promise<void>(resolve => scheduler.schedule(resolve, 'reader'))
    }
  }
  const ended = read().catch(error => error)
  disturb(scheduler, kernel)
  await scheduler.run(settle)
  expect(watch.items).toEqual(kernel.things)
  seen.overruns = kernel.netlink.stats().droppedMessages
  const closing = connection.close()
  await scheduler.run(settle)
  await closing
  expect(await ended).toMatchObject({ code: 'EBADF' })
  expect(kernel.netlink.sockets()).toEqual([])
  return seen
}

describe.each([
  ['freebsd', false],
  ['freebsd', true],
  ['linux', false],
] as const)('P-6: a watched copy (%s, synchronous: %s)', (abi, sendSync) => {
  it('ends equal to what it watches, whatever the schedule, across overruns and interrupted dumps', async () => {
    const total = { restarts: 0, overruns: 0 }
    for (let seed = first; seed < first + seeds; seed++) {
      try {
        const { restarts, overruns } = await watchThrough(seed, abi, sendSync)
        total.restarts += restarts - 1
        total.overruns += overruns
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }
    expect(total.overruns).toBeGreaterThan(0)
    expect(total.restarts).toBeGreaterThan(0)
  }, 600_000)
})
