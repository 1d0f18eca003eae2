/** RTN_*: `rtm_type`, linux/rtnetlink.h. */
export const RTN = {
  RTN_UNSPEC: 0,
  RTN_UNICAST: 1,
  RTN_LOCAL: 2,
  RTN_BROADCAST: 3,
  RTN_ANYCAST: 4,
  RTN_MULTICAST: 5,
  RTN_BLACKHOLE: 6,
  RTN_UNREACHABLE: 7,
  RTN_PROHIBIT: 8,
  RTN_THROW: 9,
  RTN_NAT: 10,
  RTN_XRESOLVE: 11,
} as const

/** Route types by number, in the words of iproute2. */
export const routeKinds = [
  'unspec',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
] as const
/** A route type. */
export type RouteKind = (typeof routeKinds)[number]

/** RTPROT_*: `rtm_protocol`. RTPROT_MRT is 10; FreeBSD's header has a slip there. */
export const RTPROT = {
  RTPROT_UNSPEC: 0,
  RTPROT_REDIRECT: 1,
  RTPROT_KERNEL: 2,
  RTPROT_BOOT: 3,
  RTPROT_STATIC: 4,
  RTPROT_GATED: 8,
  RTPROT_RA: 9,
  RTPROT_MRT: 10,
  RTPROT_ZEBRA: 11,
  RTPROT_BIRD: 12,
  RTPROT_DNROUTED: 13,
  RTPROT_XORP: 14,
  RTPROT_NTK: 15,
  RTPROT_DHCP: 16,
  RTPROT_MROUTED: 17,
  RTPROT_KEEPALIVED: 18,
  RTPROT_BABEL: 42,
  RTPROT_OVN: 84,
  RTPROT_OPENR: 99,
  RTPROT_BGP: 186,
  RTPROT_ISIS: 187,
  RTPROT_OSPF: 188,
  RTPROT_RIP: 189,
  RTPROT_EIGRP: 192,
} as const

/** RT_SCOPE_*: `rtm_scope` and `ifa_scope`; larger is narrower. */
export const RT_SCOPE = {
  RT_SCOPE_UNIVERSE: 0,
  RT_SCOPE_SITE: 200,
  RT_SCOPE_LINK: 253,
  RT_SCOPE_HOST: 254,
  RT_SCOPE_NOWHERE: 255,
} as const

/** RT_TABLE_*, FreeBSD: the table is the number of the fib. */
export const RT_TABLE = { RT_TABLE_MAIN: 0, RT_TABLE_UNSPEC: 0xffffffff } as const
/** RT_TABLE_*, Linux. */
export const linuxRT_TABLE = {
  RT_TABLE_UNSPEC: 0,
  RT_TABLE_COMPAT: 252,
  RT_TABLE_DEFAULT: 253,
  RT_TABLE_MAIN: 254,
  RT_TABLE_LOCAL: 255,
} as const

/** RTM_F_*: `rtm_flags`. */
export const RTM_F = {
  RTM_F_NOTIFY: 0x100,
  RTM_F_CLONED: 0x200,
  RTM_F_EQUALIZE: 0x400,
  RTM_F_PREFIX: 0x800,
  RTM_F_LOOKUP_TABLE: 0x1000,
  RTM_F_FIB_MATCH: 0x2000,
  RTM_F_OFFLOAD: 0x4000,
  RTM_F_TRAP: 0x8000,
  RTM_F_OFFLOAD_FAILED: 0x20000000,
} as const

/** RTNH_F_*: `rtnh_flags`, `nh_flags` and the low byte of `rtm_flags`. */
export const RTNH_F = {
  RTNH_F_DEAD: 1,
  RTNH_F_PERVASIVE: 2,
  RTNH_F_ONLINK: 4,
  RTNH_F_OFFLOAD: 8,
  RTNH_F_LINKDOWN: 16,
  RTNH_F_UNRESOLVED: 32,
  RTNH_F_TRAP: 64,
} as const

/** RTF_*: NL_RTA_RTFLAGS, FreeBSD sys/net/route.h. */
export const RTF = {
  RTF_UP: 0x1,
  RTF_GATEWAY: 0x2,
  RTF_HOST: 0x4,
  RTF_REJECT: 0x8,
  RTF_DYNAMIC: 0x10,
  RTF_MODIFIED: 0x20,
  RTF_DONE: 0x40,
  RTF_XRESOLVE: 0x200,
  RTF_LLDATA: 0x400,
  RTF_STATIC: 0x800,
  RTF_BLACKHOLE: 0x1000,
  RTF_PROTO2: 0x4000,
  RTF_PROTO1: 0x8000,
  RTF_PROTO3: 0x40000,
  RTF_FIXEDMTU: 0x80000,
  RTF_PINNED: 0x100000,
  RTF_LOCAL: 0x200000,
  RTF_BROADCAST: 0x400000,
  RTF_MULTICAST: 0x800000,
  RTF_STICKY: 0x10000000,
} as const

/** Address families of the model, FreeBSD's numbers. */
export const AF_UNSPEC = 0
export const AF_INET = 2
export const AF_LINK = 18
export const AF_INET6 = 28
