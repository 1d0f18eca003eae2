import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import { privileged } from '../../model/cred.ts'
import type { Core } from '../core.ts'
import type { Sock } from './sock.ts'

/** What SO_SNDBUF and SO_RCVBUF make of the value that they are given, bytes. */
interface Sizes {
  readonly send: (sock: Sock, value: number) => number
  readonly receive: (sock: Sock, value: number) => number
}

/** SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF of Linux. */
const linuxMin = { send: 4608, receive: 2304 } as const
/** SO_SNDBUFFORCE and SO_RCVBUFFORCE stop where doubling would leave an int. */
const forcedMax = 0x3fffffff
/** MSIZE + MCLBYTES of FreeBSD, and the part of it that is data. */
const mbufBytes = 2304
const clusterBytes = 2048

/** What a buffer of kern.ipc.maxsockbuf bytes can hold of data: sb_max_adj of FreeBSD. */
export function adjustedMax({ sysctl }: Core): number {
  return Math.floor((sysctl.get('kern.ipc.maxsockbuf') * clusterBytes) / mbufBytes)
}

/** FreeBSD refuses what is too much; Linux doubles what it is asked for and caps it silently. */
export const sizes: Readonly<Record<Abi, Sizes>> = {
  freebsd: {
    send({ core }, value) {
      const most = adjustedMax(core)
      if (value <= 0) throw new SocketError('EINVAL', `SO_SNDBUF of ${value} bytes`)
      if (value > most) throw new SocketError('ENOBUFS', `SO_SNDBUF of ${value}; at most ${most}`)
      return value
    },
    receive({ core, cred }, value) {
      const unprivileged = adjustedMax(core)
      const most = core.sysctl.get('net.netlink.nl_maxsockbuf')
      if (value <= 0) throw new SocketError('EINVAL', `SO_RCVBUF of ${value} bytes`)
      if (value > unprivileged && !privileged(cred, 'net-route')) {
        throw new SocketError('EPERM', `SO_RCVBUF above ${unprivileged} needs PRIV_NET_ROUTE`)
      }
      if (value > most) throw new SocketError('ENOBUFS', `SO_RCVBUF of ${value}; net.netlink.nl_maxsockbuf is ${most}`)
      return value
    },
  },
  linux: {
    send: ({ core }, value) => doubled(value, core.sysctl.get('net.core.wmem_max'), linuxMin.send),
    receive: ({ core }, value) => doubled(value, core.sysctl.get('net.core.rmem_max'), linuxMin.receive),
  },
}

function doubled(value: number, most: number, least: number): number {
  return Math.max(Math.min(value >>> 0, most) * 2, least)
}

/** SO_SNDBUFFORCE and SO_RCVBUFFORCE: beyond the sysctls, for the privileged. @throws SocketError EPERM */
export function forcedSize({ cred }: Sock, value: number, side: 'send' | 'receive'): number {
  if (!privileged(cred, 'net-admin')) throw new SocketError('EPERM', 'needs CAP_NET_ADMIN')
  return doubled(value, forcedMax, linuxMin[side])
}
