import type { Host } from '@nltool/nl-core'
import type { OptionValue, RecvResult, SendOptions, SockaddrNl } from '@nltool/nl-core/kernel'
import type { Abi, Awaitable, Caller, Cancel, Cred, VnetId } from '@nltool/nl-core/model'

/** What recv(2) is asked for. */
export interface ReceiveOptions {
  /** Bytes that the caller's buffer holds. Default 65536. */
  readonly size?: number
  /** MSG_* bits, numbered by the ABI of the process. Default 0. */
  readonly flags?: number
  /** A control buffer is supplied; without one no control messages are made. */
  readonly control?: boolean
  /** Ends the wait as a signal to the process would, with EINTR. */
  readonly signal?: AbortSignal
}

/** What sendto(2) and sendmsg(2) add to send(2). */
export interface SendToOptions extends SendOptions {
  /** MSG_* bits, numbered by the ABI of the process. Default 0. */
  readonly flags?: number
}

/** How a process is made. */
export interface SpawnOptions {
  /** User id; 0, the default, may do everything. Ignored if `cred` is given. */
  readonly uid?: number
  /** Credentials in full: single privileges, a jail without its own network stack. */
  readonly cred?: Cred
  /** The numbers and layouts of its system calls. Default `'freebsd'`. */
  readonly abi?: Abi
  /** Process id, from 1; default: the next free one. @see Kernel.spawn */
  readonly pid?: number
  /** The network stack it runs in. Default: the initial one. */
  readonly vnet?: VnetId
}

/**
 * A process of the embedded kernel: credentials, a network stack, a descriptor table, and the system calls on netlink
 * sockets. As a {@link Host} it opens transports for `openRoute` and `openGeneric`.
 *
 * System calls take and give numbers of the ABI of the process. They throw `SocketError`, whose `code` is the errno
 * name; those that may wait return a promise only when they do.
 */
export interface Process extends Host, Caller, AsyncDisposable {
  readonly pid: number
  readonly cred: Cred
  readonly abi: Abi
  readonly vnet: VnetId
  /** False once `exit` was called: every system call then throws EBADF. */
  readonly alive: boolean

  /**
   * socket(2). `type` may hold SOCK_CLOEXEC and SOCK_NONBLOCK. Returns the lowest free descriptor.
   * @throws SocketError EAFNOSUPPORT for a domain other than AF_NETLINK, EPROTOTYPE or EPROTONOSUPPORT (Linux:
   * ESOCKTNOSUPPORT) for a type, EINVAL or EPROTONOSUPPORT for a protocol, EMFILE
   */
  socket(domain: number, type: number, protocol: number): number
  /** bind(2). @throws SocketError EBADF, EINVAL, EADDRINUSE, EPERM */
  bind(fd: number, address: SockaddrNl | Uint8Array): void
  /** connect(2). @throws SocketError EBADF, EINVAL, EADDRINUSE, EPERM */
  connect(fd: number, address: SockaddrNl | Uint8Array): void
  /** getsockname(2). */
  getsockname(fd: number): SockaddrNl
  /** getpeername(2). @throws SocketError EOPNOTSUPP on FreeBSD */
  getpeername(fd: number): SockaddrNl
  /**
   * setsockopt(2); a number stands for a C `int`. A promise, since NETLINK_SND_SYNC waits for a sender in progress.
   * @throws SocketError EBADF, EINVAL, ENOPROTOOPT, ERANGE, EPERM, EBUSY, ENOBUFS
   */
  setsockopt(fd: number, level: number, name: number, value: number | Uint8Array): Promise<void>
  /**
   * getsockopt(2) of an option that is a C `int`; for one that is larger, its first word.
   * @throws SocketError EBADF, ENOPROTOOPT
   */
  getsockopt(fd: number, level: number, name: number): number
  /** getsockopt(2) with a buffer of `size` bytes: what was written to it, and the length that the call reports. */
  getsockoptBytes(fd: number, level: number, name: number, size: number): OptionValue
  /**
   * send(2): one datagram, copied before anything looks at it. Waits where a blocking send(2) would. Returns its length.
   * @throws SocketError EBADF, ENOBUFS, EMSGSIZE, EAGAIN, EINTR, EOPNOTSUPP, EINVAL
   */
  send(fd: number, bytes: Uint8Array, flags?: number): Awaitable<number>
  /** sendto(2), sendmsg(2): as `send`, with an address (FreeBSD ignores it), control data, and a signal that interrupts. */
  sendto(fd: number, bytes: Uint8Array, options: SendToOptions): Awaitable<number>
  /** recv(2), recvfrom(2) and recvmsg(2) in one. @throws SocketError EBADF, EAGAIN, EINTR, ENOBUFS, EOPNOTSUPP */
  recv(fd: number, options?: ReceiveOptions): Awaitable<RecvResult>
  /** poll(2) of one descriptor without waiting: the POLL* bits that are set; POLLNVAL if it is not open. */
  poll(fd: number): number
  /**
   * Calls back, in a step of its own, whenever what `poll` says may have changed (kqueue(2), epoll(7)).
   * @throws SocketError EBADF
   */
  watch(fd: number, listener: () => void): Cancel
  /** ioctl(2): FIONREAD, FIONWRITE and FIONBIO. @throws SocketError EBADF, ENOTTY */
  ioctl(fd: number, request: number, argument?: number): number
  /** fcntl(2): F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL. @throws SocketError EBADF, EINVAL, EMFILE */
  fcntl(fd: number, command: number, argument?: number): number
  /** shutdown(2). @throws SocketError EBADF, EOPNOTSUPP */
  shutdown(fd: number, how: number): void
  /** dup(2): the lowest free number for the same socket. @throws SocketError EBADF, EMFILE */
  dup(fd: number): number
  /** close(2). Resolves when the socket is gone, if this was its last descriptor. @throws SocketError EBADF */
  close(fd: number): Promise<void>
  /** Open descriptors, ascending. */
  descriptors(): number[]
  /** Closes the descriptors that have FD_CLOEXEC, as execve(2) does. */
  exec(): Promise<void>
  /** Closes everything and gives the process id back. A second call does nothing. */
  exit(): Promise<void>
}
