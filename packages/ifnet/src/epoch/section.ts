import type { Ctx, Task } from '@nltool/nl-core/model'
import { SectionError } from '../errors.ts'
import { stackHere } from '../stack.ts'

declare const sectionBrand: unique symbol

/**
 * Proof of being inside an epoch section: nothing that was found in it is reclaimed before it closes. It may span an
 * `await` (a preemption), but its task must not sleep in it. `using` closes it on every way out of the block.
 */
export interface Section extends Disposable {
  readonly [sectionBrand]: true
  /** The epoch's time at which it was opened. */
  readonly entered: number
  /** It has not been closed. */
  readonly live: boolean
  /** The task that opened it. */
  readonly task: Task
  /**
   * Closes it. @throws SectionError if it is closed already, if it is not the innermost one of its task, or if `ctx` is
   * given and belongs to another task. In the last two cases it is closed nevertheless.
   */
  exit(ctx?: Ctx): void
}

/** The sections of one epoch, oldest first, as a doubly linked list: opening and closing cost the same at any number. */
export interface SectionList {
  oldest: OpenSection | undefined
  newest: OpenSection | undefined
  count: number
  /** Keep the call stack of each opening. */
  readonly stacks: boolean
  closed(): void
}

/** A class because the hot path opens millions of sections: three pointers and a shared prototype. */
export class OpenSection implements Section {
  declare readonly [sectionBrand]: true
  readonly entered: number
  readonly task: Task
  live = true
  reported = false
  readonly outer: OpenSection | undefined
  older: OpenSection | undefined
  newer: OpenSection | undefined = undefined
  readonly list: SectionList
  readonly stack: string | undefined

  constructor(list: SectionList, entered: number, task: Task) {
    this.list = list
    this.stack = list.stacks ? stackHere() : undefined
    this.entered = entered
    this.task = task
    this.outer = task.section as OpenSection | undefined
    this.older = list.newest
    if (list.newest === undefined) list.oldest = this
    else list.newest.newer = this
    list.newest = this
    list.count += 1
    task.section = this
  }

  exit(ctx?: Ctx): void {
    if (!this.live) throw new SectionError(`a section of ${this.task.name} is closed a second time`)
    const { task } = this
    const innermost = task.section === this
    unlink(this)
    if (innermost) task.section = innermostLive(this.outer)
    if (!innermost) throw new SectionError(`sections of ${task.name} are not closed in the order of nesting`)
    if (ctx !== undefined && ctx.task !== task) {
      throw new SectionError(`${ctx.task.name} closes a section of ${task.name}`)
    }
  }

  [Symbol.dispose](): void {
    this.exit()
  }
}

/** Closes a section without asking whose turn it is. */
export function unlink(section: OpenSection): void {
  const { list, older, newer } = section
  if (older === undefined) list.oldest = newer
  else older.newer = newer
  if (newer === undefined) list.newest = older
  else newer.older = older
  list.count -= 1
  section.live = false
  list.closed()
}

/** The first section that is still open, going outwards: one closed out of order lingers in the chain. */
export function innermostLive(from: OpenSection | undefined): OpenSection | undefined {
  let section = from
  while (section !== undefined && !section.live) section = section.outer
  return section
}
