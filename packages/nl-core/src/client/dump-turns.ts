import type { OpenDump } from './pending.ts'

/**
 * How the dumps of one connection take turns, for Linux refuses a second one on a socket with EBUSY. A dump for which
 * another one waits is read to its end whatever its reader does, so that dumping inside a loop over a dump cannot hang.
 */
export interface DumpTurns {
  /** Waits for the caller's turn, if it has to. @throws the signal's reason */
  enter(signal: AbortSignal | undefined): Promise<void> | undefined
  /** Tells which dump has the turn. */
  begin(dump: OpenDump): void
  /** Gives the turn to the next one. */
  leave(): void
}

/** Makes the turns of a connection. `hurry` lets a dump be received without waiting for its reader. */
export function createDumpTurns(hurry: (dump: OpenDump) => void): DumpTurns {
  const waiting: (() => void)[] = []
  let taken = false
  let current: OpenDump | undefined

  function wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(go), 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.push(go)
      if (current !== undefined) hurry(current)
    })
  }

  return {
    enter(signal) {
      if (taken) return wait(signal)
      taken = true
      return undefined
    },
    begin(dump) {
      current = dump
      if (waiting.length > 0) hurry(dump)
    },
    leave() {
      current = undefined
      const next = waiting.shift()
      if (next === undefined) taken = false
      else next()
    },
  }
}
