import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { Failure } from '../failure.ts'
import { makeDirectory, readWhole, removeLeftovers, replaceFile } from './file.ts'
import { type LockPatience, lockFile } from './lock.ts'

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
  const base = env['XDG_STATE_HOME']
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), '.local', 'state'), 'nltool')
}

/** The store in a directory, which is made when something is written. */
export function createStateStore(directory: string, patience?: LockPatience): StateStore {
  const path = join(directory, 'kernel.state')
  const lock = join(directory, 'kernel.lock')
  return {
    path,
    read: () => worded('read', path, () => readWhole(path)),
    async update(change) {
      const held = await takeLock(directory, lock, patience)
      try {
        const { state, result } = await change(worded('read', path, () => readWhole(path)))
        if (state !== undefined) {
          worded('written', path, () => {
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
    throw inWords('changed', directory, error)
  }
}

function worded<T>(done: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw inWords(done, path, error)
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of the path is not a directory',
  EEXIST: 'part of the path is not a directory',
}

/** A failure of the file system in one sentence. */
function inWords(done: string, path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (error instanceof Failure || code === undefined) return error
  return new Failure(`the state in ${path} cannot be ${done}: ${reasons[code] ?? code}`, undefined, {}, { cause: error })
}
