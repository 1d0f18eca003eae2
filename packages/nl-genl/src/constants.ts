/** Constants of generic netlink, verbatim from linux/genetlink.h and FreeBSD sys/netlink/netlink_generic.h. */

/** Bytes of a family or group name, with its NUL. */
export const GENL_NAMSIZ = 16
/** Family ids: `nlmsg_type` of the family's messages. */
export const GENL_MIN_ID = 0x10
export const GENL_MAX_ID = 1023
export const GENL_ID_CTRL = 0x10
/** Linux pins these two, and keeps them free when nobody has them. */
export const GENL_ID_VFS_DQUOT = 0x11
export const GENL_ID_PMCRAID = 0x12
/** First id that Linux gives out. */
export const GENL_START_ALLOC = 0x13

/** Bytes of `struct genlmsghdr`. */
export const GENL_HDRLEN = 4

/** Bits of CTRL_ATTR_OP_FLAGS. */
export const GENL_ADMIN_PERM = 0x01
export const GENL_CMD_CAP_DO = 0x02
export const GENL_CMD_CAP_DUMP = 0x04
export const GENL_CMD_CAP_HASPOL = 0x08
export const GENL_UNS_ADMIN_PERM = 0x10

/** Number of the group `notify` of nlctrl: a slot of FreeBSD's table, a bit of Linux's bitmap. */
export const GENL_NOTIFY_GROUP_FREEBSD = 48
export const GENL_NOTIFY_GROUP_LINUX = 16

/** Commands of nlctrl. */
export const CTRL_CMD_NEWFAMILY = 1
export const CTRL_CMD_DELFAMILY = 2
export const CTRL_CMD_GETFAMILY = 3
export const CTRL_CMD_NEWMCAST_GRP = 7
export const CTRL_CMD_DELMCAST_GRP = 8
export const CTRL_CMD_GETPOLICY = 10
