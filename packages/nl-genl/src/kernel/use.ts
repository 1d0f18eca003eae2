import { NetlinkError } from '@nltool/nl-core/errno'
import type { Task } from '@nltool/nl-core/model'
import { andFinally } from './awaitable.ts'
import type { FamilyUse } from './live.ts'

/** Keeps account of what is under way in one family. */
export function createFamilyUse(): FamilyUse {
  const running = new Set<Task>()
  const idle: (() => void)[] = []
  let dumps = 0
  let aborted = false

  function wake(): void {
    if (running.size > 0) return
    for (const resolve of idle.splice(0)) resolve()
  }

  function leave(task: Task): void {
    running.delete(task)
    wake()
  }

  function* counted<T>(bodies: Iterable<T>): Iterable<T> {
    dumps++
    try {
      for (const body of bodies) {
        if (aborted) throw new NetlinkError('ENOENT')
        yield body
      }
    } finally {
      dumps--
    }
  }

  return {
    running,
    get dumps() {
      return dumps
    },
    get aborted() {
      return aborted
    },
    run(ctx, handler) {
      running.add(ctx.task)
      return andFinally(handler, () => leave(ctx.task))
    },
    track: counted,
    drain() {
      aborted = true
      return new Promise(resolve => {
        idle.push(resolve)
        wake()
      })
    },
  }
}
