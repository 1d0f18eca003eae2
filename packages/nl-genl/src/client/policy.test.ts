import { describe, expect, it } from 'vitest'
import { familyPolicy } from './policy.ts'

describe('a family’s policy', () => {
  it('shares nested policies, and may contain itself', () => {
    const { ops, policies } = familyPolicy([
      { opPolicy: new Map([[1, { do: 0 }]]) },
      { policy: new Map([[0, new Map([[2, { type: 13, policyIdx: 0, policyMaxtype: 2 }]])]]) },
    ])
    const policy = ops.get(1)?.do
    expect(policies).toEqual([policy])
    expect(policy?.attributes.get(2)?.nested).toBe(policy)
  })

  it('takes the entry that old kernels number 0 for the operation that was asked for', () => {
    const answer = [{ opPolicy: new Map([[0, { dump: 1 }]]) }]
    expect([...familyPolicy(answer, 10).ops.keys()]).toEqual([10])
    expect([...familyPolicy(answer).ops.keys()]).toEqual([0])
  })

  it('keeps a policy that is named and never described: it refuses everything', () => {
    const { ops } = familyPolicy([{ opPolicy: new Map([[1, { do: 3 }]]) }])
    expect(ops.get(1)?.do).toEqual({ index: 3, attributes: new Map() })
  })

  it('says limits as what they are', () => {
    const attributes = new Map([
      [1, { type: 4, minValueU: 1n, maxValueU: 9n }],
      [2, { type: 12, maxLength: 15 }],
      [3, { type: 15, bitfield32Mask: 3 }],
    ])
    const { policies } = familyPolicy([{ policy: new Map([[0, attributes]]) }])
    expect([...(policies[0]?.attributes.values() ?? [])]).toEqual([
      { number: 1, type: 'U32', min: 1n, max: 9n },
      { number: 2, type: 'NUL_STRING', maxLength: 15 },
      { number: 3, type: 'BITFIELD32', mask: 3n },
    ])
  })
})
