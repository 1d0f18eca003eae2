import { SocketError } from '@nltool/nl-core/errno'
import type { NetlinkSocket } from '@nltool/nl-core/kernel'
import type { DescriptorTable } from './descriptors.ts'
import {
  descriptorNumbers,
  F_DUPFD,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_RDWR,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
} from './numbers.ts'

/** What poll(2) reports about a socket. */
export function pollBits(socket: NetlinkSocket): number {
  if (socket.closed) return POLLHUP
  const { readable, writable, error } = socket.poll()
  return (readable ? POLLIN : 0) | (writable ? POLLOUT : 0) | (error ? POLLERR : 0)
}

/** ioctl(2) on a socket: netlink-independent requests only. @throws SocketError ENOTTY */
export function ioctl(socket: NetlinkSocket, request: number, argument: number): number {
  const numbers = descriptorNumbers[socket.abi]
  switch (request >>> 0) {
    case numbers.FIONREAD:
      return socket.fionread
    case numbers.FIONWRITE:
      return socket.fionwrite
    case numbers.FIONBIO:
      socket.nonblocking = argument !== 0
      return 0
    default:
      throw new SocketError('ENOTTY', `ioctl 0x${(request >>> 0).toString(16)} is not one of a netlink socket`)
  }
}

/** fcntl(2). @throws SocketError EBADF, EINVAL, EMFILE */
export function fcntl(table: DescriptorTable<NetlinkSocket>, fd: number, command: number, argument: number): number {
  const descriptor = table.get(fd)
  const socket = descriptor.file.object
  const { F_DUPFD_CLOEXEC, O_NONBLOCK } = descriptorNumbers[socket.abi]
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      return table.duplicate(fd, { lowest: argument, cloexec: command === F_DUPFD_CLOEXEC })
    case F_GETFD:
      return descriptor.cloexec ? FD_CLOEXEC : 0
    case F_SETFD:
      descriptor.cloexec = (argument & FD_CLOEXEC) !== 0
      return 0
    case F_GETFL:
      return O_RDWR | (socket.nonblocking ? O_NONBLOCK : 0)
    case F_SETFL:
      socket.nonblocking = (argument & O_NONBLOCK) !== 0
      return 0
    default:
      throw new SocketError('EINVAL', `fcntl command ${command} is not one of a socket`)
  }
}
