import { attributeSet, nulString, u32 } from '@nltool/nl-core/wire'

/**
 * Attributes of this project, inside IFLA_NLTOOL (0x3f00) on FreeBSD-ABI sockets: what ifconfig(8) does by ioctl and
 * FreeBSD's netlink has no attribute for. Besides these, an RTM_NEWLINK that finds its interface by index renames it if
 * IFLA_IFNAME differs, and `ifi_change` reaches every flag that a user may set.
 *
 * | attribute | request | answer |
 * |---|---|---|
 * | NLTOOL_VNET | moves the interface to that network stack | – |
 * | NLTOOL_GROUP_JOIN, NLTOOL_GROUP_LEAVE | interface groups, any number of each | – |
 * | NLTOOL_METRIC | sets the metric | the metric |
 * | NLTOOL_FIB | sets the routing table | the routing table |
 * | NLTOOL_CLONER, NLTOOL_PEER_NAME | creates with this cloner, then gives IFLA_IFNAME and its other end this name | – |
 */
export const nltoolLinkAttrs = attributeSet({
  NLTOOL_VNET: [1, 'vnet', u32],
  NLTOOL_GROUP_JOIN: [2, 'groupJoin', nulString({ max: 15 }), { multi: true }],
  NLTOOL_GROUP_LEAVE: [3, 'groupLeave', nulString({ max: 15 }), { multi: true }],
  NLTOOL_METRIC: [4, 'metric', u32],
  NLTOOL_FIB: [5, 'fib', u32],
  NLTOOL_CLONER: [6, 'cloner', nulString({ max: 15 })],
  NLTOOL_PEER_NAME: [7, 'peerName', nulString({ max: 15 })],
})
