import { NetlinkError } from '@nltool/nl-core/errno'
import {
  type Clock,
  type Ctx,
  createLock,
  type Lock,
  type Random,
  type RtnlHeld,
  type Scheduler,
  type VnetId,
} from '@nltool/nl-core/model'
import { type AuditReport, assertQuiescent, audit } from './audit.ts'
import type { Cloner } from './clone/clone.ts'
import { createUnder, destroyInstance } from './clone/clone-ops.ts'
import type { ClonerState } from './clone/clone-state.ts'
import { namesOf } from './clone/unit.ts'
import type { Hanging, HangingSpec } from './data/hanging.ts'
import { defineHanging } from './data/hanging-life.ts'
import type { Epoch } from './epoch/epoch.ts'
import { InvariantError } from './errors.ts'
import { flushLinkReports } from './life/link-state.ts'
import { destroyNet } from './life/move.ts'
import { createNet, type Net } from './net.ts'
import { createNetState } from './net-state.ts'
import { loadRegistry, type RegistryState, saveRegistry } from './state.ts'
import { createIndexTable } from './table/table.ts'
import type { Counts, SeededDefects, World } from './world.ts'

/** Options of {@link createRegistry}. */
export interface RegistryOptions {
  readonly epoch: Epoch
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  /** The lock of all configuration; default: one of the registry's own, {@link Registry.rtnl}. */
  readonly rtnl?: Lock<'rtnl'>
  /** Hears of what went wrong without anyone being answerable: handlers and drivers that throw, frees that wait. */
  readonly onDefect?: (text: string, cause?: unknown) => void
  /** Keep call stacks of allocations, frees and references: slow, for tests. Default false. */
  readonly stacks?: boolean
  /** Called between the steps of attach, detach and moves, so that a simulation can let other tasks run. */
  readonly point?: World['point']
  /** See {@link SeededDefects}. */
  readonly defects?: SeededDefects
}

/** Cloners of all network stacks. */
export interface Cloners {
  /** Adds a cloner. @throws NetlinkError EEXIST for a name in use, EINVAL for one of more than 9 characters or none. */
  register(cloner: Cloner): void
  /**
   * Removes a cloner: creations fail from now on, every interface of it is destroyed in every network stack, and what
   * is left of them has been reclaimed when this resolves. @throws NetlinkError ENOENT for an unknown name.
   */
  unregister(ctx: Ctx, name: string): Promise<void>
  /** Creates the interfaces that must exist (`minIfs`) in a network stack. */
  populate(ctx: Ctx, rtnl: RtnlHeld, vnet: VnetId): void
  /** Names, newest registration first. */
  list(): readonly string[]
}

/** The interface registry of a kernel: one index table, any number of network stacks. */
export interface Registry {
  readonly epoch: Epoch
  readonly rtnl: Lock<'rtnl'>
  /** Serialises attach, detach and moves; rank above the RTNL's. */
  readonly detachLock: Lock<'detach'>
  readonly cloners: Cloners
  /** Makes a network stack. @throws InvariantError if the number is in use. */
  createNet(vnet: VnetId): Net
  /** A network stack, or `undefined`. */
  net(vnet: VnetId): Net | undefined
  /** Network stacks in order of creation. */
  nets(): readonly Net[]
  /** Ends a network stack: loaned interfaces go home, its own are destroyed. @throws NetlinkError ENXIO, EBUSY. */
  destroyNet(ctx: Ctx, vnet: VnetId): Promise<void>
  /** Declares a kind of data that hangs off interfaces. @throws InvariantError for a name in use. */
  defineHanging<T>(ctx: Ctx, name: string, spec: HangingSpec<T>): Hanging<T>
  /** Announces, now, the link states that wait for a step of their own: a kernel that has booted has no news. */
  announceLinks(ctx: Ctx): void
  /** What is alive and who holds it, and every invariant that does not hold. */
  audit(): AuditReport
  /** @throws PrematureFreeError unless nothing is held, open or pending, and every invariant holds. */
  assertQuiescent(): void
  readonly counts: Readonly<Counts>
  /**
   * All interfaces as plain data. @throws NetlinkError EBUSY while one is being attached, detached or moved, EOPNOTSUPP
   * for one that no cloner made.
   */
  save(): RegistryState
  /**
   * Fills a registry that has network stacks and cloners but no interface; nobody is told. If it throws, the registry is
   * of no further use. @throws NetlinkError ENOENT for a cloner that is not registered; InvariantError for data that
   * does not fit together.
   */
  load(ctx: Ctx, rtnl: RtnlHeld, state: RegistryState): void
}

