import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, RtnlHeld } from '@nltool/nl-core/model'
import { InvariantError } from '../errors.ts'
import { allocate, detach, free } from '../life/lifecycle.ts'
import { createOwner, type OwnerCloner } from '../life/owner.ts'
import { nameTaken } from '../life/rename.ts'
import type { NetState } from '../net-state.ts'
import type { IfRecord } from '../record.ts'
import type { DetachHeld, Ifnet, IfOwner } from '../types.ts'
import { borrow, recordOf } from '../view.ts'
import type { World } from '../world.ts'
import type { CloneInstance, Cloner, Created } from './clone.ts'
import { joinCloneGroups } from './clone-group.ts'
import type { CloneMembership, ClonerState } from './clone-state.ts'
import { isOwnName, matches, namesOf, parseUnit, takeUnit, unitsOf } from './unit.ts'

/** How {@link CloneOps.create} goes on after the interface is there. */
export interface CreateOptions {
  /** Applies the rest of the request under the same RTNL. */
  readonly modify?: (ifp: Ifnet, ctx: Ctx, rtnl: RtnlHeld) => void
  /** What a failing `modify` leaves: FreeBSD keeps the new interface, Linux destroys it. Default `keep`. */
  readonly onFailure?: 'keep' | 'destroy'
}

/** Creation and destruction of interfaces by users, in one network stack. */
export interface CloneOps {
  /**
   * Creates an interface: `epair` takes the lowest free unit, `epair3` that one. Takes the locks that it needs.
   * @throws NetlinkError EINVAL without a cloner for the name or for a malformed unit, EEXIST if the name is in use,
   * ENOSPC without a unit, and what the cloner or `modify` throws.
   */
  create(ctx: Ctx, name: string, params?: unknown, options?: CreateOptions): Promise<Created>
  /** The same at once, for a caller who holds the RTNL and knows that no cloner is being unregistered: boot. */
  createNow(ctx: Ctx, rtnl: RtnlHeld, name: string, params?: unknown): Created
  /**
   * Destroys an interface, with all of its instance. @throws NetlinkError ENXIO for an unknown name, EINVAL for one that
   * no cloner made or that must exist, EBUSY in a network stack that is shutting down, or what the cloner throws; the
   * interface then stays.
   */
  destroy(ctx: Ctx, name: string): Promise<void>
  /** The cloner that a name asks for, or `undefined`: creation would answer EINVAL. */
  clonerFor(name: string): Cloner | undefined
  /** Cloner of an interface, by which dumps name its kind; `undefined` if it was not cloned. */
  clonerOf(ifp: Ifnet): Cloner | undefined
}

/** The newest cloner that a name asks for. */
function find(world: World, name: string): ClonerState | undefined {
  return [...world.cloners.values()].findLast(({ registered, cloner }) => registered && matches(cloner, name))
}

function required(world: World, name: string): ClonerState {
  const state = find(world, name)
  if (state === undefined) throw new NetlinkError('EINVAL', `no cloner makes interfaces called ${name}`)
  return state
}

/** What is to be created. */
interface CreateRequest {
  readonly name: string
  readonly params: unknown
  /** Forces indices, when a state file is loaded. */
  readonly indexes?: readonly number[]
}

/**
 * Creates under locks that the caller holds. If it throws, `made` has what the cloner had attached by then; what it had
 * only allocated is freed.
 */
export function createUnder(
  world: World,
  ctx: Ctx,
  rtnl: RtnlHeld,
  net: NetState,
  state: ClonerState,
  request: CreateRequest,
  made: IfRecord[] = [],
): IfRecord {
  const { cloner } = state
  if (!state.registered) throw new NetlinkError('EINVAL', `cloner ${cloner.name} has gone`)
  if (nameTaken(net, request.name)) throw new NetlinkError('EEXIST', `an interface ${request.name} exists`)
  const unit = takeUnit(state, net, parseUnit(cloner, request.name))
  const behind: OwnerCloner = { name: cloner.name, gone: () => !state.registered }
  try {
    const instance = cloner.create({
      ctx,
      rtnl,
      vnet: net.vnet,
      name: isOwnName(cloner, request.name) ? request.name : namesOf(cloner, unit)[0],
      unit,
      params: request.params,
      random: world.random,
      alloc: spec => {
        const record = allocate(world, net.vnet, { unit, driver: cloner.name, ...spec }, request.indexes?.[made.length])
        made.push(record)
        return createOwner(record, behind)
      },
    })
    enrol(ctx, state, instance, made, unit, net)
    const wanted = instance.interfaces.find(({ ifp }) => ifp.name === request.name) ?? instance.interfaces[0]
    return recordOf(wanted.ifp)
  } catch (error) {
    for (const record of made) if (record.state === 'allocated') free(ctx, record)
    unitsOf(state, net.vnet).delete(unit)
    throw error
  }
}

