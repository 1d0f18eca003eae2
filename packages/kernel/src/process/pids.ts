import { SocketError } from '@nltool/nl-core/errno'

/** The largest process id (FreeBSD PID_MAX); that of a program under `nltool run` may be larger. */
export const PID_MAX = 99999

/** First id of an ordinary process: fork(2) leaves the lower ones to those that start with the system. */
const first = 100

/** Gives out process ids. */
export interface PidTable {
  /** The next id after the last one given, skipping those in use. @throws SocketError EAGAIN */
  next(): number
  /** A chosen id. @throws SocketError EINVAL, EEXIST */
  claim(pid: number): number
  release(pid: number): void
}

/** Makes a table that holds at most `max` processes. */
export function createPids(max: number): PidTable {
  const used = new Set<number>()
  let last = first - 1

  function checkRoom(): void {
    if (used.size >= max) throw new SocketError('EAGAIN', `${max} processes exist`)
  }

  return {
    next() {
      checkRoom()
      for (let tried = first; tried <= PID_MAX; tried++) {
        last = last >= PID_MAX ? first : last + 1
        if (used.has(last)) continue
        used.add(last)
        return last
      }
      throw new SocketError('EAGAIN', `all process ids from ${first} to ${PID_MAX} are in use`)
    },
    claim(pid) {
      checkRoom()
      if (!Number.isInteger(pid) || pid < 1 || pid > 0x7fffffff) {
        throw new SocketError('EINVAL', `process id ${pid}: a whole number from 1 to 2147483647 is needed`)
      }
      if (used.has(pid)) throw new SocketError('EEXIST', `process ${pid} exists`)
      used.add(pid)
      return pid
    },
    release(pid) {
      used.delete(pid)
    },
  }
}
