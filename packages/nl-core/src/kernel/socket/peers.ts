import { SocketError } from '../../errno/errors.ts'
import { privileged } from '../../model/cred.ts'
import type { Awaitable } from '../../model/time.ts'
import { offerChunk } from '../dispatch/deliver.ts'
import { toModelGroup } from './membership.ts'
import type { SendOptions } from './netlink-socket.ts'
import { type Chunk, isFull } from './receive-buffer.ts'
import type { Sock } from './sock.ts'
import { decodeSockaddr, type SockaddrNl } from './sockaddr.ts'
import { sleepIn } from './wake.ts'

/**
 * Checks the address of a Linux program's sendto(2).
 * @throws SocketError EINVAL if it is malformed; EPERM for another destination than the kernel without CAP_NET_ADMIN,
 * except on protocols that let users talk to each other
 */
export function checkDestination(sock: Sock, to: SockaddrNl | Uint8Array): void {
  const { portid, groups } = decodeSockaddr(to, sock.rules.abi)
  if (portid === 0 && groups === 0) return
  if (maySend(sock)) return
  throw new SocketError('EPERM', 'sending to other sockets needs CAP_NET_ADMIN')
}

/** Whether a socket may address others than the kernel. */
export function maySend(sock: Sock): boolean {
  return sock.core.protocols.find(sock.protocol)?.protocol.usersMaySend === true || privileged(sock.cred, 'net-admin')
}

/**
 * What Linux does with a datagram that is not, or not only, for the kernel: groups get a copy, another port gets it
 * instead of the kernel. Returns its length if the kernel is not to see it; waits while the other's buffer is full.
 * @throws SocketError ECONNREFUSED if nobody has the port, or is connected elsewhere; EAGAIN, EINTR instead of waiting
 */
export function sendToPeers(
  sock: Sock,
  bytes: Uint8Array,
  flags: number,
  options: SendOptions,
): Awaitable<number> | undefined {
  const to = destinationOf(sock, options)
  if (to.portid === 0 && to.groups === 0) return undefined
  const copy = new Uint8Array(bytes)
  if (to.groups !== 0) multicast(sock, copy, 32 - Math.clz32(to.groups & -to.groups))
  if (to.portid === 0) return undefined
  const peer = sock.core.ports.find(sock, to.portid)
  if (peer === undefined || (peer.peerPort !== 0 && peer.peerPort !== sock.port)) {
    throw new SocketError('ECONNREFUSED', `no socket takes messages at port ${to.portid}`)
  }
  const attempt = () => deliver(peer, chunkOf(sock, copy, 0))
  const now = attempt()
  if (now !== undefined) return now
  if (sock.nonblocking || (flags & sock.rules.MSG_DONTWAIT) !== 0) {
    throw new SocketError('EAGAIN', `the receive buffer of port ${to.portid} is full`)
  }
  return sleepIn(peer, peer.peerSenders, { attempt, signal: options.signal, timeoutMs: sock.sendTimeoutMs })
}

function deliver(peer: Sock, chunk: Chunk): number | undefined {
  if (isFull(peer.rx)) return undefined
  offerChunk(peer, chunk)
  return chunk.end - chunk.start
}

function destinationOf(sock: Sock, options: SendOptions): SockaddrNl {
  if (options.to === undefined) return { portid: sock.peerPort, groups: sock.peerGroups }
  return decodeSockaddr(options.to, sock.rules.abi)
}

function multicast(sock: Sock, copy: Uint8Array, number: number): void {
  const members = sock.core.groups.members(sock.vnet, sock.protocol, toModelGroup(sock, number))
  const chunk = chunkOf(sock, copy, number)
  for (const member of members) if (member !== sock) offerChunk(member, chunk)
}

function chunkOf(sock: Sock, bytes: Uint8Array, group: number): Chunk {
  return {
    bytes,
    start: 0,
    end: bytes.length,
    messages: 1,
    group,
    pid: sock.pid,
    portid: sock.port,
    from: sock.port,
    uid: sock.cred.uid,
    nsid: undefined,
  }
}
