import {
  as,
  attributeSet,
  type Body,
  body,
  bytes,
  family,
  type Infer,
  i32,
  nested,
  nulString,
  pad,
  struct,
  u8,
  u16,
  u32,
  u32s,
  u64,
  u64s,
} from '@nltool/nl-core/wire'
import { linkHooks } from './abi.ts'
import { linkinfoAttrs } from './linkinfo.ts'
import { nltoolLinkAttrs } from './project.ts'

/** `struct ifinfomsg`, rtnetlink(7): 16 bytes. */
export const ifinfomsg = struct('ifinfomsg', {
  family,
  pad: pad(1),
  type: u16, // IFT_*, in the Linux ABI ARPHRD_*
  ifindex: i32,
  flags: u32, // IFF_*
  change: u32, // which flags are meant
})

/** `struct rtnl_link_ifmap`. */
const rtnlLinkIfmap = struct('rtnl_link_ifmap', {
  memStart: u64,
  memEnd: u64,
  baseAddr: u64,
  irq: u16,
  dma: u8,
  port: u8,
  pad: pad(4),
})

const xdpAttrs = attributeSet({
  IFLA_XDP_FD: [1, 'fd', i32],
  IFLA_XDP_ATTACHED: [2, 'attached', u8],
  IFLA_XDP_FLAGS: [3, 'flags', u32],
  IFLA_XDP_PROG_ID: [4, 'progId', u32],
})

const inetSpecAttrs = attributeSet({
  IFLA_INET_CONF: [1, 'conf', u32s],
})

/** `struct ifla_cacheinfo`; times in milliseconds. */
const iflaCacheinfo = struct('ifla_cacheinfo', { maxReasmLen: u32, tstamp: u32, reachableTime: u32, retransTime: u32 })

const inet6SpecAttrs = attributeSet({
  IFLA_INET6_FLAGS: [1, 'flags', u32],
  IFLA_INET6_CACHEINFO: [5, 'cacheinfo', iflaCacheinfo],
  IFLA_INET6_CONF: [2, 'conf', u32s],
  IFLA_INET6_STATS: [3, 'stats', u64s],
  IFLA_INET6_ICMP6STATS: [6, 'icmp6stats', u64s],
  IFLA_INET6_TOKEN: [7, 'token', bytes({ length: 16 })],
  IFLA_INET6_ADDR_GEN_MODE: [8, 'addrGenMode', u8],
})

/** IFLA_AF_SPEC: one nest for each address family; none carries NLA_F_NESTED. */
const afSpecAttrs = attributeSet({
  AF_INET: [2, 'inet', nested(inetSpecAttrs)],
  AF_BRIDGE: [7, 'bridge', bytes(), { freebsd: null }],
  AF_INET6: [28, 'inet6', nested(inet6SpecAttrs), { linux: 10 }],
})

/** NLA_BITSET_*: FreeBSD's form of a bit set in IFLAF_CAPS. */
const bitsetAttrs = attributeSet({
  NLA_BITSET_SIZE: [2, 'size', u32],
  NLA_BITSET_BITS: [3, 'bits', bytes()],
  NLA_BITSET_VALUE: [4, 'value', bytes()], // what is supported
  NLA_BITSET_MASK: [5, 'mask', bytes()], // what is enabled
})

const groupListAttrs = attributeSet({
  IFLAF_GROUP_NAME: [1, 'names', nulString({ max: 15 }), { multi: true }],
})

const vfStatusAttrs = attributeSet({
  IFLAF_VF_ERROR: [1, 'error', u32],
  IFLAF_VF_PF_LINK_STATE: [2, 'pfLinkState', u8],
  IFLAF_VF_PF_LINK_SPEED: [3, 'pfLinkSpeed', u64],
})