/** Links the interfaces of an instance into the list of their cloner and into its group. */
function enrol(
  ctx: Ctx,
  state: ClonerState,
  instance: CloneInstance,
  made: readonly IfRecord[],
  unit: number,
  net: NetState,
): void {
  const membership: CloneMembership = { state, instance, unit, vnet: net.vnet }
  for (const record of made) {
    if (!record.attached) throw new InvariantError(`cloner ${state.cloner.name} did not attach ${record.name}`)
  }
  for (const record of made) {
    record.clone = membership
    state.members.add(record)
    joinCloneGroups(ctx, net, record)
  }
}

/** Destroys an instance under the detach lock. Forced, it cannot fail. */
export async function destroyInstance(
  ctx: Ctx,
  held: DetachHeld,
  membership: CloneMembership,
  forced: boolean,
): Promise<void> {
  const { state, instance, unit, vnet } = membership
  const records = [...state.members].filter(record => record.clone === membership)
  try {
    if (instance.destroy === undefined) await destroyAll(ctx, held, instance.interfaces)
    else await instance.destroy(ctx, held, forced)
  } catch (error) {
    if (!forced) throw error
    const [first] = records
    first?.world.report(`cloner ${state.cloner.name} failed to destroy ${first.name}`, error)
  }
  for (const record of records) {
    await removeRest(ctx, held, record)
    state.members.delete(record)
  }
  unitsOf(state, vnet).delete(unit)
}

async function destroyAll(ctx: Ctx, held: DetachHeld, owners: readonly IfOwner[]): Promise<void> {
  for (const owner of owners) {
    await owner.detach(ctx, held)
    owner.free(ctx)
  }
}

/** Whatever a driver has left of an interface is taken down here, so that nothing stays behind. */
export async function removeRest(ctx: Ctx, held: DetachHeld, record: IfRecord): Promise<void> {
  if (record.state === 'attached') await detach(ctx, held, record)
  if (record.state === 'detached' || record.state === 'allocated') free(ctx, record)
}

export function createCloneOps(world: World, net: NetState): CloneOps {
  function refuseDying(): void {
    if (net.dying) throw new NetlinkError('EBUSY', `network stack ${net.vnet} is shutting down`)
  }

  async function create(ctx: Ctx, name: string, params: unknown, options: CreateOptions): Promise<Created> {
    const state = required(world, name)
    await world.point(ctx, 'cloner found')
    using held = await world.detach.acquire(ctx)
    using _cloner = await state.lock.acquire(ctx)
    using rtnl = await world.rtnl.acquire(ctx)
    refuseDying()
    const made: IfRecord[] = []
    let record: IfRecord | undefined
    try {
      record = createUnder(world, ctx, rtnl, net, state, { name, params }, made)
      using section = world.epoch.enter(ctx)
      options.modify?.(borrow(record, section), ctx, rtnl)
      return { name: record.name, index: record.index }
    } catch (error) {
      rtnl.release() // destruction takes it itself, and waits for readers without it
      if (record?.clone === undefined) for (const attached of made) await removeRest(ctx, held, attached)
      else if (options.onFailure === 'destroy') await destroyInstance(ctx, held, record.clone, true)
      throw error
    }
  }

  async function destroy(ctx: Ctx, name: string): Promise<void> {
    using held = await world.detach.acquire(ctx)
    await world.point(ctx, 'detach lock held')
    refuseDying()
    const record = net.names.get(name)
    if (record === undefined) throw new NetlinkError('ENXIO', `there is no interface ${name}`)
    const { clone } = record
    if (clone === undefined) throw new NetlinkError('EINVAL', `${name} was not created by a user`)
    if (clone.unit < (clone.state.cloner.minIfs ?? 0)) {
      throw new NetlinkError(
        'EINVAL',
        `${name} must exist: ${clone.state.cloner.name} has a minimum of ${clone.state.cloner.minIfs}`,
      )
    }
    using _cloner = await clone.state.lock.acquire(ctx)
    await destroyInstance(ctx, held, clone, false)
  }

  return {
    create: (ctx, name, params, options = {}) => create(ctx, name, params, options),
    createNow(ctx, rtnl, name, params) {
      const record = createUnder(world, ctx, rtnl, net, required(world, name), { name, params })
      return { name: record.name, index: record.index }
    },
    destroy,
    clonerFor: name => find(world, name)?.cloner,
    clonerOf: ifp => recordOf(ifp).clone?.state.cloner,
  }
}
