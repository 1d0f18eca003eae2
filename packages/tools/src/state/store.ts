import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { makeDirectory, readWhole, removeLeftovers, replaceFile } from './file.ts'
import { type LockPatience, lockFile } from './lock.ts'
import { inWords, worded } from './wording.ts'

/** Where the embedded kernel rests between two invocations. */
export interface StateStore {
  /** The state file. */
  readonly path: string
  /** The state now, without waiting for anybody: a replaced file is always a whole one. */
  read(): Uint8Array | undefined
  /**
   * Runs `change` on the state while no other invocation can change it. What it returns as `state` is on the disk when
   * the promise is there; without one the file is left alone, as it is when `change` throws.
   */
  update<T>(change: (state: Uint8Array | undefined) => Promise<{ state?: Uint8Array; result: T }>): Promise<T>
}

/** `$XDG_STATE_HOME/nltool`; a relative path in the variable is to be ignored (XDG Base Directory Specification). */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  const { XDG_STATE_HOME: base } = env
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.local', 'state'), 'nltool')
}

/** The store in a directory, which is made when something is written. */
export function createStateStore(directory: string, patience?: LockPatience): StateStore {
  const path = join(directory, 'kernel.state')
  const lock = join(directory, 'kernel.lock')
  return {
    path,
    read: () => worded('the state in', path, 'read', () => readWhole(path)),
    async update(change) {
      const held = await takeLock(directory, lock, patience)
      try {
        const { state, result } = await change(worded('the state in', path, 'read', () => readWhole(path)))
        if (state !== undefined) {
          worded('the state in', path, 'written', () => {
            removeLeftovers(lock, path)
            replaceFile(path, state)
          })
        }
        return result
      } finally {
        held.release()
      }
    },
  }
}

async function takeLock(directory: string, lock: string, patience: LockPatience | undefined) {
  try {
    makeDirectory(directory)
    return await lockFile(lock, patience)
  } catch (error) {
    throw inWords('the state in', directory, 'changed', error)
  }
}
