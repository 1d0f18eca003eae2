import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, VnetId } from '@nltool/nl-core/model'
import { destroyInstance, removeRest } from '../clone/clone-ops.ts'
import { InvariantError } from '../errors.ts'
import type { NetState } from '../net-state.ts'
import type { IfRecord } from '../record.ts'
import type { DetachHeld } from '../types.ts'
import { borrow } from '../view.ts'
import type { World } from '../world.ts'
import { attach, tearDown, withdraw } from './lifecycle.ts'
import { nameTaken } from './rename.ts'

/**
 * `if_vmove`: the interface leaves one network stack as by a detach and enters another as by an attach; index, MTU,
 * link-layer address, description and counters stay. Its name is promised to it in the target from the start.
 */
async function move(ctx: Ctx, record: IfRecord, target: NetState, name: string): Promise<void> {
  const { world } = record
  target.reserved.add(name)
  try {
    await withdraw(ctx, record, 'moving-old')
    using rtnl = await world.rtnl.acquire(ctx)
    await tearDown(ctx, rtnl, record, 'move')
    reassign(ctx, record, target.vnet)
    record.vnet = target.vnet
    record.moves += 1
    record.movedAt = world.epoch.advance()
    record.name = name
    await world.point(ctx, 'between network stacks')
    target.reserved.delete(name)
    attach(ctx, rtnl, record, 'move')
  } finally {
    target.reserved.delete(name)
  }
}

/** Tells the driver of a move. */
export function reassign(ctx: Ctx, record: IfRecord, to: VnetId): void {
  const { world, methods } = record
  if (methods?.reassign === undefined) return
  using section = world.epoch.enter(ctx)
  try {
    methods.reassign(borrow(record, section), to, ctx)
  } catch (error) {
    world.report(`the driver of ${record.name} failed at its move`, error)
  }
}

const acquireDetach = async (ctx: Ctx, world: World): Promise<DetachHeld | undefined> =>
  world.defects.noDetachLock === true ? undefined : world.detach.acquire(ctx)

/** SIOCSIFVNET: gives an interface away. The checks and their order are FreeBSD's (`if_vmove_loan`). */
export async function loan(ctx: Ctx, world: World, from: NetState, name: string, to: VnetId): Promise<string> {
  const target = world.nets.get(to)
  if (target === undefined) throw new NetlinkError('ENXIO', `there is no network stack ${to}`)
  const record = from.names.get(name)
  if (record === undefined) throw new NetlinkError('ENXIO', `there is no interface ${name}`)
  if (target === from) throw new NetlinkError('EEXIST', `${name} is in network stack ${to}`)
  if (nameTaken(target, name)) throw new NetlinkError('EEXIST', `network stack ${to} has an interface ${name}`)
  await world.point(ctx, 'loan checked')
  using _held = await acquireDetach(ctx, world)
  return await moveChecked(ctx, record, from, target)
}

/** SIOCSIFRVNET: takes an interface back (`if_vmove_reclaim`). */
export async function reclaimFrom(ctx: Ctx, world: World, here: NetState, from: VnetId, name: string): Promise<string> {
  const source = world.nets.get(from)
  if (source === undefined) throw new NetlinkError('ENXIO', `there is no network stack ${from}`)
  const record = source.names.get(name)
  if (record === undefined) throw new NetlinkError('ENXIO', `network stack ${from} has no interface ${name}`)
  if (nameTaken(here, name)) throw new NetlinkError('EEXIST', `an interface ${name} exists`)
  await world.point(ctx, 'reclaim checked')
  using _held = await acquireDetach(ctx, world)
  return await moveChecked(ctx, record, source, here)
}

/** What the checks found may have changed while the lock was awaited; they are made again, and it stays so from here. */
async function moveChecked(ctx: Ctx, record: IfRecord, source: NetState, target: NetState): Promise<string> {
  if (source.dying || target.dying) throw new NetlinkError('EBUSY', 'a network stack is shutting down')
  if (!record.attached || record.vnet !== source.vnet) throw new NetlinkError('ENODEV', `${record.name} has gone`)
  const { name } = record
  if (nameTaken(target, name)) throw new NetlinkError('EEXIST', `network stack ${target.vnet} has an interface ${name}`)
  await move(ctx, record, target, name)
  return name
}

/**
 * Ends a network stack under the detach lock: what came from elsewhere goes home, what is at home here is destroyed,
 * wherever it is.
 */
export async function destroyNet(ctx: Ctx, world: World, net: NetState): Promise<void> {
  if (net.dying) throw new NetlinkError('EBUSY', `network stack ${net.vnet} is shutting down`)
  using held = await world.detach.acquire(ctx)
  if (world.nets.get(net.vnet) !== net) throw new NetlinkError('ENXIO', `network stack ${net.vnet} has gone`)
  // Not before the lock is held: an interface that is on its way here by then arrives first.
  net.dying = true
  await world.point(ctx, 'network stack dying')
  // In rounds, because others may attach what they had allocated, and a destruction may take several interfaces.
  for (let records = concerned(world, net); records.length > 0; records = concerned(world, net)) {
    for (const record of records) if (record.attached) await evict(ctx, held, record, net)
  }
  world.nets.delete(net.vnet)
  for (const { units } of world.cloners.values()) units.delete(net.vnet)
}

/** The attached interfaces that are in a network stack, and those that are at home there. */
function concerned(world: World, net: NetState): IfRecord[] {
  const all = [...net.list]
  for (const other of world.nets.values()) {
    for (const record of other === net ? [] : other.list) if (record.home === net.vnet) all.push(record)
  }
  return all
}

/** Sends an interface home from a dying network stack, or destroys it if that is its home or its home has gone. */
async function evict(ctx: Ctx, held: DetachHeld, record: IfRecord, net: NetState): Promise<void> {
  const home = record.home === undefined ? undefined : record.world.nets.get(record.home)
  if (home !== undefined && home !== net && !home.dying) await move(ctx, record, home, freeName(home, record))
  else await destroyRecord(ctx, held, record)
}

async function destroyRecord(ctx: Ctx, held: DetachHeld, record: IfRecord): Promise<void> {
  if (record.clone !== undefined) await destroyInstance(ctx, held, record.clone, true)
  await removeRest(ctx, held, record)
  if (record.attached) throw new InvariantError(`${record.name} survived the end of its network stack`)
}

/**
 * The name under which an interface comes home. FreeBSD does not look whether somebody has taken it meanwhile; here the
 * interface then gets the next free name of its driver.
 */
function freeName(home: NetState, record: IfRecord): string {
  if (!nameTaken(home, record.name)) return record.name
  let unit = 0
  while (nameTaken(home, `${record.driver}${unit}`)) unit += 1
  return `${record.driver}${unit}`
}
