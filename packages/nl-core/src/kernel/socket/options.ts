import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_BROADCAST_ERROR,
  NETLINK_CAP_ACK,
  NETLINK_DROP_MEMBERSHIP,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_LIST_MEMBERSHIPS,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_MSG_INFO,
  NETLINK_NO_ENOBUFS,
  NETLINK_PKTINFO,
  NETLINK_SND_SYNC,
} from '../../constants.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import { privileged } from '../../model/cred.ts'
import type { Awaitable } from '../../model/time.ts'
import { changeMembership, groupLimit, membershipWords } from './membership.ts'
import type { OptionValue } from './netlink-socket.ts'
import type { Sock, SockFlags } from './sock.ts'
import { setSendSync } from './sync-switch.ts'

/** One option of level SOL_NETLINK. What is absent is refused with ENOPROTOOPT. */
interface OptionRow {
  readonly name: string
  /** ABIs whose programs may set and read it. */
  readonly abis: readonly Abi[]
  /** On a socket of another ABI the personality may say EINVAL instead. */
  readonly foreign?: true
  readonly set?: (sock: Sock, value: number) => Awaitable<void>
  readonly get?: (sock: Sock, size: number) => OptionValue
}

const both: readonly Abi[] = ['freebsd', 'linux']

function onOff(name: string, flag: keyof SockFlags, abis: readonly Abi[], changed?: (sock: Sock) => void): OptionRow {
  return {
    name,
    abis,
    set(sock, value) {
      sock.flags[flag] = value !== 0
      changed?.(sock)
    },
    get: (sock, size) => intValue(sock.flags[flag] ? 1 : 0, size),
  }
}

/** Options of level SOL_NETLINK by number. The removed rings, 6 and 7, have no row: they answer as unknown ones do. */
const rows: { readonly [number: number]: OptionRow } = {
  [NETLINK_ADD_MEMBERSHIP]: {
    name: 'NETLINK_ADD_MEMBERSHIP',
    abis: both,
    set: (sock, value) => changeMembership(sock, value, true),
  },
  [NETLINK_DROP_MEMBERSHIP]: {
    name: 'NETLINK_DROP_MEMBERSHIP',
    abis: both,
    set: (sock, value) => changeMembership(sock, value, false),
  },
  [NETLINK_PKTINFO]: onOff('NETLINK_PKTINFO', 'pktinfo', ['linux']),
  [NETLINK_BROADCAST_ERROR]: onOff('NETLINK_BROADCAST_ERROR', 'broadcastError', ['linux']),
  [NETLINK_NO_ENOBUFS]: onOff('NETLINK_NO_ENOBUFS', 'noEnobufs', ['linux'], forgetLoss),
  [NETLINK_LISTEN_ALL_NSID]: {
    ...onOff('NETLINK_LISTEN_ALL_NSID', 'listenAllNsid', ['linux']),
    set: setListenAllNsid,
  },
  [NETLINK_LIST_MEMBERSHIPS]: { name: 'NETLINK_LIST_MEMBERSHIPS', abis: both, get: listMemberships },
  [NETLINK_CAP_ACK]: onOff('NETLINK_CAP_ACK', 'capAck', both),
  [NETLINK_EXT_ACK]: onOff('NETLINK_EXT_ACK', 'extAck', both),
  [NETLINK_GET_STRICT_CHK]: onOff('NETLINK_GET_STRICT_CHK', 'strict', both),
  [NETLINK_MSG_INFO]: { ...onOff('NETLINK_MSG_INFO', 'msgInfo', ['freebsd']), foreign: true },
  [NETLINK_SND_SYNC]: {
    name: 'NETLINK_SND_SYNC',
    abis: ['freebsd'],
    foreign: true,
    set: (sock, value) => setSendSync(sock, value !== 0),
    get: (sock, size) => intValue(sock.flags.sndSync ? 1 : 0, size),
  },
}

/** An `int` as getsockopt(2) writes it into a buffer of `size` bytes. */
export function intValue(value: number, size: number): OptionValue {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value, true)
  const fits = bytes.subarray(0, size)
  return { bytes: fits, length: fits.length, value }
}

function optionRow(sock: Sock, name: number, mode: 'set' | 'get'): OptionRow {
  const row = rows[name]
  const { abi } = sock.rules
  if (row !== undefined && row.foreign === true && !row.abis.includes(abi)) {
    throw new SocketError(sock.core.personality.foreignOption, `${row.name} is not for ${abi} programs`)
  }
  if (row === undefined || !row.abis.includes(abi) || row[mode] === undefined) {
    throw new SocketError('ENOPROTOOPT', `${mode}sockopt of ${row?.name ?? `option ${name}`} on a ${abi} socket`)
  }
  return row
}

/** setsockopt(2) of level SOL_NETLINK. */
export function setNetlinkOption(sock: Sock, name: number, value: number): Awaitable<void> {
  return optionRow(sock, name, 'set').set?.(sock, value)
}

/** getsockopt(2) of level SOL_NETLINK. */
export function getNetlinkOption(sock: Sock, name: number, size: number): OptionValue {
  const row = optionRow(sock, name, 'get')
  if (size < sock.rules.optionSizeMin && name !== NETLINK_LIST_MEMBERSHIPS) {
    throw new SocketError('EINVAL', `${row.name} needs a buffer of ${sock.rules.optionSizeMin} bytes, not ${size}`)
  }
  return row.get?.(sock, size) ?? intValue(0, size)
}

function forgetLoss(sock: Sock): void {
  if (!sock.flags.noEnobufs) return
  sock.rx.overrun = false
  sock.rx.congested = false
}

function setListenAllNsid(sock: Sock, value: number): void {
  // CAP_NET_BROADCAST on Linux; here whoever may administer the network may also listen to all of it.
  if (!privileged(sock.cred, 'net-admin')) throw new SocketError('EPERM', 'NETLINK_LISTEN_ALL_NSID needs a privilege')
  sock.flags.listenAllNsid = value !== 0
  sock.core.groups.listenEverywhere(sock, value !== 0)
}

/** FreeBSD: one word, groups 1 to 32. Linux: all words, as many as fit, and the length that all would need. */
function listMemberships(sock: Sock, size: number): OptionValue {
  const all = sock.rules.tellsGroups
  const mask = membershipWords(sock, all ? Math.ceil(groupLimit(sock) / 32) : 1)
  const bytes = new Uint8Array(mask.buffer)
  const fits = bytes.subarray(0, all ? size & ~3 : size)
  return { bytes: fits, length: all ? bytes.length : fits.length, value: (mask[0] ?? 0) | 0 }
}
