import { attributeSet, body, type Infer, i64, struct, u32, u64 } from '@nltool/nl-core/wire'
import { nlAttrTypes } from '../constants.ts'
import type { PolicyEntry, PolicyTable } from './table.ts'

/** NL_POLICY_TYPE_ATTR_*, linux/netlink.h: one attribute of a policy in words of the wire. TYPE is written last. */
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

/** What a policy says of one attribute. */
export type PolicyAttrs = Infer<typeof policyAttrs>

const policyBody = body(struct('no header', {}), policyAttrs)

const integerTypes = {
  u: {
    1: nlAttrTypes.NL_ATTR_TYPE_U8,
    2: nlAttrTypes.NL_ATTR_TYPE_U16,
    4: nlAttrTypes.NL_ATTR_TYPE_U32,
    8: nlAttrTypes.NL_ATTR_TYPE_U64,
  },
  s: {
    1: nlAttrTypes.NL_ATTR_TYPE_S8,
    2: nlAttrTypes.NL_ATTR_TYPE_S16,
    4: nlAttrTypes.NL_ATTR_TYPE_S32,
    8: nlAttrTypes.NL_ATTR_TYPE_S64,
  },
} as const

/** The attributes that describe a policy entry; `indexOf` gives the number of a nested policy in a policy dump. */
export function policyAttrsOf(
  entry: PolicyEntry,
  indexOf: (policy: PolicyTable) => number | undefined = () => undefined,
): PolicyAttrs {
  switch (entry.kind) {
    case 'integer':
      return integerAttrs(entry)
    case 'bitfield32':
      return { bitfield32Mask: entry.mask, type: nlAttrTypes.NL_ATTR_TYPE_BITFIELD32 }
    case 'flag':
      return { type: nlAttrTypes.NL_ATTR_TYPE_FLAG }
    case 'string':
      return {
        ...lengths(0, entry.max),
        type: entry.nul ? nlAttrTypes.NL_ATTR_TYPE_NUL_STRING : nlAttrTypes.NL_ATTR_TYPE_STRING,
      }
    case 'binary':
      return { ...lengths(entry.min, entry.max), type: nlAttrTypes.NL_ATTR_TYPE_BINARY }
    case 'nested':
      return nestedAttrs(entry, indexOf)
  }
}

function integerAttrs({ size, signed, min, max, mask }: Extract<PolicyEntry, { kind: 'integer' }>): PolicyAttrs {
  if (signed) return { minValueS: min, maxValueS: max, type: integerTypes.s[size] }
  if (mask !== undefined) return { mask, type: integerTypes.u[size] }
  return { minValueU: min, maxValueU: max, type: integerTypes.u[size] }
}

function nestedAttrs(
  entry: Extract<PolicyEntry, { kind: 'nested' }>,
  indexOf: (policy: PolicyTable) => number | undefined,
): PolicyAttrs {
  const type = entry.array ? nlAttrTypes.NL_ATTR_TYPE_NESTED_ARRAY : nlAttrTypes.NL_ATTR_TYPE_NESTED
  const inner = entry.inner()
  const policyIdx = inner === undefined ? undefined : indexOf(inner)
  return inner === undefined || policyIdx === undefined ? { type } : { policyIdx, policyMaxtype: inner.maxattr, type }
}

/** 65,535 and more is no limit: an attribute cannot be longer. */
function lengths(min: number, max: number): PolicyAttrs {
  return { ...(min > 0 ? { minLength: min } : {}), ...(max < 65_535 ? { maxLength: max } : {}) }
}

/** Payload of NLMSGERR_ATTR_POLICY for an attribute that did not meet its policy. */
export function describePolicy(entry: PolicyEntry): Uint8Array {
  return policyBody.encode({ header: {}, attrs: policyAttrsOf(entry) }, 'linux')
}
