/** Slots of a group at most (FreeBSD nhgrp_ctl.c). */
export const MAX_SLOTS = 64

/**
 * Deals slots to weighted paths as FreeBSD's nhgrp_ctl.c does: the index of a path in each slot, `weights` sorted
 * ascending. Weights 1 and 2 give `[0, 1, 1]`; the last path takes what is left, so rounding errors do not add up.
 */
export function dealSlots(weights: readonly number[]): Uint8Array {
  const slots = new Uint8Array(slotCount(weights))
  let left = slots.length
  let weightLeft = weights.reduce((sum, weight) => sum + weight, 0)
  let at = 0
  weights.forEach((weight, path) => {
    const share = weightLeft === 0 ? 0 : Math.floor((weight * left) / weightLeft)
    slots.fill(path, at, at + share)
    at += share
    left -= share
    weightLeft -= weight
  })
  return slots
}

/** The smallest number of slots that shows the proportions exactly, or {@link MAX_SLOTS}. */
function slotCount(weights: readonly number[]): number {
  let unit = weights[0] ?? 1
  weights.forEach((weight, index) => {
    const step = index === 0 ? 0 : weight - (weights[index - 1] ?? 0)
    if (step > 0) unit = Math.min(unit, step)
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const exact = total % unit === 0 && weights.every(weight => weight % unit === 0) && total / unit <= MAX_SLOTS
  return exact ? total / unit : MAX_SLOTS
}
