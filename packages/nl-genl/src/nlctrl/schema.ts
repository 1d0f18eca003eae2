import { array, attributeSet, type Infer, map, nested, nulString, policyAttrs, u16, u32 } from '@nltool/nl-core/wire'
import {
  CTRL_CMD_DELFAMILY,
  CTRL_CMD_DELMCAST_GRP,
  CTRL_CMD_GETFAMILY,
  CTRL_CMD_GETPOLICY,
  CTRL_CMD_NEWFAMILY,
  CTRL_CMD_NEWMCAST_GRP,
  GENL_NAMSIZ,
} from '../constants.ts'
import { defineFamily } from '../family.ts'

/** CTRL_ATTR_OP_*: an operation in CTRL_ATTR_OPS. */
export const opAttrs = attributeSet({
  CTRL_ATTR_OP_ID: [1, 'id', u32],
  CTRL_ATTR_OP_FLAGS: [2, 'flags', u32], // GENL_ADMIN_PERM, GENL_CMD_CAP_*
})

/** CTRL_ATTR_MCAST_GRP_*: a group in CTRL_ATTR_MCAST_GROUPS. The kernels write the id first. */
export const mcastGroupAttrs = attributeSet({
  CTRL_ATTR_MCAST_GRP_ID: [2, 'id', u32],
  CTRL_ATTR_MCAST_GRP_NAME: [1, 'name', nulString({ max: GENL_NAMSIZ - 1 })],
})

/** CTRL_ATTR_POLICY_*: indexes of the policies of an operation in CTRL_ATTR_OP_POLICY. */
export const opPolicyAttrs = attributeSet({
  CTRL_ATTR_POLICY_DO: [1, 'do', u32],
  CTRL_ATTR_POLICY_DUMP: [2, 'dump', u32],
})

/** CTRL_ATTR_*, linux/genetlink.h. The nests of OPS and MCAST_GROUPS are written without NLA_F_NESTED, the others with it. */
export const ctrlAttrs = attributeSet({
  CTRL_ATTR_FAMILY_NAME: [2, 'familyName', nulString({ max: GENL_NAMSIZ - 1 })],
  CTRL_ATTR_FAMILY_ID: [1, 'familyId', u16],
  CTRL_ATTR_VERSION: [3, 'version', u32],
  CTRL_ATTR_HDRSIZE: [4, 'hdrsize', u32], // bytes
  CTRL_ATTR_MAXATTR: [5, 'maxattr', u32],
  CTRL_ATTR_OPS: [6, 'ops', array(nested(opAttrs))],
  CTRL_ATTR_MCAST_GROUPS: [7, 'mcastGroups', array(nested(mcastGroupAttrs))],
  CTRL_ATTR_POLICY: [
    8,
    'policy',
    map(map(nested(policyAttrs, { flagged: true }), { flagged: true }), { flagged: true }),
  ], // by index, by attribute
  CTRL_ATTR_OP_POLICY: [9, 'opPolicy', map(nested(opPolicyAttrs, { flagged: true }), { flagged: true })], // by command
  CTRL_ATTR_OP: [10, 'op', u32],
})

/** Attributes of a message of nlctrl. */
export type CtrlAttrs = Infer<typeof ctrlAttrs>

const description = ['familyName', 'familyId', 'version', 'hdrsize', 'maxattr', 'ops', 'mcastGroups'] as const
const groupChange = ['familyName', 'familyId', 'mcastGroups'] as const

/** The controller of generic netlink: tells what families there are, and announces them. */
export const nlctrl = defineFamily({
  name: 'nlctrl',
  version: 2,
  netns: true,
  parallel: true,
  resvStartOp: CTRL_CMD_GETPOLICY + 1,
  groups: { notify: {} },
  sets: { ctrl: ctrlAttrs },
  ops: {
    getfamily: {
      cmd: CTRL_CMD_GETFAMILY,
      set: 'ctrl',
      do: {
        request: ['familyId', 'familyName'],
        reply: description,
        replyCmd: CTRL_CMD_NEWFAMILY,
        validate: 'liberal',
      },
      dump: { request: ['familyId', 'familyName'], reply: description, replyCmd: CTRL_CMD_NEWFAMILY, validate: 'none' },
    },
    getpolicy: {
      cmd: CTRL_CMD_GETPOLICY,
      set: 'ctrl',
      dump: { request: ['familyId', 'familyName', 'op'], reply: ['familyId', 'policy', 'opPolicy'] },
    },
    newfamily: { cmd: CTRL_CMD_NEWFAMILY, set: 'ctrl', event: description, group: 'notify' },
    delfamily: { cmd: CTRL_CMD_DELFAMILY, set: 'ctrl', event: description, group: 'notify' },
    'newmcast-grp': { cmd: CTRL_CMD_NEWMCAST_GRP, set: 'ctrl', event: groupChange, group: 'notify' },
    'delmcast-grp': { cmd: CTRL_CMD_DELMCAST_GRP, set: 'ctrl', event: groupChange, group: 'notify' },
  },
})
