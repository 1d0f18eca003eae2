import { abiConstants } from '../abi.ts'
import type { Transport, TransportOptions } from '../client/transport.ts'
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_DROP_MEMBERSHIP,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_NO_ENOBUFS,
  NETLINK_SND_SYNC,
  SOL_NETLINK,
} from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import type { NetlinkSocket } from './socket/netlink-socket.ts'

/** Level and number of each neutral option name. */
type OptionNumbers = { readonly [name in keyof TransportOptions]: readonly [level: number, number: number] }

function optionNumbers(abi: Abi): OptionNumbers {
  const { SOL_SOCKET, SO_RCVBUF, SO_SNDBUF } = abiConstants[abi]
  return {
    extAck: [SOL_NETLINK, NETLINK_EXT_ACK],
    capAck: [SOL_NETLINK, NETLINK_CAP_ACK],
    strictCheck: [SOL_NETLINK, NETLINK_GET_STRICT_CHK],
    noEnobufs: [SOL_NETLINK, NETLINK_NO_ENOBUFS],
    sendSync: [SOL_NETLINK, NETLINK_SND_SYNC],
    receiveBuffer: [SOL_SOCKET, SO_RCVBUF],
    sendBuffer: [SOL_SOCKET, SO_SNDBUF],
  }
}

/** A client's transport over a socket of a kernel in the same process: no copy on the way to the reader. */
export function socketTransport(socket: NetlinkSocket): Transport {
  const numbers = optionNumbers(socket.abi)
  let closing: Promise<void> | undefined
  return {
    abi: socket.abi,
    get portid() {
      return socket.portid
    },
    send(bytes) {
      const sent = socket.send(bytes)
      return sent instanceof Promise ? sent.then(() => undefined) : undefined
    },
    recv(options) {
      const signal = options?.signal
      signal?.throwIfAborted()
      const taken = socket.take(signal)
      if (signal === undefined || !(taken instanceof Promise)) return taken
      return taken.catch(error => {
        throw signal.aborted ? signal.reason : error // the reason, not the EINTR that it became on the way
      })
    },
    join: group => socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group),
    leave: group => socket.setsockopt(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, group),
    setOption(name, value) {
      const [level, number] = numbers[name]
      return socket.setsockopt(level, number, Number(value))
    },
    close() {
      closing ??= socket.close()
      return closing
    },
  }
}