/** IFLAF_*, inside IFLA_FREEBSD. */
export const iflafAttrs = attributeSet({
  IFLAF_ORIG_IFNAME: [1, 'origIfname', nulString({ max: 15 })],
  IFLAF_ORIG_HWADDR: [2, 'origHwaddr', bytes({ max: 32 })],
  IFLAF_CAPS: [3, 'caps', nested(bitsetAttrs)],
  IFLAF_GROUP: [4, 'group', nested(groupListAttrs)],
  IFLAF_VF_STATUS: [5, 'vfStatus', nested(vfStatusAttrs)],
})

const propListAttrs = attributeSet({
  IFLA_ALT_IFNAME: [53, 'altIfname', nulString({ max: 127 }), { multi: true }],
})

const protoDownReasonAttrs = attributeSet({
  IFLA_PROTO_DOWN_REASON_MASK: [1, 'mask', u32],
  IFLA_PROTO_DOWN_REASON_VALUE: [2, 'value', u32],
})

const emptyAttrs = attributeSet({})
const linuxOnly = { freebsd: null } as const
const freebsdOnly = { linux: null } as const

/** IFLA_*, linux/if_link.h and FreeBSD netlink/route/interface.h, in the order in which FreeBSD writes them. */
export const linkAttrs = attributeSet({
  IFLA_IFNAME: [3, 'ifname', nulString({ max: 15 })],
  IFLA_OPERSTATE: [16, 'operstate', u8],
  IFLA_CARRIER: [33, 'carrier', u8],
  IFLA_ADDRESS: [1, 'address', bytes({ max: 32 })],
  IFLA_BROADCAST: [2, 'broadcast', bytes({ max: 32 })],
  IFLA_MTU: [4, 'mtu', u32],
  IFLA_NUM_VF: [21, 'numVf', u32],
  IFLA_IFALIAS: [20, 'ifalias', nulString({ max: 1023 })],
  IFLA_FREEBSD: [64, 'freebsd', nested(iflafAttrs), freebsdOnly],
  IFLA_FREEBSD_VF: [65, 'freebsdVf', bytes(), { linux: null, multi: true }],
  IFLA_STATS64: [23, 'stats64', u64s],
  IFLA_STATS: [7, 'stats', u32s],
  IFLA_PROMISCUITY: [30, 'promiscuity', u32],
  IFLA_LINKINFO: [18, 'linkinfo', nested(linkinfoAttrs)],
  IFLA_LINK: [5, 'link', u32],
  IFLA_MASTER: [10, 'master', u32],
  IFLA_QDISC: [6, 'qdisc', nulString()],
  IFLA_COST: [8, 'cost', bytes()],
  IFLA_PRIORITY: [9, 'priority', bytes()],
  IFLA_WIRELESS: [11, 'wireless', bytes()],
  IFLA_PROTINFO: [12, 'protinfo', bytes()],
  IFLA_TXQLEN: [13, 'txqlen', u32],
  IFLA_MAP: [14, 'map', rtnlLinkIfmap],
  IFLA_WEIGHT: [15, 'weight', u32],
  IFLA_LINKMODE: [17, 'linkmode', u8],
  IFLA_NET_NS_PID: [19, 'netNsPid', u32],
  IFLA_VFINFO_LIST: [22, 'vfinfoList', bytes()],
  IFLA_VF_PORTS: [24, 'vfPorts', bytes()],
  IFLA_PORT_SELF: [25, 'portSelf', bytes()],
  IFLA_AF_SPEC: [26, 'afSpec', nested(afSpecAttrs)],
  // A name for FreeBSD, a number for Linux.
  IFLA_GROUP: [
    27,
    'group',
    as<string | number>(nulString({ max: 15 })),
    { linux: { value: as<string | number>(u32) } },
  ],
  IFLA_NET_NS_FD: [28, 'netNsFd', u32],
  IFLA_EXT_MASK: [29, 'extMask', u32],
  IFLA_NUM_TX_QUEUES: [31, 'numTxQueues', u32],
  IFLA_NUM_RX_QUEUES: [32, 'numRxQueues', u32],
  IFLA_PHYS_PORT_ID: [34, 'physPortId', bytes()],
  IFLA_CARRIER_CHANGES: [35, 'carrierChanges', u32],
  IFLA_PHYS_SWITCH_ID: [36, 'physSwitchId', bytes()],
  IFLA_LINK_NETNSID: [37, 'linkNetnsid', i32],
  IFLA_PHYS_PORT_NAME: [38, 'physPortName', nulString()],
  IFLA_PROTO_DOWN: [39, 'protoDown', u8],
  IFLA_GSO_MAX_SEGS: [40, 'gsoMaxSegs', u32],
  IFLA_GSO_MAX_SIZE: [41, 'gsoMaxSize', u32],
  IFLA_PAD: [42, 'pad', bytes()],
  IFLA_XDP: [43, 'xdp', nested(xdpAttrs)],
  IFLA_EVENT: [44, 'event', u32],
  IFLA_NEW_NETNSID: [45, 'newNetnsid', i32],
  IFLA_TARGET_NETNSID: [46, 'targetNetnsid', i32],
  IFLA_CARRIER_UP_COUNT: [47, 'carrierUpCount', u32],
  IFLA_CARRIER_DOWN_COUNT: [48, 'carrierDownCount', u32],
  IFLA_NEW_IFINDEX: [49, 'newIfindex', u32],
  IFLA_MIN_MTU: [50, 'minMtu', u32],
  IFLA_MAX_MTU: [51, 'maxMtu', u32],
  IFLA_PROP_LIST: [52, 'propList', nested(propListAttrs)],
  IFLA_ALT_IFNAME: [53, 'altIfname', nulString({ max: 127 })],
  IFLA_PERM_ADDRESS: [54, 'permAddress', bytes({ max: 32 })],
  IFLA_PROTO_DOWN_REASON: [55, 'protoDownReason', nested(protoDownReasonAttrs)],
  IFLA_PARENT_DEV_NAME: [56, 'parentDevName', nulString()],
  IFLA_PARENT_DEV_BUS_NAME: [57, 'parentDevBusName', nulString()],
  IFLA_GRO_MAX_SIZE: [58, 'groMaxSize', u32],
  IFLA_TSO_MAX_SIZE: [59, 'tsoMaxSize', u32, linuxOnly],
  IFLA_TSO_MAX_SEGS: [59, 'tsoMaxSegs', u32, { linux: 60 }],
  IFLA_ALLMULTI: [60, 'allmulti', u32, { linux: 61 }],
  IFLA_DEVLINK_PORT: [61, 'devlinkPort', nested(emptyAttrs, { flagged: true }), { linux: 62 }],
  IFLA_GSO_IPV4_MAX_SIZE: [62, 'gsoIpv4MaxSize', u32, { linux: 63 }],
  IFLA_GRO_IPV4_MAX_SIZE: [63, 'groIpv4MaxSize', u32, { linux: 64 }],
  IFLA_DPLL_PIN: [65, 'dpllPin', nested(emptyAttrs, { flagged: true }), linuxOnly],
  IFLA_MAX_PACING_OFFLOAD_HORIZON: [66, 'maxPacingOffloadHorizon', u32, linuxOnly],
  IFLA_NETNS_IMMUTABLE: [67, 'netnsImmutable', u8, linuxOnly],
  IFLA_HEADROOM: [68, 'headroom', u16, linuxOnly],
  IFLA_TAILROOM: [69, 'tailroom', u16, linuxOnly],
  IFLA_NLTOOL: [0x3f00, 'nltool', nested(nltoolLinkAttrs), freebsdOnly],
})

export interface Ifinfomsg extends Infer<typeof ifinfomsg> {}
export interface LinkAttrs extends Infer<typeof linkAttrs> {}

/** Header and attributes of RTM_*LINK. */
export interface LinkBody {
  readonly header: Ifinfomsg
  readonly attrs: LinkAttrs
}

/** RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK. */
export const linkBody: Body<LinkBody> = body(ifinfomsg, linkAttrs, { name: 'link', linux: linkHooks })
