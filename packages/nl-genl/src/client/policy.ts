import { type PolicyAttrs, type PolicyType, policyTypes } from '@nltool/nl-core/wire'
import type { CtrlAttrs } from '../nlctrl/schema.ts'

/** What a kernel accepts as one attribute. */
export interface PolicyAttribute {
  /** Number of the attribute. */
  readonly number: number
  readonly type: PolicyType
  /** Least and greatest value of an integer. */
  readonly min?: bigint
  readonly max?: bigint
  /** Bits that may be set. */
  readonly mask?: bigint
  /** Bytes of text (without its NUL) or data. */
  readonly minLength?: number
  readonly maxLength?: number
  /** The policy of what is inside; the same object wherever the kernel shares it, so it may contain itself. */
  readonly nested?: Policy
}

/** What a kernel accepts in a request, or in a nest. */
export interface Policy {
  /** The kernel's number of the policy. */
  readonly index: number
  /** By attribute number, ascending. Empty: every attribute is refused. */
  readonly attributes: ReadonlyMap<number, PolicyAttribute>
}

/** The policies of a family. */
export interface FamilyPolicy {
  /** By command. */
  readonly ops: ReadonlyMap<number, { readonly do?: Policy; readonly dump?: Policy }>
  readonly policies: readonly Policy[]
}

interface OpenPolicy {
  readonly index: number
  readonly attributes: Map<number, PolicyAttribute>
}

/**
 * Puts the messages of a CTRL_CMD_GETPOLICY dump together. `op` is the command that was asked for: kernels before
 * Linux 6.12.y number the entry of a dump-only operation 0.
 */
export function familyPolicy(messages: readonly CtrlAttrs[], op?: number): FamilyPolicy {
  const policies = new Map<number, OpenPolicy>()
  const ops = new Map<number, { readonly do?: Policy; readonly dump?: Policy }>()

  function policyAt(index: number): OpenPolicy {
    const found = policies.get(index)
    if (found !== undefined) return found
    const made = { index, attributes: new Map<number, PolicyAttribute>() }
    policies.set(index, made)
    return made
  }

  for (const { opPolicy, policy } of messages) {
    for (const [cmd, entry] of opPolicy ?? []) {
      const real = cmd === 0 && entry.do === undefined && op !== undefined ? op : cmd
      ops.set(real, {
        ...(entry.do === undefined ? {} : { do: policyAt(entry.do) }),
        ...(entry.dump === undefined ? {} : { dump: policyAt(entry.dump) }),
      })
    }
    for (const [index, attributes] of policy ?? []) {
      for (const [number, attrs] of attributes)
        policyAt(index).attributes.set(number, policyAttribute(number, attrs, policyAt))
    }
  }
  return { ops, policies: [...policies.values()].sort((a, b) => a.index - b.index) }
}

function policyAttribute(number: number, attrs: PolicyAttrs, policyAt: (index: number) => Policy): PolicyAttribute {
  const min = attrs.minValueU ?? attrs.minValueS
  const max = attrs.maxValueU ?? attrs.maxValueS
  return {
    number,
    type: policyTypes[attrs.type ?? 0] ?? 'INVALID',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(attrs.mask === undefined ? {} : { mask: attrs.mask }),
    ...(attrs.bitfield32Mask === undefined ? {} : { mask: BigInt(attrs.bitfield32Mask) }),
    ...(attrs.minLength === undefined ? {} : { minLength: attrs.minLength }),
    ...(attrs.maxLength === undefined ? {} : { maxLength: attrs.maxLength }),
    ...(attrs.policyIdx === undefined ? {} : { nested: policyAt(attrs.policyIdx) }),
  }
}
