import { align4, NLA_HDRLEN } from '../constants.ts'
import type { Abi } from '../model/abi.ts'

/** How deep attributes may nest, the top level counted: MAX_POLICY_RECURSION_DEPTH of Linux. */
export const nestingMax = 10

/**
 * `nla_len` of the attribute at `pos`, 4 or more; 0 where the list ends; -1 for a length below 4 that FreeBSD refuses.
 * FreeBSD's NLA_FOREACH stops at an attribute whose padded end lies beyond the list, Linux's nla_ok() at one whose
 * own end does. Fewer than 4 bytes are never read.
 */
export function attributeLength(view: DataView, pos: number, end: number, abi: Abi): number {
  if (end - pos < NLA_HDRLEN) return 0
  const length = view.getUint16(pos, true)
  if (abi === 'linux') return length >= NLA_HDRLEN && length <= end - pos ? length : 0
  if (length < NLA_HDRLEN) return -1
  return align4(length) <= end - pos ? length : 0
}
