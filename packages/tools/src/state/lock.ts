import { constants, copyFileSync, linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import { isGone, type Owner, parseOwner, thisOwner } from './owner.ts'

/** A lock on the state directory. Giving it back twice does nothing. */
export interface FileLock {
  release(): void
}

/** How long to wait for another invocation, and how often to look. */
export interface LockPatience {
  readonly timeoutMs: number
  readonly pollMs: number
}

const patience: LockPatience = { timeoutMs: 30_000, pollMs: 15 }

/**
 * Takes the lock `path`, waiting for whoever holds it.
 *
 * The lock is a hard link to a file that names its owner, so it appears with its content or not at all. A lock whose
 * owner is gone is replaced, never removed first; and only by the process that holds a second lock named after that very
 * acquisition, taken in the same manner. So of several processes that find the same dead owner one replaces it, and one
 * that found it long ago, and slept, replaces nothing.
 *
 * @throws Failure when the time is over, naming the owner
 */
export async function lockFile(path: string, { timeoutMs, pollMs }: LockPatience = patience): Promise<FileLock> {
  const self = thisOwner()
  const giveUpAt = performance.now() + timeoutMs
  const own = `${path}.${self.token}.tmp`
  writeFileSync(own, JSON.stringify(self), { mode: 0o600 })
  try {
    for (;;) {
      const holder = tryLock(path, own, self)
      if (holder === 'taken') return { release: () => unlinkOwn(path, self) }
      if (performance.now() >= giveUpAt) throw busy(path, holder)
      await sleep(pollMs * (0.5 + (self.pid % 16) / 16)) // neighbours started together do not stay in step
    }
  } finally {
    unlink(own)
  }
}

/** One attempt, without waiting: `'taken'`, or who holds the lock (`undefined`: it changed hands just now). */
function tryLock(path: string, own: string, self: Owner): 'taken' | Owner | undefined {
  try {
    appearAs(own, path)
    return 'taken'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = readOwner(path)
  if (holder === undefined || !isGone(holder, self)) return holder
  return replaceDead(path, own, self, holder) ? 'taken' : undefined
}

/** Replaces the lock of an owner that is gone, if nobody else does it now or has done it since. */
function replaceDead(path: string, own: string, self: Owner, dead: Owner): boolean {
  const right = `${path}.${dead.token}`
  if (tryLock(right, own, self) !== 'taken') return false
  try {
    if (readOwner(path)?.token !== dead.token) return false
    const fresh = `${own}.link`
    appearAs(own, fresh) // `own` itself is still needed: this may be the lock of a lock
    renameSync(fresh, path)
    return true
  } finally {
    unlink(right)
  }
}

/** What link(2) says on file systems without hard links: exFAT, some network file systems. */
const noLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Gives a file a second name, with its content, unless the name is taken: EEXIST. */
function appearAs(own: string, name: string): void {
  try {
    linkSync(own, name)
  } catch (error) {
    if (!noLinks.has((error as NodeJS.ErrnoException).code)) throw error
    // Whoever is killed in the midst of this leaves a lock that names nobody, which has to be removed by hand.
    copyFileSync(own, name, constants.COPYFILE_EXCL)
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    return parseOwner(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function unlinkOwn(path: string, self: Owner): void {
  if (readOwner(path)?.token === self.token) unlink(path)
}

function unlink(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function busy(path: string, holder: Owner | undefined): Failure {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host.split(' ')[0]}`
  return new Failure(`the state is in use by ${who}; if it does not run any more, remove ${path}`)
}