/** Makes an empty registry. */
export function createRegistry(options: RegistryOptions): Registry {
  const world = createWorld(options)
  const nets = new Map<VnetId, Net>()
  return {
    epoch: world.epoch,
    rtnl: world.rtnl,
    detachLock: world.detach,
    cloners: createCloners(world),
    createNet(vnet) {
      if (world.nets.has(vnet)) throw new InvariantError(`network stack ${vnet} exists`)
      const state = createNetState(vnet)
      const net = createNet(world, state)
      world.nets.set(vnet, state)
      nets.set(vnet, net)
      return net
    },
    net: vnet => nets.get(vnet),
    nets: () => [...nets.values()],
    async destroyNet(ctx, vnet) {
      const state = world.nets.get(vnet)
      if (state === undefined) throw new NetlinkError('ENXIO', `there is no network stack ${vnet}`)
      await destroyNet(ctx, world, state)
      nets.delete(vnet)
    },
    defineHanging: (ctx, name, spec) => defineHanging(world, ctx, name, spec),
    announceLinks(ctx) {
      for (const record of world.live) flushLinkReports(ctx, record)
    },
    audit: () => audit(world),
    assertQuiescent: () => assertQuiescent(world),
    counts: world.counts,
    save: () => saveRegistry(world),
    load: (ctx, rtnl, state) => loadRegistry(world, ctx, rtnl, state),
  }
}

function createWorld(options: RegistryOptions): World {
  const { epoch, clock, scheduler, random, rtnl = createLock('rtnl'), onDefect, point } = options
  return {
    epoch,
    clock,
    scheduler,
    random,
    rtnl,
    detach: createLock('detach'),
    table: createIndexTable(),
    live: new Set(),
    nets: new Map(),
    cloners: new Map(),
    hangings: [],
    counts: {
      allocated: 0,
      reclaimed: 0,
      freeDelayed: 0,
      lateLinkReports: 0,
      eventsSuppressed: 0,
      linkStatesCoalesced: 0,
    },
    defects: options.defects ?? {},
    stacks: options.stacks ?? false,
    quiet: false,
    report: (text, cause) => onDefect?.(text, cause),
    point: point ?? (() => {}),
  }
}

function createCloners(world: World): Cloners {
  const stateOf = (name: string): ClonerState => {
    const state = world.cloners.get(name)
    if (state === undefined) throw new NetlinkError('ENOENT', `there is no cloner ${name}`)
    return state
  }

  return {
    register(cloner) {
      const { name } = cloner
      if (!/^[^\d\s]$|^[^\d\s].{0,7}[^\d\s]$/.test(name)) {
        throw new NetlinkError('EINVAL', `cloner name "${name}" has not 1 to 9 characters, or ends in a digit`)
      }
      if (world.cloners.has(name)) throw new NetlinkError('EEXIST', `cloner ${name} is registered`)
      const lock = createLock('cloner', `cloner ${name}`)
      world.cloners.set(name, { cloner, lock, units: new Map(), members: new Set(), registered: true })
    },
    async unregister(ctx, name) {
      const state = stateOf(name)
      state.registered = false
      world.cloners.delete(name)
      {
        using held = await world.detach.acquire(ctx)
        using _cloner = await state.lock.acquire(ctx)
        for (const record of state.members) {
          if (record.clone !== undefined) await destroyInstance(ctx, held, record.clone, true)
        }
      }
      await world.epoch.wait(ctx)
      await world.epoch.drain(ctx)
    },
    populate(ctx, rtnl, vnet) {
      const net = world.nets.get(vnet)
      if (net === undefined) throw new NetlinkError('ENXIO', `there is no network stack ${vnet}`)
      for (const state of world.cloners.values()) {
        for (let unit = 0; unit < (state.cloner.minIfs ?? 0); unit++) {
          const [name] = namesOf(state.cloner, unit)
          if (!net.names.has(name)) createUnder(world, ctx, rtnl, net, state, { name, params: undefined })
        }
      }
    },
    list: () => [...world.cloners.keys()].reverse(),
  }
}
