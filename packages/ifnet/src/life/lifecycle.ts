import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, HeldLock, RtnlHeld, VnetId } from '@nltool/nl-core/model'
import { joinCloneGroups } from '../clone/clone-group.ts'
import { IFF_DYING } from '../constants.ts'
import { linkAddrOf, purgeAddresses } from '../data/address.ts'
import { joinGroup, leaveAllGroups } from '../data/group.ts'
import { attachHanging, detachHanging } from '../data/hanging-life.ts'
import { purgeMulticast } from '../data/multicast.ts'
import { dropCount } from '../epoch/refs.ts'
import { InvariantError } from '../errors.ts'
import { emit } from '../events.ts'
import { checkName } from '../name.ts'
import { type NetState, netOf } from '../net-state.ts'
import { createRecord, type IfRecord } from '../record.ts'
import { stackHere } from '../stack.ts'
import { attachMark } from '../table/table.ts'
import type { DetachHeld, IfSpec } from '../types.ts'
import type { World } from '../world.ts'
import { announceDown } from './admin.ts'
import { flushLinkReports } from './link-state.ts'
import { nameTaken } from './rename.ts'

/** Why an interface leaves a network stack. */
export type Passage = 'detach' | 'move'

/** `if_alloc`: an object with an index and one reference, the table's. No event. @throws NetlinkError ENOSPC. */
export function allocate(world: World, vnet: VnetId, spec: IfSpec, wantedIndex?: number): IfRecord {
  checkName(spec.name)
  const record = createRecord(world, vnet, spec)
  world.table.allocate(record, wantedIndex)
  record.refs = 1
  world.counts.allocated += 1
  world.live.add(record)
  return record
}

/** Puts an interface on the list of its network stack: from this step on every look-up finds it. */
function link(record: IfRecord, net: NetState): void {
  net.list.add(record)
  net.names.set(record.name, record)
  net.indexes.add(record.index)
  net.generation += 1
  record.world.table.slots.attachedIn[record.index] = attachMark(net.vnet)
  record.attached = true
  record.state = 'attached'
}

/** Takes it off again: from this step on no look-up finds it, and nothing can be added to it. */
function unlink(record: IfRecord): void {
  const net = netOf(record)
  net.list.delete(record)
  net.names.delete(record.name)
  net.indexes.delete(record.index)
  net.generation += 1
  record.world.table.slots.attachedIn[record.index] = 0
  record.attached = false
  record.unlinkedAt = record.world.epoch.advance()
}

/**
 * `if_attach`, in FreeBSD's order with one exception: the address families' data is made before the interface is put
 * on the list, so that nobody finds an interface without it (R-IF-16).
 */
export function attach(ctx: Ctx, _rtnl: RtnlHeld, record: IfRecord, why: 'attach' | 'move'): void {
  const { world } = record
  const net = world.nets.get(record.vnet)
  if (net === undefined) throw new NetlinkError('ENXIO', `network stack ${record.vnet} has gone`)
  if (record.state !== 'allocated' && record.state !== 'moving-old') {
    throw new InvariantError(`attach of ${record.name}, which is ${record.state}`)
  }
  if (net.dying) throw new NetlinkError('EBUSY', `network stack ${net.vnet} is shutting down`)
  if (nameTaken(net, record.name)) throw new NetlinkError('EEXIST', `an interface ${record.name} exists`)
  record.state = why === 'move' ? 'moving-new' : 'attaching'
  record.home ??= net.vnet
  joinGroup(ctx, net, record, 'all')
  if (why === 'move') joinCloneGroups(ctx, net, record)
  record.lastChange = world.clock.uptime()
  record.attachedAt = world.clock.uptime()
  record.addresses = [linkAddrOf(record), ...record.addresses.filter(({ family }) => family !== 'link')]
  attachHanging(ctx, record)
  link(record, net)
  record.announced = true
  emit(ctx, net, record, 'arrival', { reason: why })
}

/** `if_detach`. The caller holds the detach lock from before this to after it. */
export async function detach(ctx: Ctx, held: DetachHeld, record: IfRecord): Promise<void> {
  assertHeld(ctx, held)
  await withdraw(ctx, record, 'detaching')
  using rtnl = await record.world.rtnl.acquire(ctx)
  await tearDown(ctx, rtnl, record, 'detach')
  record.state = 'detached'
}

/**
 * Steps 1 to 3: takes the interface off its list under the RTNL, then waits for its readers without it, so that a
 * reader who takes his time holds up nobody else.
 */
export async function withdraw(ctx: Ctx, record: IfRecord, state: 'detaching' | 'moving-old'): Promise<void> {
  const rtnl = await record.world.rtnl.acquire(ctx)
  try {
    if (record.state !== 'attached') throw new InvariantError(`${record.name} is to leave, but is ${record.state}`)
    unlink(record)
    record.state = state
    if (state === 'detaching') record.flags |= IFF_DYING
  } finally {
    rtnl.release()
  }
  await readersGone(ctx, record)
}

/** Whoever found the interface before it was taken off the list has finished with it after this. */
async function readersGone(ctx: Ctx, record: IfRecord): Promise<void> {
  const { world } = record
  await world.point(ctx, 'unlinked')
  if (world.defects.noEpochWait === true) return
  await world.epoch.wait(ctx)
  await world.epoch.drain(ctx)
}

/** Steps 4 to 13 of `if_detach`. */
export async function tearDown(ctx: Ctx, rtnl: RtnlHeld, record: IfRecord, why: Passage): Promise<void> {
  const { world } = record
  const net = netOf(record)
  leaveAllGroups(ctx, net, record)
  flushLinkReports(ctx, record)
  announceDown(ctx, net, record)
  await world.point(ctx, 'down')
  // A dying stack drops its addresses and routes as a whole; nobody is told of each.
  if (!net.dying) {
    purgeAddresses(ctx, rtnl, record)
    await world.point(ctx, 'addresses purged')
    purgeMulticast(ctx, net, record)
  }
  emit(ctx, net, record, 'departure', { reason: net.dying ? 'vnet' : why })
  record.announced = false
  if (why !== 'move') record.methods = undefined
  record.addresses = why === 'move' ? record.addresses.filter(({ family }) => family === 'link') : []
  record.multicast = []
  await world.point(ctx, 'departed')
  detachHanging(ctx, record, why)
}

/** `if_free`: empties the slot and gives the table's reference back. */
export function free(ctx: Ctx, record: IfRecord): void {
  const { world } = record
  if (record.state !== 'allocated' && record.state !== 'detached') {
    throw new InvariantError(`free of ${record.name}, which is ${record.state}`)
  }
  record.flags |= IFF_DYING
  record.freed = { by: ctx.task.name, at: world.clock.uptime(), stack: world.stacks ? stackHere() : undefined }
  world.table.release(record)
  record.state = 'free-pending'
  dropCount(record)
}

/** @throws InvariantError unless the task holds the lock that it shows. */
export function assertHeld(ctx: Ctx, held: HeldLock): void {
  if (ctx.task.held.includes(held)) return
  throw new InvariantError(`${ctx.task.name} shows the lock ${held.name} but does not hold it`)
}
