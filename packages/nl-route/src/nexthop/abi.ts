import type { AbiHooks } from '@nltool/nl-core/wire'
import type { NexthopBody } from './schema.ts'

/** Weights: Linux writes one less, in 16 bits; the model's field holds the weight itself, 255 at most. */
export const nexthopHooks: AbiHooks<NexthopBody> = {
  fromAbi: body =>
    withGroup(body, entry => ({
      ...entry,
      weight: Math.min(((entry.weightHigh << 8) | entry.weight) + 1, 255),
      weightHigh: 0,
    })),
  toAbi: body => withGroup(body, entry => ({ ...entry, weight: Math.max(entry.weight, 1) - 1, weightHigh: 0 })),
}

type Entry = NonNullable<NexthopBody['attrs']['group']>[number]

function withGroup(body: NexthopBody, change: (entry: Entry) => Entry): NexthopBody {
  const { group } = body.attrs
  return group === undefined ? body : { ...body, attrs: { ...body.attrs, group: group.map(change) } }
}
