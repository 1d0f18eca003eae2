import { abiConstants } from '../../abi.ts'
import { NETLINK_LIST_MEMBERSHIPS, SOL_NETLINK } from '../../constants.ts'
import { errnoNumber } from '../../errno/convert.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import type { Awaitable } from '../../model/time.ts'
import { checkOpen } from './address.ts'
import { forcedSize, sizes } from './buffer-sizes.ts'
import type { OptionValue } from './netlink-socket.ts'
import { getNetlinkOption, intValue, setNetlinkOption } from './options.ts'
import { forgetLoss } from './receive-buffer.ts'
import type { Sock } from './sock.ts'
import { millisecondsOf, timeValue, timevalSize } from './timeval.ts'

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
      sock.tx.hiwat = sizes[sock.rules.abi].send(sock, value)
    },
  },
  SO_RCVBUF: {
    number: { freebsd: freebsd.SO_RCVBUF, linux: linux.SO_RCVBUF },
    kind: 'int',
    get: sock => sock.rx.hiwat,
    set(sock, value) {
      sock.rx.hiwat = sizes[sock.rules.abi].receive(sock, value)
    },
  },
  SO_SNDBUFFORCE: {
    number: { freebsd: undefined, linux: 32 },
    kind: 'int',
    set(sock, value) {
      sock.tx.hiwat = forcedSize(sock, value, 'send')
    },
  },
  SO_RCVBUFFORCE: {
    number: { freebsd: undefined, linux: 33 },
    kind: 'int',
    set(sock, value) {
      sock.rx.hiwat = forcedSize(sock, value, 'receive')
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
  SO_PASSCRED: {
    number: { freebsd: undefined, linux: 16 },
    kind: 'int',
    get: sock => Number(sock.flags.passcred),
    set(sock, value) {
      sock.flags.passcred = value !== 0
    },
  },
  SO_TYPE: { number: { freebsd: 0x1008, linux: 3 }, kind: 'int', get: sock => sock.type },
  SO_ERROR: { number: { freebsd: 0x1007, linux: 4 }, kind: 'int', get: takeError },
  SO_PROTOCOL: { number: { freebsd: 0x1016, linux: 38 }, kind: 'int', get: sock => sock.protocol },
  SO_DOMAIN: {
    number: { freebsd: 0x1019, linux: 39 },
    kind: 'int',
    get: sock => abiConstants[sock.rules.abi].AF_NETLINK,
  },
} as const satisfies Record<string, SocketOptionRow>

/** The pending error as a number of the ABI, which is thereby taken. */
function takeError({ rx, rules }: Sock): number {
  if (!rules.lossIsPendingError || !rx.overrun) return 0
  forgetLoss(rx)
  return errnoNumber('ENOBUFS', rules.abi)
}

const allRows: readonly (readonly [name: string, row: SocketOptionRow])[] = Object.entries(rows)

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
  return name === NETLINK_LIST_MEMBERSHIPS && sock.rules.tellsGroups ? 8192 : 4
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
