/** NEXTHOP_GRP_TYPE_*: NHA_GROUP_TYPE, linux/nexthop.h. */
export const NEXTHOP_GRP_TYPE = { NEXTHOP_GRP_TYPE_MPATH: 0, NEXTHOP_GRP_TYPE_RES: 1 } as const

/** NHA_OP_FLAG_*: Linux's NHA_OP_FLAGS. */
export const NHA_OP_FLAG = {
  NHA_OP_FLAG_DUMP_STATS: 1,
  NHA_OP_FLAG_DUMP_HW_STATS: 2,
  /** In replies of groups: the kernel understands 16-bit weights. */
  NHA_OP_FLAG_RESP_GRP_RESVD_0: 0x80000000,
} as const
