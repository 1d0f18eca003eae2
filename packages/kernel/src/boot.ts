import { type Ctx, parseIpPrefix, type RtnlHeld, vnet0 } from '@nltool/nl-core/model'
import { addAddress } from '@nltool/nl-route/kernel'
import type { KernelCore } from './core.ts'
import type { LiveVnet } from './vnets.ts'

/** Brings the initial network stack to life. */
export function boot(core: KernelCore): void {
  const ctx = core.context('boot')
  using rtnl = core.holdRtnl(ctx)
  populate(core, ctx, rtnl, core.vnets.create('vnet0', vnet0))
}

/** Gives a new network stack what every one has: its loopback interface, up and with its addresses. */
export function populate(core: KernelCore, task: Ctx, rtnl: RtnlHeld, vnet: LiveVnet): void {
  const ctx: Ctx = { ...task, vnet: vnet.id }
  core.registry.cloners.populate(ctx, rtnl, vnet.id)
  using section = core.registry.epoch.enter(ctx)
  const loopback = vnet.route.loopback(section)
  if (loopback === undefined) return
  for (const text of core.personality.loopbackAddresses) {
    const prefix = parseIpPrefix(text)
    if (prefix !== undefined) addAddress(vnet.route, ctx, rtnl, loopback, prefix)
  }
  core.registry.announceLinks(ctx) // nobody can listen yet: what has just booted has no news
}
