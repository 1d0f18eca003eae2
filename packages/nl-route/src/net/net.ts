import type { Epoch, Ifnet, Interfaces, Net, Registry, Section } from '@nltool/ifnet'
import { IFF_LOOPBACK } from '@nltool/ifnet'
import type { Multicast } from '@nltool/nl-core/kernel'
import {
  type Clock,
  type Ctx,
  createTask,
  type Lock,
  rootCred,
  type Scheduler,
  type VnetId,
} from '@nltool/nl-core/model'
import { infoOf } from '../link/info.ts'
import type { LinkBody } from '../link/schema.ts'
import { toLinkBody } from '../link/to-body.ts'
import { createRib } from '../rib/rib.ts'
import type { Rib } from '../rib/types.ts'
import { keepAddressRoutes } from './address-routes.ts'
import { announceLinks } from './announce-links.ts'
import { announceRoutes } from './announce-routes.ts'
import { createExpiry, type Expiry } from './expiry.ts'

/** What a network stack's routing is made of. */
export interface RouteNetOptions {
  /** The registry of the interfaces. */
  readonly registry: Pick<Registry, 'rtnl' | 'cloners'>
  readonly multicast: Multicast
  readonly scheduler: Scheduler
  readonly clock: Clock
  /** net.fibs: routing tables per family, 1 to 65535. Default 1. */
  readonly fibs?: number
  /** net.add_addr_allfibs: routes of addresses go to every fib, not just to the interface's. Default false. */
  readonly addAddrAllFibs?: boolean
}

/** One network stack as rtnetlink sees it: its interfaces and its routing tables, kept in step with each other. */
export interface RouteNet {
  readonly vnet: VnetId
  /** Interfaces of the stack. */
  readonly net: Net
  readonly epoch: Epoch
  readonly interfaces: Interfaces
  readonly rib: Rib
  readonly rtnl: Lock<'rtnl'>
  readonly multicast: Multicast
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly addAddrAllFibs: boolean
  /** Names of the cloners that there are. */
  cloners(): readonly string[]
  /** An interface as RTM_NEWLINK shows it, with what its cloner says of it. `change`: IFF_* bits that it is about. */
  linkBody(ifp: Ifnet, change: number): LinkBody
  /** Ends of routes and addresses. */
  readonly expiry: Expiry
  /** Changes with every address that comes, goes or changes, and with the set of interfaces. */
  addressGeneration(): number
  /** The loopback interface: `lo0`, or the first one that loops back. */
  loopback(section: Section): Ifnet | undefined
  /** A context for what the stack does by itself. */
  context(name: string): Ctx
  /** Stops listening and its timers: the stack is going. Routes stay as they are. */
  close(): void
}

/**
 * Gives a network stack its routing: an empty RIB per fib and family, which from now on follows the interfaces and
 * their addresses, and announcements of all changes to the groups of NETLINK_ROUTE.
 */
export function createRouteNet(net: Net, options: RouteNetOptions): RouteNet {
  const { registry, multicast, scheduler, clock, fibs = 1, addAddrAllFibs = false } = options
  const { vnet, epoch, interfaces } = net
  const { rtnl } = registry
  const closers: (() => void)[] = []
  let addressChanges = 0
  const context = (name: string): Ctx => ({ task: createTask(name), vnet, cred: rootCred, scheduler, clock })

  const routeNet: RouteNet = {
    vnet,
    net,
    epoch,
    interfaces,
    rib: createRib({ fibs }),
    rtnl,
    multicast,
    clock,
    scheduler,
    addAddrAllFibs,
    cloners: () => registry.cloners.list(),
    linkBody: (ifp, change) => toLinkBody(ifp, change, infoOf(net.clone.clonerOf(ifp), ifp)),
    expiry: createExpiry(() => routeNet),
    loopback(section) {
      const lo0 = interfaces.byName(section, 'lo0')
      return lo0 ?? interfaces.list(section).find(ifp => (ifp.flags & IFF_LOOPBACK) !== 0)
    },
    // Both only grow, so the sum changes whenever one does.
    addressGeneration: () => addressChanges + interfaces.generation,
    context,
    close() {
      routeNet.expiry.stop()
      for (const close of closers) close()
    },
  }
  closers.push(net.events.on('address', () => void addressChanges++, 1))
  // The order matters: an address is announced before the routes that it brings.
  closers.push(...announceLinks(routeNet), ...keepAddressRoutes(routeNet), announceRoutes(routeNet))
  return routeNet
}
