import {
  attributeSet,
  type Body,
  be16,
  be32,
  body,
  bytes,
  family,
  type Infer,
  i32,
  ip,
  nested,
  nulString,
  records,
  struct,
  u8,
  u16,
  u32,
} from '@nltool/nl-core/wire'
import { routeHooks } from './abi.ts'
import { via } from './via.ts'

/** `struct rtmsg`, rtnetlink(7): 12 bytes. */
export const rtmsg = struct('rtmsg', {
  family,
  dstLen: u8,
  srcLen: u8,
  tos: u8,
  table: u8,
  protocol: u8, // RTPROT_*
  scope: u8, // RT_SCOPE_*
  type: u8, // RTN_*
  flags: u32, // RTM_F_*
})

/** `struct rtnexthop`: 8 bytes, then attributes; `len` counts both. */
export const rtnexthop = struct('rtnexthop', {
  len: u16,
  flags: u8, // RTNH_F_*
  hops: u8, // FreeBSD: the weight; Linux: the weight less one
  ifindex: i32,
})

/** `struct rta_cacheinfo`; `expires` in 1/100 s. */
const rtaCacheinfo = struct('rta_cacheinfo', {
  clntref: u32,
  lastuse: u32,
  expires: i32,
  error: u32,
  used: u32,
  id: u32,
  ts: u32,
  tsage: u32,
})

/** RTAX_*, inside RTA_METRICS. FreeBSD reads only the MTU. */
export const metricsAttrs = attributeSet({
  RTAX_LOCK: [1, 'lock', u32],
  RTAX_MTU: [2, 'mtu', u32],
  RTAX_WINDOW: [3, 'window', u32],
  RTAX_RTT: [4, 'rtt', u32],
  RTAX_RTTVAR: [5, 'rttvar', u32],
  RTAX_SSTHRESH: [6, 'ssthresh', u32],
  RTAX_CWND: [7, 'cwnd', u32],
  RTAX_ADVMSS: [8, 'advmss', u32],
  RTAX_REORDERING: [9, 'reordering', u32],
  RTAX_HOPLIMIT: [10, 'hoplimit', u32],
  RTAX_INITCWND: [11, 'initcwnd', u32],
  RTAX_FEATURES: [12, 'features', u32],
  RTAX_RTO_MIN: [13, 'rtoMin', u32],
  RTAX_INITRWND: [14, 'initrwnd', u32],
  RTAX_QUICKACK: [15, 'quickack', u32],
  RTAX_CC_ALGO: [16, 'ccAlgo', nulString()],
  RTAX_FASTOPEN_NO_COOKIE: [17, 'fastopenNoCookie', u32],
})

const linuxOnly = { freebsd: null } as const
const freebsdOnly = { linux: null } as const

/** RTA_* of one path inside RTA_MULTIPATH. */
export const legAttrs = attributeSet({
  RTA_GATEWAY: [5, 'gateway', ip],
  RTA_VIA: [18, 'via', via],
  NL_RTA_RTFLAGS: [14, 'rtflags', u32, freebsdOnly],
  RTA_METRICS: [8, 'metrics', nested(metricsAttrs)],
  RTA_FLOW: [11, 'flow', u32],
  RTA_ENCAP_TYPE: [21, 'encapType', u16],
  RTA_ENCAP: [22, 'encap', bytes()],
  RTA_NEWDST: [19, 'newdst', bytes()],
  RTA_TTL_PROPAGATE: [26, 'ttlPropagate', u8],
})

/** RTA_*, linux/rtnetlink.h and FreeBSD netlink/route/route.h, in the order in which FreeBSD writes them. */
export const routeAttrs = attributeSet({
  RTA_TABLE: [15, 'table', u32],
  RTA_DST: [1, 'dst', ip],
  RTA_SRC: [2, 'src', ip],
  RTA_GATEWAY: [5, 'gateway', ip],
  RTA_VIA: [18, 'via', via],
  RTA_NH_ID: [30, 'nhid', u32],
  NL_RTA_KNH_ID: [10, 'knhid', u32, freebsdOnly],
  NL_RTA_RTFLAGS: [14, 'rtflags', u32, freebsdOnly],
  RTA_METRICS: [8, 'metrics', nested(metricsAttrs)],
  RTA_MULTIPATH: [9, 'multipath', records(rtnexthop, 'len', legAttrs)],
  RTA_EXPIRES: [23, 'expires', u32],
  RTA_OIF: [4, 'oif', u32],
  NL_RTA_WEIGHT: [13, 'weight', u32, freebsdOnly],
  RTA_IIF: [3, 'iif', u32],
  RTA_PRIORITY: [6, 'priority', u32],
  RTA_PREFSRC: [7, 'prefsrc', ip],
  RTA_PROTOINFO: [10, 'protoinfo', bytes(), linuxOnly],
  RTA_FLOW: [11, 'flow', u32],
  RTA_CACHEINFO: [12, 'cacheinfo', rtaCacheinfo],
  RTA_SESSION: [13, 'session', bytes(), linuxOnly],
  RTA_MP_ALGO: [14, 'mpAlgo', bytes(), linuxOnly],
  RTA_MARK: [16, 'mark', u32],
  RTA_MFC_STATS: [17, 'mfcStats', bytes()],
  RTA_NEWDST: [19, 'newdst', bytes()],
  RTA_PREF: [20, 'pref', u8],
  RTA_ENCAP_TYPE: [21, 'encapType', u16],
  RTA_ENCAP: [22, 'encap', bytes()],
  RTA_PAD: [24, 'pad', bytes()],
  RTA_UID: [25, 'uid', u32],
  RTA_TTL_PROPAGATE: [26, 'ttlPropagate', u8],
  RTA_IP_PROTO: [27, 'ipProto', u8],
  RTA_SPORT: [28, 'sport', be16],
  RTA_DPORT: [29, 'dport', be16],
  RTA_FLOWLABEL: [31, 'flowlabel', be32],
})

export interface Rtmsg extends Infer<typeof rtmsg> {}
export interface RouteAttrs extends Infer<typeof routeAttrs> {}
export interface LegAttrs extends Infer<typeof legAttrs> {}
export interface Rtnexthop extends Omit<Infer<typeof rtnexthop>, 'len'> {}

/** One path of RTA_MULTIPATH. */
export interface Leg {
  readonly header: Rtnexthop
  readonly attrs: LegAttrs
}

/** Header and attributes of RTM_*ROUTE. */
export interface RouteBody {
  readonly header: Rtmsg
  readonly attrs: RouteAttrs
  /** What only Linux has words for, used by its hooks; never encoded as such. */
  readonly linux?: { readonly type: number; readonly priority: number } | undefined
}

/** RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE. */
export const routeBody: Body<RouteBody> = body(rtmsg, routeAttrs, { name: 'route', linux: routeHooks })
