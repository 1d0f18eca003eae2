import type { Awaitable, Cancel, Clock, Ctx, Scheduler, Task } from '@nltool/nl-core/model'
import { EpochDeadlockError, LeakedSectionError } from '../errors.ts'
import { innermostLive, OpenSection, type Section, type SectionList, unlink } from './section.ts'

/** Counts of an epoch. */
export interface EpochStats {
  /** Sections open now. */
  readonly sections: number
  /** Callbacks that wait. */
  readonly pending: number
  /** Callbacks that have run. */
  readonly run: number
}

/**
 * Epoch-based reclamation, epoch(9), for one thread: whoever reads opens a section, whoever removes something defers
 * its destruction until every section that was open at the removal has closed.
 */
export interface Epoch {
  /** Opens a section. Sections nest. */
  enter(ctx: Ctx): Section
  /** Runs `reclaim` after every section now open has closed, in a step of its own, in order of the calls. */
  call(reclaim: () => void, what: string): void
  /** Waits until every section now open has closed. @throws EpochDeadlockError inside a section of this epoch. */
  wait(ctx: Ctx): Awaitable<void>
  /** Waits until every callback queued so far has run. @throws EpochDeadlockError inside a section of this epoch. */
  drain(ctx: Ctx): Awaitable<void>
  /** Advances the epoch's time and returns it: sections opened before have a smaller `entered`. */
  advance(): number
  /** For whoever ends a task. @throws LeakedSectionError if it has sections open; they are closed first. */
  endTask(task: Task): void
  readonly stats: EpochStats
  /** The tasks that have sections open, oldest section first, once per section. */
  holders(): readonly Task[]
}

/** Options of {@link createEpoch}. */
export interface EpochOptions {
  readonly scheduler: Scheduler
  readonly clock: Clock
  /** Hears of sections that hold up reclamation for too long, and of callbacks that throw. */
  readonly onDefect?: ((text: string, cause?: unknown) => void) | undefined
  /** How long a section may hold up reclamation before it is reported, milliseconds, default 1000. */
  readonly heldMsMax?: number
  /** Keep the call stack of each opening of a section, for that report: slow, for tests. Default false. */
  readonly stacks?: boolean
}

interface Deferral {
  /** Ready when no section with a smaller `entered` is open. */
  readonly stamp: number
  readonly reclaim: () => void
  readonly what: string
  readonly queuedAt: number
}

/** Makes an epoch whose callbacks run as steps of `scheduler`. */
export function createEpoch(options: EpochOptions): Epoch {
  const { scheduler, clock, onDefect, heldMsMax = 1000, stacks = false } = options
  let deferred: Deferral[] = []
  let head = 0 // of `deferred`: taking from the front of a long array would copy it
  let now = 0
  let ran = 0
  let scheduled = false
  let watching: Cancel | undefined
  const list: SectionList = { oldest: undefined, newest: undefined, count: 0, stacks, closed: runSoonIfReady }

  function ready(): boolean {
    const next = deferred[head]
    return next !== undefined && (list.oldest === undefined || list.oldest.entered >= next.stamp)
  }

  function take(): Deferral {
    const next = deferred[head] as Deferral
    head += 1
    if (head === deferred.length) {
      deferred = []
      head = 0
    }
    return next
  }

  function runSoonIfReady(): void {
    if (scheduled || !ready()) return
    scheduled = true
    scheduler.schedule(runReady, 'epoch: reclaim')
  }

  /** Callbacks queued by callbacks wait for the next step, so that a step ends. */
  function runReady(): void {
    scheduled = false
    for (let budget = deferred.length - head; budget > 0 && ready(); budget--) {
      const { reclaim, what } = take()
      ran += 1
      try {
        reclaim()
      } catch (error) {
        onDefect?.(`the deferred ${what} failed`, error)
      }
    }
    runSoonIfReady()
    watch()
  }

  function defer(reclaim: () => void, what: string): void {
    now += 1
    deferred.push({ stamp: now, reclaim, what, queuedAt: clock.uptime() })
    runSoonIfReady()
    watch()
  }

  /** While a callback waits for a section, a timer looks whether it still does. */
  function watch(): void {
    const waits = head < deferred.length && !ready()
    if (waits && watching === undefined) watching = scheduler.after(heldMsMax, reportHeld, 'epoch: held')
    if (waits || watching === undefined) return
    watching()
    watching = undefined
  }

  /** A section that has held up the oldest callback for too long is reported once; nothing but reclamation waits. */
  function reportHeld(): void {
    watching = undefined
    const next = deferred[head]
    const { oldest } = list
    if (next === undefined || oldest === undefined || ready()) return
    const held = clock.uptime() - next.queuedAt
    if (held >= heldMsMax && !oldest.reported) {
      oldest.reported = true
      onDefect?.(`a section of ${oldest.task.name} has held up the ${next.what} for ${held} ms${oldest.stack ?? ''}`)
    }
    if (!oldest.reported) watch()
  }

  function refuseInside(ctx: Ctx, what: string): void {
    for (let section = ctx.task.section as OpenSection | undefined; section !== undefined; section = section.outer) {
      if (section.live && section.list === list)
        throw new EpochDeadlockError(`${ctx.task.name} ${what} inside its own section`)
    }
  }

  return {
    enter: ctx => new OpenSection(list, now, ctx.task),
    call: defer,
    wait(ctx) {
      refuseInside(ctx, 'waits for the epoch')
      if (list.oldest === undefined) {
        now += 1
        return
      }
      return new Promise(resolve => defer(resolve, `wait of ${ctx.task.name}`))
    },
    drain(ctx) {
      refuseInside(ctx, 'drains the epoch')
      if (deferred.length === 0) return
      return new Promise(resolve => defer(resolve, `drain of ${ctx.task.name}`))
    },
    advance: () => ++now,
    endTask(task) {
      const leaked = innermostLive(task.section as OpenSection | undefined)
      if (leaked === undefined) return
      let count = 0
      for (let section: OpenSection | undefined = leaked; section !== undefined; section = section.outer) {
        if (!section.live) continue
        unlink(section)
        count += 1
      }
      task.section = undefined
      throw new LeakedSectionError(`${task.name} ended inside ${count === 1 ? 'a section' : `${count} sections`}`)
    },
    get stats() {
      return { sections: list.count, pending: deferred.length - head, run: ran }
    },
    holders() {
      const tasks: Task[] = []
      for (let section = list.oldest; section !== undefined; section = section.newer) tasks.push(section.task)
      return tasks
    },
  }
}
