import { abiConstants } from '../abi.ts'
import { NETLINK_LIST_MEMBERSHIPS, SOL_NETLINK } from '../constants.ts'
import { SocketError } from '../errno/errors.ts'
import type { Abi } from '../model/abi.ts'
import { privileged } from '../model/cred.ts'
import type { Awaitable } from '../model/time.ts'
import { checkOpen } from './address.ts'
import type { Core } from './core.ts'
import type { OptionValue } from './netlink-socket.ts'
import { getNetlinkOption, intValue, setNetlinkOption } from './options.ts'
import type { Sock } from './sock.ts'

/** One option of level SOL_SOCKET: its number in each ABI. */
interface SocketOptionRow {
  readonly number: Readonly<Record<Abi, number | undefined>>
  /** The value: an int, or milliseconds of a `struct timeval`. */
  readonly kind: 'int' | 'time'
  readonly get?: (sock: Sock) => number
  readonly set?: (sock: Sock, value: number) => void
}

const { freebsd, linux } = abiConstants

/** Options of level SOL_SOCKET that mean something for netlink: sys/socket.h, asm-generic/socket.h. */
const rows = {
  SO_SNDBUF: {
    number: { freebsd: freebsd.SO_SNDBUF, linux: linux.SO_SNDBUF },
    kind: 'int',
    get: sock => sock.tx.hiwat,
    set(sock, value) {
      sock.tx.hiwat = sendSize(sock, value)
    },
  },
  SO_RCVBUF: {
    number: { freebsd: freebsd.SO_RCVBUF, linux: linux.SO_RCVBUF },
    kind: 'int',
    get: sock => sock.rx.hiwat,
    set(sock, value) {
      sock.rx.hiwat = receiveSize(sock, value)
    },
  },
  SO_SNDBUFFORCE: {
    number: { freebsd: undefined, linux: 32 },
    kind: 'int',
    set(sock, value) {
      sock.tx.hiwat = forced(sock, value, linuxMin.send)
    },
  },
  SO_RCVBUFFORCE: {
    number: { freebsd: undefined, linux: 33 },
    kind: 'int',
    set(sock, value) {
      sock.rx.hiwat = forced(sock, value, linuxMin.receive)
    },
  },
  SO_RCVTIMEO: {
    number: { freebsd: freebsd.SO_RCVTIMEO, linux: linux.SO_RCVTIMEO },
    kind: 'time',
    get: sock => sock.receiveTimeoutMs,
    set(sock, value) {
      sock.receiveTimeoutMs = value
    },
  },
  SO_SNDTIMEO: {
    number: { freebsd: freebsd.SO_SNDTIMEO, linux: linux.SO_SNDTIMEO },
    kind: 'time',
    get: sock => sock.sendTimeoutMs,
    set(sock, value) {
      sock.sendTimeoutMs = value
    },
  },
  SO_TYPE: { number: { freebsd: 0x1008, linux: 3 }, kind: 'int', get: sock => sock.type },
  SO_ERROR: { number: { freebsd: 0x1007, linux: 4 }, kind: 'int', get: () => 0 },
  SO_PROTOCOL: { number: { freebsd: 0x1016, linux: 38 }, kind: 'int', get: sock => sock.protocol },
  SO_DOMAIN: {
    number: { freebsd: 0x1019, linux: 39 },
    kind: 'int',
    get: sock => abiConstants[sock.rules.abi].AF_NETLINK,
  },
} as const satisfies Record<string, SocketOptionRow>

const allRows: readonly (readonly [name: string, row: SocketOptionRow])[] = Object.entries(rows)

/** SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF of Linux. */
const linuxMin = { send: 4608, receive: 2304 } as const
/** MSIZE + MCLBYTES of FreeBSD, and the part of it that is data: what a buffer of maxsockbuf can really hold. */
const mbufBytes = 2304
const clusterBytes = 2048

/** What a buffer of kern.ipc.maxsockbuf bytes can hold of data. */
export function adjustedMax(core: Core): number {
  return Math.floor((core.sysctl.get('kern.ipc.maxsockbuf') * clusterBytes) / mbufBytes)
}

function sendSize(sock: Sock, value: number): number {
  if (sock.rules.abi === 'linux') return doubled(value, sock.core.sysctl.get('net.core.wmem_max'), linuxMin.send)
  if (value <= 0) throw new SocketError('EINVAL', `SO_SNDBUF of ${value} bytes`)
  if (value > adjustedMax(sock.core))
    throw new SocketError('ENOBUFS', `SO_SNDBUF of ${value}; at most ${adjustedMax(sock.core)}`)
  return value
}

