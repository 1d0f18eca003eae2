import {
  attributeSet,
  type Body,
  body,
  bytes,
  family,
  flag,
  type Infer,
  ip,
  nested,
  pad,
  struct,
  structs,
  u8,
  u16,
  u32,
  u64,
} from '@nltool/nl-core/wire'
import { nexthopHooks } from './abi.ts'

/** `struct nhmsg`, linux/nexthop.h: 8 bytes. */
export const nhmsg = struct('nhmsg', {
  family,
  scope: u8, // output only
  protocol: u8, // RTPROT_*
  pad: pad(1),
  flags: u32, // RTNH_F_*
})

/** `struct nexthop_grp`: FreeBSD has the weight in `weight`, Linux the weight less one, its high byte in `weightHigh`. */
export const nexthopGrp = struct('nexthop_grp', { id: u32, weight: u8, weightHigh: u8, resvd2: u16 })

const resGroupAttrs = attributeSet({
  NHA_RES_GROUP_BUCKETS: [1, 'buckets', u16],
  NHA_RES_GROUP_IDLE_TIMER: [2, 'idleTimer', u32], // 1/100 s, as the next
  NHA_RES_GROUP_UNBALANCED_TIMER: [3, 'unbalancedTimer', u32],
  NHA_RES_GROUP_UNBALANCED_TIME: [4, 'unbalancedTime', u64],
})

const resBucketAttrs = attributeSet({
  NHA_RES_BUCKET_INDEX: [1, 'index', u16],
  NHA_RES_BUCKET_NH_ID: [3, 'nhid', u32],
  NHA_RES_BUCKET_IDLE_TIME: [2, 'idleTime', u64],
})

/** NHAF_*, inside NHA_FREEBSD. */
const nhafAttrs = attributeSet({
  NHAF_KNHOPS: [1, 'knhops', flag],
  NHAF_KGROUPS: [2, 'kgroups', flag],
  NHAF_AIF: [6, 'aif', u32],
  NHAF_KID: [5, 'kid', u32],
  NHAF_FAMILY: [4, 'family', u32],
  NHAF_TABLE: [3, 'table', u32],
})

/** NHA_*, linux/nexthop.h and FreeBSD netlink/route/nexthop.h. */
export const nexthopAttrs = attributeSet({
  NHA_ID: [1, 'id', u32],
  NHA_FDB: [11, 'fdb', flag],
  NHA_BLACKHOLE: [4, 'blackhole', flag],
  NHA_OIF: [5, 'oif', u32],
  NHA_GATEWAY: [6, 'gateway', ip],
  NHA_GROUP_TYPE: [3, 'groupType', u16],
  NHA_GROUP: [2, 'group', structs(nexthopGrp)],
  NHA_ENCAP_TYPE: [7, 'encapType', u16],
  NHA_ENCAP: [8, 'encap', bytes()],
  NHA_GROUPS: [9, 'groups', flag],
  NHA_MASTER: [10, 'master', u32],
  NHA_RES_GROUP: [12, 'resGroup', nested(resGroupAttrs, { flagged: true })],
  NHA_RES_BUCKET: [13, 'resBucket', nested(resBucketAttrs, { flagged: true })],
  NHA_FREEBSD: [14, 'freebsd', nested(nhafAttrs), { linux: null }],
  NHA_OP_FLAGS: [14, 'opFlags', u32, { freebsd: null }],
  NHA_GROUP_STATS: [15, 'groupStats', bytes()],
  NHA_HW_STATS_ENABLE: [16, 'hwStatsEnable', u32],
  NHA_HW_STATS_USED: [17, 'hwStatsUsed', u32],
})

export interface Nhmsg extends Infer<typeof nhmsg> {}
export interface NexthopAttrs extends Infer<typeof nexthopAttrs> {}

/** Header and attributes of RTM_*NEXTHOP. */
export interface NexthopBody {
  readonly header: Nhmsg
  readonly attrs: NexthopAttrs
}

/** RTM_NEWNEXTHOP, RTM_DELNEXTHOP, RTM_GETNEXTHOP. */
export const nexthopBody: Body<NexthopBody> = body(nhmsg, nexthopAttrs, { name: 'nexthop', linux: nexthopHooks })
