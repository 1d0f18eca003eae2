import type { Net, Registry } from '@nltool/ifnet'
import { SocketError } from '@nltool/nl-core/errno'
import { type Ctx, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { createRouteNet, type RouteNet, type RouteNetOptions } from '@nltool/nl-route/kernel'
import type { Vnet } from './types.ts'

/** A network stack with what lives in it. */
export interface LiveVnet extends Vnet {
  readonly net: Net
  /** Routing tables and announcements. */
  readonly route: RouteNet
}

/** The network stacks of one kernel. */
export interface VnetTable {
  list(): LiveVnet[]
  get(id: VnetId): LiveVnet | undefined
  /**
   * Makes an empty network stack with the lowest free number, unless one is given.
   * @throws SocketError EEXIST for a name or number in use, EINVAL for a bad name
   */
  create(name?: string, id?: VnetId): LiveVnet
  /** Ends one: loaned interfaces go home. @throws SocketError ENOENT, EBUSY for the initial one */
  destroy(ctx: Ctx, id: VnetId): Promise<void>
}

/** Makes an empty table; the kernel creates the initial network stack as the first. */
export function createVnets(registry: Registry, routing: RouteNetOptions): VnetTable {
  const live = new Map<VnetId, LiveVnet>()

  function lowestFree(): VnetId {
    let id = 0
    while (live.has(id as VnetId)) id += 1
    return id as VnetId
  }

  function checkName(name: string): void {
    if (!/^[\w.-]{1,64}$/.test(name)) {
      throw new SocketError('EINVAL', `'${name}' is no name for a network stack: 1 to 64 letters, digits and _ . - are`)
    }
    for (const vnet of live.values()) {
      if (vnet.name === name) throw new SocketError('EEXIST', `a network stack named ${name} exists`)
    }
  }

  return {
    list: () => [...live.values()].sort((a, b) => a.id - b.id),
    get: id => live.get(id),
    create(name, id = lowestFree()) {
      const named = name ?? `vnet${id}`
      checkName(named)
      if (live.has(id)) throw new SocketError('EEXIST', `network stack ${id} exists`)
      const net = registry.createNet(id)
      const vnet: LiveVnet = { id, name: named, net, route: createRouteNet(net, routing) }
      live.set(id, vnet)
      return vnet
    },
    async destroy(ctx, id) {
      const vnet = live.get(id)
      if (vnet === undefined) throw new SocketError('ENOENT', `there is no network stack ${id}`)
      if (id === vnet0) throw new SocketError('EBUSY', 'the initial network stack stays')
      await registry.destroyNet(ctx, id)
      vnet.route.close()
      live.delete(id)
    },
  }
}