function receiveSize(sock: Sock, value: number): number {
  const { sysctl } = sock.core
  if (sock.rules.abi === 'linux') return doubled(value, sysctl.get('net.core.rmem_max'), linuxMin.receive)
  if (value <= 0) throw new SocketError('EINVAL', `SO_RCVBUF of ${value} bytes`)
  if (value > adjustedMax(sock.core) && !privileged(sock.cred, 'net-route')) {
    throw new SocketError('EPERM', `SO_RCVBUF above ${adjustedMax(sock.core)} needs PRIV_NET_ROUTE`)
  }
  const most = sysctl.get('net.netlink.nl_maxsockbuf')
  if (value > most) throw new SocketError('ENOBUFS', `SO_RCVBUF of ${value}; net.netlink.nl_maxsockbuf is ${most}`)
  return value
}

/** Linux doubles what it is asked for and caps it silently. */
function doubled(value: number, most: number, least: number): number {
  return Math.max(Math.min(value >>> 0, most) * 2, least)
}

function forced(sock: Sock, value: number, least: number): number {
  if (!privileged(sock.cred, 'net-admin')) throw new SocketError('EPERM', 'needs CAP_NET_ADMIN')
  return doubled(value, 0x3fffffff, least)
}

/** setsockopt(2). */
export function setsockopt(sock: Sock, level: number, name: number, value: number | Uint8Array): Awaitable<void> {
  checkOpen(sock)
  const { abi } = sock.rules
  if (level === SOL_NETLINK) return setNetlinkOption(sock, name, intOf(sock, value))
  const row = socketOption(sock, level, name)
  if (row.set === undefined) throw new SocketError('ENOPROTOOPT', `option ${name} of ${abi} cannot be set`)
  row.set(sock, row.kind === 'time' ? millisecondsOf(value) : intOf(sock, value))
}

/** getsockopt(2) into a buffer of `size` bytes. */
export function getsockopt(sock: Sock, level: number, name: number, size: number | undefined): OptionValue {
  checkOpen(sock)
  if (level === SOL_NETLINK) return getNetlinkOption(sock, name, size ?? defaultSize(sock, name))
  const row = socketOption(sock, level, name)
  if (row.get === undefined) throw new SocketError('ENOPROTOOPT', `option ${name} cannot be read`)
  const value = row.get(sock)
  return row.kind === 'time' ? timeValue(value, size ?? timevalSize) : intValue(value, size ?? 4)
}

function defaultSize(sock: Sock, name: number): number {
  return name === NETLINK_LIST_MEMBERSHIPS && sock.rules.abi === 'linux' ? 8192 : 4
}

function socketOption(sock: Sock, level: number, name: number): SocketOptionRow {
  const { abi } = sock.rules
  const row = allRows.find(([, { number }]) => number[abi] === name)?.[1]
  if (level !== abiConstants[abi].SOL_SOCKET || row === undefined) {
    throw new SocketError('ENOPROTOOPT', `option ${name} of level ${level} on a ${abi} netlink socket`)
  }
  return row
}

/** A value of fewer than 4 bytes is EINVAL on FreeBSD and 0 on Linux. */
function intOf(sock: Sock, value: number | Uint8Array): number {
  if (typeof value === 'number') return value | 0
  if (value.length >= 4) return new DataView(value.buffer, value.byteOffset, 4).getInt32(0, true)
  if (sock.rules.shortOptionIsZero) return 0
  throw new SocketError('EINVAL', `an option value of ${value.length} bytes, not 4`)
}

/** `struct timeval` of 64-bit systems: seconds and microseconds, 8 bytes each. */
const timevalSize = 16

function millisecondsOf(value: number | Uint8Array): number {
  if (typeof value === 'number') return Math.max(value, 0)
  if (value.length < timevalSize) throw new SocketError('EINVAL', `a timeval of ${value.length} bytes, not 16`)
  const view = new DataView(value.buffer, value.byteOffset, timevalSize)
  const seconds = Number(view.getBigInt64(0, true))
  const microseconds = Number(view.getBigInt64(8, true))
  if (microseconds < 0 || microseconds >= 1_000_000) throw new SocketError('EINVAL', `${microseconds} microseconds`)
  return Math.max(seconds * 1000 + microseconds / 1000, 0)
}

function timeValue(milliseconds: number, size: number): OptionValue {
  const bytes = new Uint8Array(timevalSize)
  const view = new DataView(bytes.buffer)
  view.setBigInt64(0, BigInt(Math.trunc(milliseconds / 1000)), true)
  view.setBigInt64(8, BigInt(Math.round((milliseconds % 1000) * 1000)), true)
  const fits = bytes.subarray(0, size)
  return { bytes: fits, length: fits.length, value: milliseconds }
}
