/** Constants of netlink(7), verbatim from linux/netlink.h and FreeBSD sys/netlink/netlink.h; same on both systems. */

/** Netlink protocols, the third argument of socket(2). */
export const NETLINK_ROUTE = 0
export const NETLINK_USERSOCK = 2
export const NETLINK_GENERIC = 16

/** Control message types; types below NLMSG_MIN_TYPE are reserved. */
export const NLMSG_NOOP = 1
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
export const NLMSG_OVERRUN = 4
export const NLMSG_MIN_TYPE = 0x10

/** `nlmsg_flags` of every message. */
export const NLM_F_REQUEST = 0x1
export const NLM_F_MULTI = 0x2
export const NLM_F_ACK = 0x4
export const NLM_F_ECHO = 0x8
export const NLM_F_DUMP_INTR = 0x10
export const NLM_F_DUMP_FILTERED = 0x20

/** `nlmsg_flags` of GET requests. */
export const NLM_F_ROOT = 0x100
export const NLM_F_MATCH = 0x200
export const NLM_F_ATOMIC = 0x400
export const NLM_F_DUMP = NLM_F_ROOT | NLM_F_MATCH

/** `nlmsg_flags` of NEW requests. */
export const NLM_F_REPLACE = 0x100
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
export const NLM_F_APPEND = 0x800

/** `nlmsg_flags` of DELETE requests. */
export const NLM_F_NONREC = 0x100
export const NLM_F_BULK = 0x200

/** `nlmsg_flags` of NLMSG_ERROR and NLMSG_DONE. */
export const NLM_F_CAPPED = 0x100
export const NLM_F_ACK_TLVS = 0x200

/** Flag bits of `nla_type`. */
export const NLA_F_NESTED = 0x8000
export const NLA_F_NET_BYTEORDER = 0x4000
export const NLA_TYPE_MASK = 0x3fff

/** Bytes of `struct nlmsghdr` and of `struct nlattr`, and the unit to which both are aligned. */
export const NLMSG_HDRLEN = 16
export const NLA_HDRLEN = 4
export const NLMSG_ALIGNTO = 4

/** Attributes of NLMSG_ERROR and NLMSG_DONE. */
export const NLMSGERR_ATTR_MSG = 1
export const NLMSGERR_ATTR_OFFS = 2
export const NLMSGERR_ATTR_COOKIE = 3
export const NLMSGERR_ATTR_POLICY = 4
export const NLMSGERR_ATTR_MISS_TYPE = 5
export const NLMSGERR_ATTR_MISS_NEST = 6

/** Socket options of level SOL_NETLINK. */
export const SOL_NETLINK = 270
export const NETLINK_ADD_MEMBERSHIP = 1
export const NETLINK_DROP_MEMBERSHIP = 2
export const NETLINK_PKTINFO = 3
export const NETLINK_BROADCAST_ERROR = 4
export const NETLINK_NO_ENOBUFS = 5
export const NETLINK_RX_RING = 6
export const NETLINK_TX_RING = 7
export const NETLINK_LISTEN_ALL_NSID = 8
export const NETLINK_LIST_MEMBERSHIPS = 9
export const NETLINK_CAP_ACK = 10
export const NETLINK_EXT_ACK = 11
export const NETLINK_GET_STRICT_CHK = 12
/** FreeBSD only. */
export const NETLINK_MSG_INFO = 257
/** FreeBSD only: requests are processed inside send(2). */
export const NETLINK_SND_SYNC = 258

/** Socket types that netlink takes; the numbers are the same on both systems. */
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3

/** Rounds a length up to the alignment of messages and attributes. */
export function align4(length: number): number {
  return (length + 3) & ~3
}
