import type { Abi } from '../model/abi.ts'
import type { Awaitable } from '../model/time.ts'

/** Socket options by neutral names; a transport knows the numbers. */
export interface TransportOptions {
  /** NETLINK_EXT_ACK: texts and offsets in errors. */
  readonly extAck: boolean
  /** NETLINK_CAP_ACK: errors quote only the header of the request. */
  readonly capAck: boolean
  /** NETLINK_GET_STRICT_CHK. */
  readonly strictCheck: boolean
  /** NETLINK_NO_ENOBUFS: overruns are not reported. */
  readonly noEnobufs: boolean
  /** NETLINK_SND_SYNC: requests are processed inside send (FreeBSD). */
  readonly sendSync: boolean
  /** SO_RCVBUF, bytes. */
  readonly receiveBuffer: number
  /** SO_SNDBUF, bytes. */
  readonly sendBuffer: number
}

/** Received bytes: one or more whole messages. Valid until the next `recv` of the same transport. */
export interface Received {
  readonly bytes: Uint8Array
  /** The message was longer than the receive buffer; its end is lost. */
  readonly truncated?: boolean
}

/** One netlink socket, wherever its kernel is. */
export interface Transport {
  readonly abi: Abi
  /** The port that replies carry; 0 while the socket is unbound. */
  readonly portid: number
  /** Sends one datagram. The bytes may be reused once the result is there. @throws SocketError EMSGSIZE, ENOBUFS, EBADF */
  send(bytes: Uint8Array): Awaitable<void>
  /**
   * Takes what has arrived, or waits for it. One receiver at a time.
   * @throws SocketError ENOBUFS once after messages were lost; EBADF when the transport is or becomes closed;
   * whatever `signal` was aborted with.
   */
  recv(options?: { readonly signal?: AbortSignal }): Awaitable<Received>
  /** Joins a multicast group by number. @throws SocketError EINVAL, ERANGE, EPERM */
  join(group: number): Awaitable<void>
  leave(group: number): Awaitable<void>
  /** @throws SocketError ENOPROTOOPT where the system lacks the option */
  setOption<K extends keyof TransportOptions>(name: K, value: TransportOptions[K]): Awaitable<void>
  /** Closes the socket; a parked `recv` ends with EBADF. A second call does nothing. */
  close(): Promise<void>
}

/** Something that opens netlink sockets: a process of an embedded kernel, a served kernel, the host's own Linux. */
export interface Host {
  readonly abi: Abi
  /** Opens a socket of a protocol, such as NETLINK_ROUTE. @throws SocketError EPROTONOSUPPORT */
  open(protocol: number): Promise<Transport>
}
