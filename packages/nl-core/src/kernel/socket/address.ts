import { abiConstants } from '../../abi.ts'
import { SocketError } from '../../errno/errors.ts'
import { askForMask, membershipWords, setMask } from './membership.ts'
import { maySend } from './peers.ts'
import type { Sock } from './sock.ts'
import { decodeSockaddr, type SockaddrNl } from './sockaddr.ts'

/** bind(2): the port once, the groups 1 to 32 as often as you like. */
export function bind(sock: Sock, to: SockaddrNl | Uint8Array): void {
  checkOpen(sock)
  const { portid, groups } = decodeSockaddr(to, sock.rules.abi)
  if (sock.rules.needsProtocol && sock.core.protocols.find(sock.protocol) === undefined) {
    throw new SocketError('ENOENT', `netlink protocol ${sock.protocol} has been taken back`)
  }
  if (sock.bound && portid !== sock.port) {
    throw new SocketError('EINVAL', `bound to port ${sock.port} already, not ${portid}`)
  }
  // Whatever may refuse comes before what changes, so that a bind that fails leaves nothing behind.
  const takeBack = askForMask(sock, groups)
  try {
    if (!sock.bound) sock.core.ports.bind(sock, portid)
  } catch (error) {
    takeBack()
    throw error
  }
  setMask(sock, groups)
}

/** connect(2): gives the socket a port. FreeBSD stores no peer; on Linux it becomes the destination of send(2). */
export function connect(sock: Sock, to: SockaddrNl | Uint8Array): void {
  checkOpen(sock)
  if (sock.core.personality.connectedFromBirth && !sock.rules.hasPeers) throw new SocketError('EISCONN')
  if (sock.rules.hasPeers) connectPeer(sock, to)
  else {
    decodeSockaddr(to, sock.rules.abi)
    if (!sock.bound) sock.core.ports.autobind(sock)
  }
}

function connectPeer(sock: Sock, to: SockaddrNl | Uint8Array): void {
  if (to instanceof Uint8Array && resetsPeer(to)) {
    sock.peerPort = 0
    sock.peerGroups = 0
    return
  }
  const { portid, groups } = decodeSockaddr(to, sock.rules.abi)
  if ((portid !== 0 || groups !== 0) && !maySend(sock)) {
    throw new SocketError('EPERM', 'a peer other than the kernel needs CAP_NET_ADMIN')
  }
  if (!sock.bound) sock.core.ports.autobind(sock)
  sock.peerPort = portid
  sock.peerGroups = groups & -groups // the lowest group of the mask
}

/** AF_UNSPEC takes the peer back. */
function resetsPeer(address: Uint8Array): boolean {
  if (address.length < 2) throw new SocketError('EINVAL', `an address of ${address.length} bytes`)
  return ((address[0] as number) | ((address[1] as number) << 8)) === abiConstants.linux.AF_UNSPEC
}

/** getsockname(2): FreeBSD never reports groups. */
export function getsockname(sock: Sock): SockaddrNl {
  checkOpen(sock)
  return { portid: sock.port, groups: sock.rules.tellsGroups ? (membershipWords(sock, 1)[0] ?? 0) : 0 }
}

/** getpeername(2). @throws SocketError EOPNOTSUPP on FreeBSD */
export function getpeername(sock: Sock): SockaddrNl {
  checkOpen(sock)
  if (!sock.rules.hasPeers) throw new SocketError('EOPNOTSUPP', 'netlink sockets have no peer')
  return { portid: sock.peerPort, groups: sock.peerGroups >>> 0 }
}

/** @throws SocketError EBADF once the socket is closed */
export function checkOpen(sock: Sock): void {
  if (sock.state !== 'open') throw new SocketError('EBADF', 'the socket is closed')
}
