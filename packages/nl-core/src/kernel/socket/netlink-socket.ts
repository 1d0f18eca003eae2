import type { Abi } from '../../model/abi.ts'
import type { VnetId } from '../../model/ids.ts'
import type { Caller } from '../../model/task.ts'
import type { Awaitable, Cancel } from '../../model/time.ts'
import type { SockaddrNl } from './sockaddr.ts'

/** Ancillary data of a received datagram. */
export interface ControlMessage {
  readonly level: number
  /** NETLINK_MSG_INFO, NETLINK_PKTINFO or NETLINK_LISTEN_ALL_NSID of SOL_NETLINK; SCM_CREDENTIALS of SOL_SOCKET. */
  readonly type: number
  readonly data: Uint8Array
}

/** What `recv` took. */
export interface RecvResult {
  /** A copy of its own. Whole messages, or the beginning of one if MSG_TRUNC is set in `flags`. */
  readonly data: Uint8Array
  /** The sender: port 0 is the kernel. Linux names the group of a multicast too. */
  readonly from: SockaddrNl
  readonly control: readonly ControlMessage[]
  /** MSG_TRUNC, numbered by the ABI. */
  readonly flags: number
  /** What recv(2) returns: bytes copied, or the full length where the caller passed MSG_TRUNC. */
  readonly length: number
}

/** Whole messages without a copy. They stay as they are; the memory is not used again. */
export interface Taken {
  readonly bytes: Uint8Array
}

/** How a call may wait, and for whom it works. */
export interface SendOptions {
  /** Ends a wait with EINTR, as a signal to the process would. */
  readonly signal?: AbortSignal | undefined
  /** Destination. FreeBSD ignores it, Linux delivers to other ports and groups. */
  readonly to?: SockaddrNl | Uint8Array | undefined
  /** Ancillary data was supplied. FreeBSD refuses any with EINVAL. */
  readonly control?: boolean | undefined
  /** The sending process where it is another one than the process that opened the socket. */
  readonly caller?: Caller | undefined
}

/** What a `recv` wants beside data. */
export interface RecvOptions {
  /** Ends a wait with EINTR, as a signal to the process would. */
  readonly signal?: AbortSignal | undefined
  /** A control buffer was supplied. */
  readonly control?: boolean | undefined
}

/** The value of a socket option. */
export interface OptionValue {
  /** The bytes that fit the caller's buffer. */
  readonly bytes: Uint8Array
  /** The length that getsockopt(2) reports; may be more than fits (NETLINK_LIST_MEMBERSHIPS on Linux). */
  readonly length: number
  /** The value as an integer: the first four bytes. */
  readonly value: number
}

/** What poll(2) says. */
export interface PollState {
  /** Messages wait, or an error is pending. */
  readonly readable: boolean
  /** The send buffer has room. */
  readonly writable: boolean
  /** A loss is pending: the next `recv` fails with ENOBUFS. */
  readonly error: boolean
}

/**
 * One netlink socket as the kernel keeps it: the system calls of a process, without descriptors. Everything refused is
 * a `SocketError` whose `code` is the errno. A call whose result is there returns it at once; promises are for waits.
 */
export interface NetlinkSocket {
  readonly abi: Abi
  /** NETLINK_*. */
  readonly protocol: number
  /** SOCK_RAW or SOCK_DGRAM; there is no difference. */
  readonly type: number
  readonly vnet: VnetId
  /** 0 until the socket is bound. */
  readonly portid: number
  readonly closed: boolean
  /** O_NONBLOCK: what would wait fails with EAGAIN. */
  nonblocking: boolean
  /**
   * Binds to a port (0: the kernel chooses) and replaces the membership of groups 1 to 32 by the mask.
   * @throws SocketError EINVAL bound to another port, or a malformed address; EADDRINUSE; EPERM (Linux groups)
   */
  bind(address: SockaddrNl | Uint8Array): void
  /** Binds if unbound; Linux also stores the peer. @throws SocketError EINVAL, EADDRINUSE, EPERM */
  connect(address: SockaddrNl | Uint8Array): void
  /** FreeBSD never reports groups. */
  getsockname(): SockaddrNl
  /** @throws SocketError EOPNOTSUPP on FreeBSD */
  getpeername(): SockaddrNl
  /** @throws SocketError EOPNOTSUPP on both systems */
  shutdown(): void
  /**
   * Sets an option by the level and number of the ABI. A number stands for an `int`, and for milliseconds in
   * SO_RCVTIMEO and SO_SNDTIMEO; bytes are the raw value. Waits only for a sender in progress (NETLINK_SND_SYNC).
   * @throws SocketError ENOPROTOOPT, EINVAL, ERANGE, EPERM, EBUSY, ENOBUFS
   */
  setsockopt(level: number, name: number, value: number | Uint8Array): Awaitable<void>
  /** Reads an option into a buffer of `size` bytes, default 4. @throws SocketError ENOPROTOOPT, EINVAL */
  getsockopt(level: number, name: number, size?: number): OptionValue
  /**
   * Sends one datagram; it is copied before anything looks at it. Returns its length: queued (asynchronous socket) or
   * processed (synchronous socket). `flags` are MSG_* of the ABI.
   * @throws SocketError EAGAIN, EINTR, EINVAL, EMSGSIZE, ENOBUFS, ENODATA, EOPNOTSUPP, ECONNREFUSED, EPERM, EBADF
   */
  send(bytes: Uint8Array, flags?: number, options?: SendOptions): Awaitable<number>
  /**
   * Receives up to `size` bytes of whole messages. `flags` are MSG_* of the ABI.
   * @throws SocketError EAGAIN, EINTR, EOPNOTSUPP, EBADF; ENOBUFS once after messages were lost
   */
  recv(size: number, flags?: number, options?: RecvOptions): Awaitable<RecvResult>
  /** As `recv` without a size: hands over what is queued in front, uncopied. For transports inside the process. */
  take(signal?: AbortSignal): Awaitable<Taken>
  poll(): PollState
  /** Calls back, in a step of its own, whenever the socket may have become readable or writable, or was closed. */
  watch(listener: () => void): Cancel
  /** Bytes in the receive buffer (FIONREAD). */
  readonly fionread: number
  /** Bytes of requests not yet processed (FIONWRITE). */
  readonly fionwrite: number
  /**
   * Closes. Requests for which the receive buffer has room are still served on an asynchronous socket, others are
   * discarded; waiting calls fail with EBADF. Resolves when the port is free. A second call waits for the first.
   */
  close(): Promise<void>
}
