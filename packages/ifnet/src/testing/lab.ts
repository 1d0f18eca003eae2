import {
  type Awaitable,
  type Ctx,
  createTask,
  type Held,
  type RtnlHeld,
  rootCred,
  type VnetId,
  vnet0,
} from '@nltool/nl-core/model'
import { type SeededOptions, type SeededScheduler, type Settle, seededScheduler } from '@nltool/nl-core/scheduler'
import { createEpoch, type Epoch } from '../epoch/epoch.ts'
import type { Net } from '../net.ts'
import { createRegistry, type Registry } from '../registry.ts'
import type { DetachHeld } from '../types.ts'
import type { SeededDefects } from '../world.ts'

/** Options of {@link createLab}. */
export interface LabOptions {
  /** Default 1. */
  readonly seed?: number
  readonly scheduler?: SeededOptions
  readonly defects?: SeededDefects
  /** Let other tasks run between the steps of attach, detach and moves. Default false. */
  readonly points?: boolean
  readonly stacks?: boolean
}

/** A registry on a seeded scheduler, with one network stack and what tests need around it. */
export interface Lab {
  readonly scheduler: SeededScheduler
  readonly epoch: Epoch
  readonly registry: Registry
  /** The initial network stack. */
  readonly net: Net
  /** What was reported as a defect. */
  readonly reports: readonly string[]
  /** Context of a new task. */
  ctx(name: string, vnet?: VnetId): Ctx
  /** Lets other tasks run. */
  pause(ctx: Ctx, label?: string): Promise<void>
  /** Runs `work` with the RTNL held. */
  withRtnl<T>(ctx: Ctx, work: (rtnl: RtnlHeld) => Awaitable<T>): Promise<T>
  /** Runs `work` with the detach lock held. */
  withDetach<T>(ctx: Ctx, work: (held: DetachHeld) => Awaitable<T>): Promise<T>
  /** Starts a task; what it throws is thrown by {@link Lab.run}. It ends with a check that it holds nothing. */
  task(name: string, body: (ctx: Ctx) => Promise<void>, vnet?: VnetId): void
  /** Runs until nothing is left to do. `afterStep` may look at the state between two steps, and throw. */
  run(settle: Settle, afterStep?: () => void): Promise<void>
}

/** Makes a lab. */
export function createLab(options: LabOptions = {}): Lab {
  const scheduler = seededScheduler(options.seed ?? 1, options.scheduler)
  const reports: string[] = []
  const failures: unknown[] = []
  const onDefect = (text: string, cause?: unknown): void => {
    reports.push(cause === undefined ? text : `${text}: ${String(cause)}`)
  }
  const { clock, random } = scheduler
  const epoch = createEpoch({ scheduler, clock, onDefect, stacks: options.stacks ?? false })
  const pause = (ctx: Ctx, label = 'preempt'): Promise<void> =>
    new Promise(resolve => scheduler.schedule(resolve, `${ctx.task.name}: ${label}`))
  const registry = createRegistry({
    epoch,
    clock,
    scheduler,
    random,
    onDefect,
    defects: options.defects ?? {},
    stacks: options.stacks ?? false,
    ...(options.points === true ? { point: pause } : {}),
  })
  const net = registry.createNet(vnet0)

  async function holding<H extends Held<'rtnl'> | Held<'detach'>, T>(
    acquired: Awaitable<H>,
    work: (held: H) => Awaitable<T>,
  ): Promise<T> {
    using held = await acquired
    return await work(held)
  }

  return {
    scheduler,
    epoch,
    registry,
    net,
    reports,
    ctx: (name, vnet = vnet0) => ({ task: createTask(name), vnet, cred: rootCred, scheduler, clock }),
    pause,
    withRtnl: (ctx, work) => holding(registry.rtnl.acquire(ctx), work),
    withDetach: (ctx, work) => holding(registry.detachLock.acquire(ctx), work),
    task(name, body, vnet = vnet0) {
      const ctx: Ctx = { task: createTask(name), vnet, cred: rootCred, scheduler, clock }
      const start = async (): Promise<void> => {
        await body(ctx)
        epoch.endTask(ctx.task)
        if (ctx.task.held.length > 0) throw new Error(`${name} ended with ${ctx.task.held[0]?.name} held`)
      }
      scheduler.schedule(() => {
        start().catch(error => failures.push(error))
      }, `${name}: start`)
    },
    async run(settle, afterStep = () => {}) {
      do {
        await settle()
        afterStep()
      } while (failures.length === 0 && scheduler.step())
      if (failures.length > 0) throw failures[0]
    },
  }
}
