import { attributeSet } from './attributes.ts'
import type { Infer } from './schema.ts'
import { i64, u32, u64 } from './values.ts'

/** NL_POLICY_TYPE_ATTR_*, linux/netlink.h, in the order in which Linux writes them: the type last. */
export const policyAttrs = attributeSet({
  NL_POLICY_TYPE_ATTR_MIN_VALUE_S: [2, 'minValueS', i64],
  NL_POLICY_TYPE_ATTR_MAX_VALUE_S: [3, 'maxValueS', i64],
  NL_POLICY_TYPE_ATTR_MIN_VALUE_U: [4, 'minValueU', u64],
  NL_POLICY_TYPE_ATTR_MAX_VALUE_U: [5, 'maxValueU', u64],
  NL_POLICY_TYPE_ATTR_MIN_LENGTH: [6, 'minLength', u32],
  NL_POLICY_TYPE_ATTR_MAX_LENGTH: [7, 'maxLength', u32],
  NL_POLICY_TYPE_ATTR_POLICY_IDX: [8, 'policyIdx', u32],
  NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE: [9, 'policyMaxtype', u32],
  NL_POLICY_TYPE_ATTR_BITFIELD32_MASK: [10, 'bitfield32Mask', u32],
  NL_POLICY_TYPE_ATTR_MASK: [12, 'mask', u64],
  NL_POLICY_TYPE_ATTR_TYPE: [1, 'type', u32],
})

/** The description of one attribute's policy. */
export interface PolicyAttrs extends Infer<typeof policyAttrs> {}

/** NL_ATTR_TYPE_*, linux/netlink.h: the names that `genl ctrl policy` prints, by number. */
export const policyTypes = [
  'INVALID',
  'FLAG',
  'U8',
  'U16',
  'U32',
  'U64',
  'S8',
  'S16',
  'S32',
  'S64',
  'BINARY',
  'STRING',
  'NUL_STRING',
  'NESTED',
  'NESTED_ARRAY',
  'BITFIELD32',
  'SINT',
  'UINT',
] as const

/** The name of a policy type. */
export type PolicyType = (typeof policyTypes)[number]
