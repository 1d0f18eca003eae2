import { SocketError } from '../../errno/errors.ts'
import type { Awaitable, Cancel } from '../../model/time.ts'
import type { Sock, Waiter } from './sock.ts'

/** Lets sleepers and watchers of a socket look again, in one step of their own however much has happened. */
export function wake(sock: Sock): void {
  if (sock.wakePending) return
  if (!awaited(sock)) return
  sock.wakePending = true
  sock.core.scheduler.schedule(sock.wakeStep, sock.wakeLabel)
}

function awaited({ receivers, tx, peerSenders, watchers }: Sock): boolean {
  return receivers.length > 0 || tx.waiters.length > 0 || peerSenders.length > 0 || watchers.size > 0
}

/** The step: serves sleepers first come, first served, as long as each gets what it waits for. */
export function runWake(sock: Sock): void {
  sock.wakePending = false
  serveWaiters(sock.receivers)
  serveWaiters(sock.tx.waiters)
  serveWaiters(sock.peerSenders)
  for (const watcher of [...sock.watchers]) watcher()
  if (sock.state === 'closed') sock.watchers.clear()
}

function serveWaiters(waiters: Waiter[]): void {
  for (let waiter = waiters[0]; waiter?.attempt(); waiter = waiters[0]) {
    if (waiters[0] === waiter) waiters.shift() // unless what it did has closed the socket and let all of them go
  }
}

/** How a call sleeps. */
export interface Sleep<T> {
  /** The result, or `undefined` to sleep on; may throw. */
  readonly attempt: () => Awaitable<T> | undefined
  readonly signal: AbortSignal | undefined
  /** 0: for ever. */
  readonly timeoutMs: number
}

/** Puts a call to sleep in a queue of waiters. @throws SocketError EINTR by signal, EAGAIN by time-out */
export function sleepIn<T>(sock: Sock, queue: Waiter[], { attempt, signal, timeoutMs }: Sleep<T>): Promise<T> {
  if (signal?.aborted) return Promise.reject(new SocketError('EINTR'))
  return new Promise((resolve, reject) => {
    let cancelTimer: Cancel | undefined
    const waiter: Waiter = {
      attempt() {
        try {
          const result = attempt()
          if (result === undefined) return false
          resolve(result)
        } catch (error) {
          reject(error)
        }
        release()
        return true
      },
      fail(error) {
        release()
        reject(error)
      },
    }
    function release(): void {
      cancelTimer?.()
      signal?.removeEventListener('abort', interrupt)
    }
    function leave(error: Error): void {
      const at = queue.indexOf(waiter)
      if (at < 0) return
      queue.splice(at, 1)
      waiter.fail(error)
      wake(sock) // whoever stood behind may go on
    }
    function interrupt(): void {
      leave(new SocketError('EINTR'))
    }
    signal?.addEventListener('abort', interrupt)
    if (timeoutMs > 0) {
      const expire = () => leave(new SocketError('EAGAIN', `nothing happened in ${timeoutMs} ms`))
      cancelTimer = sock.core.scheduler.after(timeoutMs, expire, `${sock.task.name}: time-out`)
    }
    queue.push(waiter)
  })
}
