import { abiConstants } from '../abi.ts'
import {
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
  /** EINTR of a handler is acknowledged if NLM_F_ACK asks for it. */
  readonly acknowledgesEintr: boolean
  /** Requests are processed inside send(2), from the creation of the socket on. */
  readonly synchronous: boolean
  /** An unbound socket gets its port when it first sends. */
  readonly bindsOnSend: boolean
  /** Ports are unique per protocol, not across all protocols of a network stack. */
  readonly portsPerProtocol: boolean
  /** One recv takes one datagram: one reply, one notification, one part of a dump. */
  readonly datagrams: boolean
  readonly sendspace: SysctlName
  readonly recvspace: SysctlName
  /** Bytes of the send buffer that no datagram may use. */
  readonly sendReserve: number
  /** A group number out of range. */
  readonly groupRange: Errno
  /** An option value of fewer than 4 bytes is taken as 0. */
  readonly shortOptionIsZero: boolean
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
    repliedFlags: 0xffff,
    quotesPort: true,
    extAck: [NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS, NLMSGERR_ATTR_COOKIE],
    extAckOnDone: false,
    acknowledgesEintr: true,
    synchronous: false,
    bindsOnSend: false,
    portsPerProtocol: false,
    datagrams: false,
    sendspace: 'net.netlink.sendspace',
    recvspace: 'net.netlink.recvspace',
    sendReserve: 0,
    groupRange: 'ERANGE',
    shortOptionIsZero: false,
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
    acknowledgesEintr: false,
    synchronous: true,
    bindsOnSend: true,
    portsPerProtocol: true,
    datagrams: true,
    sendspace: 'net.core.wmem_default',
    recvspace: 'net.core.rmem_default',
    sendReserve: 32,
    groupRange: 'EINVAL',
    shortOptionIsZero: true,
  },
}
