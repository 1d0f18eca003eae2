import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who holds a lock: enough to tell whether that very process still runs. */
export interface Owner {
  /** Different for every acquisition, safe in a file name. */
  readonly token: string
  readonly pid: number
  /** When the process started, in the system's own unit, so that a reused pid is not taken for the owner; '' if unknown. */
  readonly start: string
  /** Where the pid means something: host name and, on Linux, pid namespace. */
  readonly host: string
}

/** Field 22 of proc(5) `stat`: start time in clock ticks since boot; '' for a process that is dead or not to be seen. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command name may hold spaces and parentheses: fields are counted behind its last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const dead = fields[0] === 'Z' || fields[0] === 'X' // killed, but its parent has not asked for it yet
    return dead ? '' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** This process, for one acquisition. */
export function thisOwner(): Owner {
  const { pid } = process
  return { token: `${pid}-${randomUUID()}`, pid, start: startOf(pid), host: `${hostname()} ${pidNamespace()}` }
}

/** Whether the owner is certainly gone. A process on another host cannot be judged: it counts as there. */
export function isGone(owner: Owner, self: Owner): boolean {
  if (owner.host !== self.host) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' // EPERM: it runs as somebody else
  }
  return owner.start !== '' && owner.start !== startOf(owner.pid)
}

/** The owner that a lock file names, or `undefined` for a file that is none of ours. */
export function parseOwner(text: string): Owner | undefined {
  try {
    const { token, pid, start, host } = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>
    if (typeof token !== 'string' || !/^[\w-]+$/.test(token)) return undefined
    if (typeof pid !== 'number' || typeof start !== 'string' || typeof host !== 'string') return undefined
    return { token, pid, start, host }
  } catch {
    return undefined
  }
}
