import { SocketError } from '../../errno/errors.ts'
import type { Errno } from '../../errno/table.ts'
import { abandonDump } from '../dispatch/dump.ts'
import { announceLeave } from '../groups/join-hooks.ts'
import { purge } from './receive-buffer.ts'
import { closeReason, type Sock, type Waiter } from './sock.ts'
import { wake } from './wake.ts'

/**
 * Closes a socket. FreeBSD drains the worker first: requests that it has been told of are served as far as the receive
 * buffer has room. Then the port is free, and what is left in both buffers is thrown away.
 */
export function close(sock: Sock): Promise<void> {
  if (sock.state === 'closed') return Promise.resolve()
  const before = sock.idle
  if (sock.state === 'open') {
    sock.state = 'closing'
    sock.aborter?.abort(closeReason())
    failAll(sock.receivers)
    failAll(sock.tx.waiters)
    failAll(sock.peerSenders, 'ECONNREFUSED')
    if (sock.synchronous) leaveGroups(sock) // Linux unlinks first; nothing more arrives
    if (!busy(sock)) {
      release(sock)
      return Promise.resolve()
    }
  }
  return new Promise(resolve => {
    sock.idle = () => {
      before?.()
      if (busy(sock)) return
      release(sock)
      resolve()
    }
  })
}

function leaveGroups(sock: Sock): void {
  for (const group of sock.groups) announceLeave(sock, group)
  sock.core.groups.leaveAll(sock)
}

/** Something of this socket still runs, or its worker has been told to. */
function busy(sock: Sock): boolean {
  return sock.state !== 'closed' && (sock.running || sock.workPending)
}

function failAll(waiters: Waiter[], code: Errno = 'EBADF'): void {
  const sleepers = waiters.splice(0)
  for (const sleeper of sleepers) sleeper.fail(new SocketError(code, 'the socket was closed'))
}

function release(sock: Sock): void {
  if (sock.state === 'closed') return
  sock.state = 'closed'
  const { core, tx } = sock
  abandonDump(sock)
  core.ports.release(sock)
  leaveGroups(sock)
  core.sockets.delete(sock)
  tx.queue.length = 0
  tx.ccc = 0
  purge(sock.rx)
  wake(sock)
}
