import type { KernelCore } from '../core.ts'
import { placed } from './decode.ts'
import { StateError } from './error.ts'
import type { KernelState } from './model.ts'

/**
 * Fills a kernel that has just been composed: network stacks, interfaces, routing tables. No handler runs and nobody is
 * told. @throws StateError for a state that this kernel cannot hold; the kernel is of no further use then.
 */
export function loadState(core: KernelCore, state: KernelState): void {
  const ctx = core.context('restore')
  using rtnl = core.holdRtnl(ctx)
  try {
    for (const { id, name } of state.vnets) core.vnets.create(name, id)
    core.registry.load(ctx, rtnl, state.registry)
  } catch (error) {
    throw placed(error, 0, 'interfaces')
  }
  for (const vnet of core.vnets.list()) {
    const rib = state.ribs.get(vnet.id)
    if (rib === undefined) continue
    try {
      vnet.route.rib.load(rib)
    } catch (error) {
      throw placed(error, state.position(), 'RTM_NEWROUTE')
    }
  }
  const { violations } = core.registry.audit()
  if (violations.length > 0) throw new StateError(violations.join('; '), 0)
  // What has ended in the meantime ends now; what ends later is waited for.
  for (const { route } of core.vnets.list()) route.expiry.sweep(ctx, rtnl)
}
