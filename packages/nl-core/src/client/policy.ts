import type { PolicyAttrs, PolicyType } from '../wire/policy-attrs.ts'
import { policyTypes } from '../wire/policy-attrs.ts'

/** What a policy type takes, in words. */
const words = {
  INVALID: 'nothing',
  FLAG: 'no payload',
  U8: 'u8',
  U16: 'u16',
  U32: 'u32',
  U64: 'u64',
  S8: 's8',
  S16: 's16',
  S32: 's32',
  S64: 's64',
  BINARY: 'bytes',
  STRING: 'a string',
  NUL_STRING: 'a string that ends with NUL',
  NESTED: 'nested attributes',
  NESTED_ARRAY: 'an array of nested attributes',
  BITFIELD32: 'a bitfield of 32 bits',
  SINT: 's32 or s64',
  UINT: 'u32 or u64',
} as const satisfies Record<PolicyType, string>

/** What a kernel's NLMSGERR_ATTR_POLICY allows, in words: `u32, 1 to 255`. `undefined` if it says nothing. */
export function policyInWords(policy: PolicyAttrs): string | undefined {
  const type = policy.type === undefined ? undefined : policyTypes[policy.type]
  const parts = [
    type === undefined ? undefined : words[type],
    between(policy.minValueU, policy.maxValueU, ''),
    between(policy.minValueS, policy.maxValueS, ''),
    between(policy.minLength, policy.maxLength, ' bytes'),
    bits(policy.bitfield32Mask ?? policy.mask),
  ].filter(part => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(', ')
}

type Bound = number | bigint | undefined

function between(min: Bound, max: Bound, unit: string): string | undefined {
  if (min !== undefined && max !== undefined) return `${min} to ${max}${unit}`
  if (max !== undefined) return `at most ${max}${unit}`
  return min === undefined ? undefined : `at least ${min}${unit}`
}

function bits(mask: Bound): string | undefined {
  return mask === undefined ? undefined : `only bits of 0x${mask.toString(16)}`
}
