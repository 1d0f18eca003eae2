import { NetlinkError } from '@nltool/nl-core/errno'
import type { Task } from '@nltool/nl-core/model'
import type { FamilyUse } from './live.ts'

/** A dump that has begun and not ended. */
interface OpenDump {
  /** Lets its generator clean up, at once; the next pull fails. */
  abort(): void
}

/** Keeps account of what is under way in one family. */
export function createFamilyUse(): FamilyUse {
  const running: Task[] = []
  const idle: (() => void)[] = []
  const open = new Set<OpenDump>()
  let over = false

  function wake(): void {
    if (running.length > 0 || idle.length === 0) return
    for (const resolve of idle.splice(0)) resolve()
  }

  return {
    isRunning: task => running.includes(task),
    get dumps() {
      return open.size
    },
    get over() {
      return over
    },
    enter(task) {
      running.push(task)
    },
    leave(task) {
      running.splice(running.lastIndexOf(task), 1)
      wake()
    },
    track: bodies => countedIn(open, bodies),
    drain() {
      over = true
      for (const dump of [...open]) dump.abort()
      return new Promise(resolve => {
        idle.push(resolve)
        wake()
      })
    },
  }
}

/** Bodies that count as an open dump from now on, until they end, fail, are given up or aborted. */
function countedIn<T>(open: Set<OpenDump>, bodies: Iterable<T>): Iterable<T> {
  const source = bodies[Symbol.iterator]()
  const dump: OpenDump = {
    abort() {
      open.delete(dump)
      source.return?.()
    },
  }
  open.add(dump)
  let over = false

  const counted: Iterator<T> = {
    next() {
      if (over) return { done: true, value: undefined }
      // Nothing of the family runs once it is gone, its generator neither.
      if (!open.has(dump)) throw new NetlinkError('ENOENT')
      try {
        const result = source.next()
        over = result.done === true
        if (over) open.delete(dump)
        return result
      } catch (error) {
        over = true
        open.delete(dump)
        throw error
      }
    },
    return() {
      over = true
      if (open.has(dump)) dump.abort()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.iterator]: () => counted }
}
