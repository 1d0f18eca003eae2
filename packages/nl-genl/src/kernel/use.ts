import { NetlinkError } from '@nltool/nl-core/errno'
import type { Task } from '@nltool/nl-core/model'
import type { FamilyUse } from './live.ts'

/** Keeps account of what is under way in one family. */
export function createFamilyUse(): FamilyUse {
  const running: Task[] = []
  const idle: (() => void)[] = []
  let dumps = 0
  let aborted = false

  function wake(): void {
    if (running.length > 0 || idle.length === 0) return
    for (const resolve of idle.splice(0)) resolve()
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
    isRunning: task => running.includes(task),
    get dumps() {
      return dumps
    },
    get aborted() {
      return aborted
    },
    enter(task) {
      running.push(task)
    },
    leave(task) {
      running.splice(running.lastIndexOf(task), 1)
      wake()
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
