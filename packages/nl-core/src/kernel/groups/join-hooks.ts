import { NetlinkError, SocketError } from '../../errno/errors.ts'
import type { GroupMember, Protocol } from '../protocol.ts'
import type { Sock } from '../socket/sock.ts'

/** What a protocol hears of its listeners: `netlink_bind` and `netlink_unbind` of Linux's netlink_kernel_cfg. */

function protocolOf(sock: Sock): Protocol | undefined {
  return sock.core.protocols.find(sock.protocol)?.protocol
}

function memberOf({ port, pid, vnet, cred, rules }: Sock): GroupMember {
  return { portid: port, pid, vnet, cred, abi: rules.abi }
}

/** Asks whether a socket may join. @throws SocketError with the errno of the protocol's refusal */
export function announceJoin(sock: Sock, group: number): void {
  try {
    protocolOf(sock)?.onJoin?.(group, memberOf(sock))
  } catch (error) {
    if (error instanceof NetlinkError) throw new SocketError(error.code, error.text, { cause: error })
    sock.core.defect(error, `joining group ${group} of protocol ${sock.protocol}`)
    throw new SocketError('EIO', 'internal error', { cause: error })
  }
}

/** Tells that a socket leaves. */
export function announceLeave(sock: Sock, group: number): void {
  try {
    protocolOf(sock)?.onLeave?.(group, memberOf(sock))
  } catch (error) {
    sock.core.defect(error, `leaving group ${group} of protocol ${sock.protocol}`)
  }
}

/** Asks for several groups, all or none. Returns what takes it back. */
export function announceJoins(sock: Sock, groups: readonly number[]): () => void {
  const asked: number[] = []
  const undo = (): void => {
    for (const group of asked.splice(0)) announceLeave(sock, group)
  }
  try {
    for (const group of groups) {
      announceJoin(sock, group)
      asked.push(group)
    }
  } catch (error) {
    undo()
    throw error
  }
  return undo
}
