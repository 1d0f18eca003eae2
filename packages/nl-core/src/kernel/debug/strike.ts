import { NetlinkError, SocketError } from '../../errno/errors.ts'
import { sleep } from '../../model/time.ts'
import type { RequestRecord } from '../dispatch/request.ts'
import type { Notification } from '../protocol.ts'
import type { Sock } from '../socket/sock.ts'

/** Where injected faults strike. Called only while there are any. */

/** @throws SocketError if a fault makes the system call fail */
export function failOnDemand(sock: Sock, at: 'send' | 'recv'): void {
  const rule = sock.core.faults.strike(at, sock)
  if (rule !== undefined) throw new SocketError(rule.code, 'injected')
}

/** Delays or refuses a request. @throws NetlinkError if a fault refuses it at once */
export function strikeRequest({ sock, type }: RequestRecord): Promise<void> | undefined {
  const { faults, scheduler } = sock.core
  const delay = faults.strike('delay', sock, type)
  const refusal = faults.strike('request', sock, type)
  if (delay === undefined) {
    if (refusal === undefined) return undefined
    throw new NetlinkError(refusal.code, refusal.text)
  }
  return sleep(scheduler, delay.ms, `${sock.task.name}: injected delay`).then(() => {
    if (refusal !== undefined) throw new NetlinkError(refusal.code, refusal.text)
  })
}

/** Whether a listener loses a notification. */
export function lostOnDemand<B>(sock: Sock, { type, group }: Notification<B>): boolean {
  return sock.core.faults.strike('notification', sock, type, group) !== undefined
}

/** Whether the next message of a dump says that the dump was interrupted. */
export function interruptedOnDemand({ sock, type }: RequestRecord): boolean {
  return sock.core.faults.strike('dump', sock, type) !== undefined
}
