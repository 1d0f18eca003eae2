import { abiConstants } from '../abi.ts'
import {
  NLM_F_DUMP_FILTERED,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSGERR_ATTR_COOKIE,
  NLMSGERR_ATTR_MISS_NEST,
  NLMSGERR_ATTR_MISS_TYPE,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
  NLMSGERR_ATTR_POLICY,
} from '../constants.ts'
import type { Errno } from '../errno/table.ts'
import type { Abi } from '../model/abi.ts'
import type { SysctlName } from './sysctl.ts'

/** What the ABI of a socket decides beside numbers: port rules, datagram borders, when a request is processed. */
export interface AbiRules {
  readonly abi: Abi
  readonly MSG_OOB: number
  readonly MSG_PEEK: number
  readonly MSG_DONTWAIT: number
  readonly MSG_TRUNC: number
  /** Sign of an errno in NLMSG_ERROR and NLMSG_DONE. */
  readonly errnoSign: 1 | -1
  /** `nlmsg_flags` of NLMSG_DONE. */
  readonly doneFlags: number
  /** Which flags of a request its answers repeat. */
  readonly repliedFlags: number
  /** An NLMSG_ERROR quotes the header with the port of the socket in it, not as it was sent. */
  readonly quotesPort: boolean
  /** Attributes of NLMSG_ERROR, in the order of writing. */
  readonly extAck: readonly number[]
  /** NLMSG_DONE may carry them too. */
  readonly extAckOnDone: boolean
  /** Bytes of an error text, without its NUL. */
  readonly textMax: number
  /** EINTR of a handler is acknowledged if NLM_F_ACK asks for it. */
  readonly acknowledgesEintr: boolean
  /** A fixed header that is cut short is extended with zeros in every request, not only where its handler says so. */
  readonly extendsHeaders: boolean
  /** Bodies pass through the hooks of their schema, `fromAbi` and `toAbi`. */
  readonly translates: boolean
  /** Requests are processed inside send(2), from the creation of the socket on. */
  readonly synchronous: boolean
  /** A malformed header makes a synchronous send(2) fail with EINVAL. */
  readonly refusesMalformed: boolean
  /** connect(2) stores a peer, sendto(2) honours an address, getpeername(2) knows one. */
  readonly hasPeers: boolean
  /** Once the protocol of the socket has been taken back, bind(2) fails with ENOENT and send(2) with ECONNREFUSED. */
  readonly needsProtocol: boolean
  /** Ports are unique per protocol, not across all protocols of a network stack. */
  readonly portsPerProtocol: boolean
  /** What is chosen where the process id is taken: one of 16 random ports, or the next free one of the negative ones. */
  readonly fallbackPorts: 'random' | 'negative'
  /** connect(2) tries this many ports from the process id on; 0: it chooses as bind(2) does. */
  readonly connectTries: number
  /** One recv takes one datagram: one reply, one notification, one part of a dump. */
  readonly datagrams: boolean
  /** A loss is a pending error of the socket: SO_ERROR tells and clears it. */
  readonly lossIsPendingError: boolean
  readonly sendspace: SysctlName
  readonly recvspace: SysctlName
  /** Bytes of the send buffer that no datagram may use. */
  readonly sendReserve: number
  /** Groups that a program may name; `undefined`: as many as the protocol has, at least 32. */
  readonly groupsMax: number | undefined
  /** A group number out of range. */
  readonly groupRange: Errno
  /** getsockname(2) tells the groups, and NETLINK_LIST_MEMBERSHIPS those above 32 as well. */
  readonly tellsGroups: boolean
  /** An option value of fewer than 4 bytes is taken as 0. */
  readonly shortOptionIsZero: boolean
  /** The smallest buffer into which an option is read, bytes. */
  readonly optionSizeMin: number
}

/** The rules of both ABIs (netlink(4) of FreeBSD, netlink(7) of Linux, af_netlink.c). */
export const abiRules: Readonly<Record<Abi, AbiRules>> = {
  freebsd: {
    abi: 'freebsd',
    MSG_OOB: abiConstants.freebsd.MSG_OOB,
    MSG_PEEK: abiConstants.freebsd.MSG_PEEK,
    MSG_DONTWAIT: abiConstants.freebsd.MSG_DONTWAIT,
    MSG_TRUNC: abiConstants.freebsd.MSG_TRUNC,
    errnoSign: 1,
    doneFlags: 0,
    repliedFlags: 0xffff & ~(NLM_F_MULTI | NLM_F_DUMP_INTR | NLM_F_DUMP_FILTERED), // those are the kernel's to set
    quotesPort: true,
    extAck: [NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS, NLMSGERR_ATTR_COOKIE],
    extAckOnDone: false,
    textMax: 127,
    acknowledgesEintr: true,
    extendsHeaders: true,
    translates: false,
    synchronous: false,
    refusesMalformed: true,
    hasPeers: false,
    needsProtocol: false,
    portsPerProtocol: false,
    fallbackPorts: 'random',
    connectTries: 10,
    datagrams: false,
    lossIsPendingError: false,
    sendspace: 'net.netlink.sendspace',
    recvspace: 'net.netlink.recvspace',
    sendReserve: 0,
    groupsMax: 127,
    groupRange: 'ERANGE',
    tellsGroups: false,
    shortOptionIsZero: false,
    optionSizeMin: 0,
  },
  linux: {
    abi: 'linux',
    MSG_OOB: abiConstants.linux.MSG_OOB,
    MSG_PEEK: abiConstants.linux.MSG_PEEK,
    MSG_DONTWAIT: abiConstants.linux.MSG_DONTWAIT,
    MSG_TRUNC: abiConstants.linux.MSG_TRUNC,
    errnoSign: -1,
    doneFlags: NLM_F_MULTI,
    repliedFlags: 0,
    quotesPort: false,
    extAck: [
      NLMSGERR_ATTR_MSG,
      NLMSGERR_ATTR_COOKIE,
      NLMSGERR_ATTR_OFFS,
      NLMSGERR_ATTR_POLICY,
      NLMSGERR_ATTR_MISS_TYPE,
      NLMSGERR_ATTR_MISS_NEST,
    ],
    extAckOnDone: true,
    textMax: Number.POSITIVE_INFINITY,
    acknowledgesEintr: false,
    extendsHeaders: false,
    translates: true,
    synchronous: true,
    refusesMalformed: false,
    hasPeers: true,
    needsProtocol: true,
    portsPerProtocol: true,
    fallbackPorts: 'negative',
    connectTries: 0,
    datagrams: true,
    lossIsPendingError: true,
    sendspace: 'net.core.wmem_default',
    recvspace: 'net.core.rmem_default',
    sendReserve: 32,
    groupsMax: undefined,
    groupRange: 'EINVAL',
    tellsGroups: true,
    shortOptionIsZero: true,
    optionSizeMin: 4,
  },
}
