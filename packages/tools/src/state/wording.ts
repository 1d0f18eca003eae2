import { Failure } from '../failure.ts'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'no such file or directory',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of the path is not a directory',
  EEXIST: 'part of the path is not a directory',
}

/** Runs work on files; a failure of the file system becomes `WHAT PATH cannot be DONE: why`. */
export function worded<T>(what: string, path: string, done: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw inWords(what, path, done, error)
  }
}

/** A failure of the file system in one sentence; anything else as it is. */
export function inWords(what: string, path: string, done: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (error instanceof Failure || code === undefined) return error
  return new Failure(`${what} ${path} cannot be ${done}: ${reasons[code] ?? code}`, { cause: error })
}
