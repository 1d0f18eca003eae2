import { body, type PolicyAttrs, type PolicyType, policyAttrs, policyTypes, struct } from '@nltool/nl-core/wire'
import type { Bounds, PolicyEntry, PolicyTable } from './table.ts'

const policyBody = body(struct('no header', {}), policyAttrs)

const typeNumber = (name: PolicyType): number => policyTypes.indexOf(name)

/** The attributes that describe a policy entry; `indexOf` gives the number of a nested policy in a policy dump. */
export function policyAttrsOf(
  entry: PolicyEntry,
  indexOf: (policy: PolicyTable) => number | undefined = () => undefined,
): PolicyAttrs {
  switch (entry.kind) {
    case 'integer':
      return limitAttrs(entry, typeNumber(`${entry.signed ? 'S' : 'U'}${bitsOf[entry.size]}`))
    case 'variable':
      return limitAttrs(entry, typeNumber(entry.signed ? 'SINT' : 'UINT'))
    case 'bitfield32':
      return { bitfield32Mask: entry.mask, type: typeNumber('BITFIELD32') }
    case 'flag':
      return { type: typeNumber('FLAG') }
    case 'string':
      return {
        ...lengths(0, entry.max),
        type: entry.nul ? typeNumber('NUL_STRING') : typeNumber('STRING'),
      }
    case 'binary':
      return { ...lengths(entry.min, entry.max), type: typeNumber('BINARY') }
    case 'nested':
      return nestedAttrs(entry, indexOf)
  }
}

const bitsOf = { 1: 8, 2: 16, 4: 32, 8: 64 } as const

/** Linux shows either the bits that may be set, or least and greatest value. */
function limitAttrs({ signed, min, max, mask }: Bounds, type: number): PolicyAttrs {
  if (signed) return { minValueS: min, maxValueS: max, type }
  return mask !== undefined ? { mask, type } : { minValueU: min, maxValueU: max, type }
}

function nestedAttrs(
  entry: Extract<PolicyEntry, { kind: 'nested' }>,
  indexOf: (policy: PolicyTable) => number | undefined,
): PolicyAttrs {
  const type = entry.array ? typeNumber('NESTED_ARRAY') : typeNumber('NESTED')
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
