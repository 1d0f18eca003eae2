import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, RtnlHeld, VnetId } from '@nltool/nl-core/model'
import { createUnder } from './clone/clone-ops.ts'
import type { CloneMembership } from './clone/clone-state.ts'
import { namesOf } from './clone/unit.ts'
import { linkAddrOf } from './data/address.ts'
import { attachHanging, detachHanging } from './data/hanging-life.ts'
import { InvariantError } from './errors.ts'
import { reassign } from './life/move.ts'
import type { NetState } from './net-state.ts'
import { netOf } from './net-state.ts'
import { assertNotFreed, type IfRecord } from './record.ts'
import { attachMark } from './table/table.ts'
import type { IfMulti, InetAddr, LinkState } from './types.ts'
import { owned } from './view.ts'
import type { World } from './world.ts'

/** An attached interface as plain data: what cannot be had by creating it again. Times are uptimes in milliseconds. */
export interface SavedInterface {
  readonly index: number
  readonly name: string
  readonly vnet: VnetId
  readonly home: VnetId
  /** Moves between network stacks so far. */
  readonly moves: number
  /** IFF_* of the stack, and of the driver. */
  readonly flags: number
  readonly drvFlags: number
  readonly mtu: number
  readonly metric: number
  readonly fib: number
  readonly linkState: LinkState
  readonly lladdr: Uint8Array
  readonly hwaddr: Uint8Array
  readonly broadcast: Uint8Array
  readonly description: string | undefined
  /** In order of joining. */
  readonly groups: readonly string[]
  readonly capenable: number
  /** In order of addition. */
  readonly addresses: readonly InetAddr[]
  /** Newest first. */
  readonly multicast: readonly IfMulti[]
  /** Twelve, or none if nothing was ever counted. */
  readonly counters: readonly bigint[]
  readonly attachedAt: number
  readonly lastChange: number
  readonly promisc: number
  readonly allmulti: number
}

/** What one request to a cloner made. */
export interface SavedClone {
  readonly cloner: string
  /** The network stack whose unit it occupies. */
  readonly vnet: VnetId
  readonly unit: number
  /** Indices of its interfaces in order of creation. */
  readonly indexes: readonly number[]
  /** What the cloner's `describe` says of the first one: the parameters to create it again with. */
  readonly params: unknown
}

/** The order of things in one network stack. */
export interface SavedNet {
  readonly vnet: VnetId
  /** Indices in order of attachment. */
  readonly list: readonly number[]
  /** Groups in order of their making, members in order of joining. */
  readonly groups: readonly { readonly name: string; readonly members: readonly number[] }[]
}

/** A registry as plain data. */
export interface RegistryState {
  /** How often each index has been given back, from index 1 on. */
  readonly generations: readonly number[]
  /** In an order in which they can be created. */
  readonly clones: readonly SavedClone[]
  /** Ascending by index. */
  readonly interfaces: readonly SavedInterface[]
  readonly nets: readonly SavedNet[]
}

/**
 * Takes the registry down as data. @throws NetlinkError EBUSY while an interface is being attached, detached or moved;
 * EOPNOTSUPP for one that no cloner made: nothing could make it again.
 */
export function saveRegistry(world: World): RegistryState {
  const records = [...world.live].filter(({ state }) => state !== 'free-pending' && state !== 'reclaim-queued')
  for (const record of records) checkSavable(record)
  records.sort((a, b) => a.index - b.index)
  const nets = [...world.nets.values()].map(savedNet)
  return {
    generations: world.table.generations(),
    clones: savedClones(world),
    interfaces: records.map(savedInterface),
    nets,
  }
}

function checkSavable(record: IfRecord): void {
  const { name, state, clone } = record
  if (state !== 'attached') throw new NetlinkError('EBUSY', `${name} is ${state}`)
  if (clone === undefined)
    throw new NetlinkError('EOPNOTSUPP', `${name} was made by a driver of this program, not by a cloner`)
}

function savedClones(world: World): SavedClone[] {
  const seen = new Map<CloneMembership, number[]>()
  for (const { members } of world.cloners.values()) {
    for (const { clone, index } of members) {
      if (clone === undefined) continue
      const indexes = seen.get(clone)
      if (indexes === undefined) seen.set(clone, [index])
      else indexes.push(index)
    }
  }
  return [...seen].map(([{ state, unit, vnet }, indexes]) => {
    const first = world.table.slots.records[indexes[0] ?? 0]
    const params = first === undefined ? undefined : state.cloner.describe?.(owned(first))
    return { cloner: state.cloner.name, vnet, unit, indexes, params }
  })
}

function savedInterface(record: IfRecord): SavedInterface {
  assertNotFreed(record)
  return {
    index: record.index,
    name: record.name,
    vnet: record.vnet,
    home: record.home ?? record.vnet,
    moves: record.moves,
    flags: record.flags,
    drvFlags: record.drvFlags,
    mtu: record.mtu,
    metric: record.metric,
    fib: record.fib,
    linkState: record.linkState,
    lladdr: record.lladdr,
    hwaddr: record.hwaddr,
    broadcast: record.broadcast,
    description: record.description,
    groups: record.groups,
    capenable: record.capenable,
    addresses: record.addresses.filter(entry => entry.family !== 'link'),
    multicast: record.multicast,
    counters: [...(record.counters ?? [])],
    attachedAt: record.attachedAt,
    lastChange: record.lastChange,
    promisc: record.promisc,
    allmulti: record.allmulti,
  }
}

function savedNet({ vnet, list, groups }: NetState): SavedNet {
  const indexesOf = (records: Iterable<IfRecord>): number[] => Array.from(records, ({ index }) => index)
  return {
    vnet,
    list: indexesOf(list),
    groups: Array.from(groups, ([name, members]) => ({ name, members: indexesOf(members) })),
  }
}

/**
 * Fills a registry that has network stacks and cloners, but no interface yet. Cloners make the interfaces again; nobody
 * hears of it. @throws NetlinkError for a cloner that is not registered and for what a cloner refuses; InvariantError
 * for data that does not fit together. The registry is of no use after that.
 */
export function loadRegistry(world: World, ctx: Ctx, rtnl: RtnlHeld, state: RegistryState): void {
  if (world.live.size > 0) throw new InvariantError('a state is loaded into a registry that has interfaces')
  world.quiet = true
  try {
    world.table.setGenerations(state.generations)
    const byIndex = new Map(state.interfaces.map(saved => [saved.index, saved]))
    for (const clone of state.clones) {
      createAgain(world, ctx, rtnl, clone)
      // What later ones stand on is found where it is now, not where it was made.
      for (const index of clone.indexes) place(world, ctx, recordAt(world, index), byIndex.get(index))
    }
    for (const net of world.nets.values()) empty(net)
    for (const saved of state.interfaces) recordAt(world, saved.index).name = saved.name
    for (const saved of state.nets) fill(world, netAt(world, saved.vnet), saved)
    for (const saved of state.interfaces) takeHome(recordAt(world, saved.index), saved)
  } finally {
    world.quiet = false
  }
}

function createAgain(
  world: World,
  ctx: Ctx,
  rtnl: RtnlHeld,
  { cloner, vnet, unit, indexes, params }: SavedClone,
): void {
  const state = world.cloners.get(cloner)
  if (state === undefined) throw new NetlinkError('ENOENT', `there is no cloner ${cloner}`)
  const names = namesOf(state.cloner, unit)
  if (names.length !== indexes.length) {
    throw new InvariantError(`cloner ${cloner} makes ${names.length} interfaces, not ${indexes.length}`)
  }
  createUnder(world, ctx, rtnl, netAt(world, vnet), state, { name: names[0], params, indexes })
}

function recordAt(world: World, index: number): IfRecord {
  const record = world.table.slots.records[index]
  if (record === undefined) throw new InvariantError(`no cloner made interface ${index}`)
  return record
}

function netAt(world: World, vnet: VnetId): NetState {
  const net = world.nets.get(vnet)
  if (net === undefined) throw new InvariantError(`there is no network stack ${vnet}`)
  return net
}

/** Gives an interface its state and its network stack; its name only at the end, so that no two collide on the way. */
function place(world: World, ctx: Ctx, record: IfRecord, saved: SavedInterface | undefined): void {
  if (saved === undefined) throw new InvariantError(`interface ${record.index} is made, but not described`)
  apply(record, saved)
  const from = netOf(record)
  from.names.delete(record.name)
  record.name = `?${record.index}`
  if (saved.vnet === record.vnet) {
    from.names.set(record.name, record)
    return
  }
  from.list.delete(record)
  from.indexes.delete(record.index)
  movedBefore(world, ctx, record, saved.vnet)
  enlist(world, netOf(record), record)
}

function enlist(world: World, net: NetState, record: IfRecord): void {
  net.list.add(record)
  net.names.set(record.name, record)
  net.indexes.add(record.index)
  world.table.slots.attachedIn[record.index] = attachMark(net.vnet)
}

function apply(record: IfRecord, saved: SavedInterface): void {
  record.moves = saved.moves
  record.flags = saved.flags
  record.drvFlags = saved.drvFlags
  record.mtu = saved.mtu
  record.metric = saved.metric
  record.fib = saved.fib
  record.linkState = saved.linkState
  record.lladdr = saved.lladdr.slice()
  record.hwaddr = saved.hwaddr.slice()
  record.broadcast = saved.broadcast.slice()
  record.description = saved.description
  record.capenable = saved.capenable
  record.counters = saved.counters.length === 0 ? undefined : BigUint64Array.from(saved.counters)
  record.attachedAt = saved.attachedAt
  record.lastChange = saved.lastChange
  record.promisc = saved.promisc
  record.allmulti = saved.allmulti
}

/** Names, order and groups are given anew all at once. */
function empty({ list, names, indexes, groups }: NetState): void {
  for (const { index } of list) indexes.delete(index)
  list.clear()
  names.clear()
  groups.clear()
}

function fill(world: World, net: NetState, saved: SavedNet): void {
  for (const index of saved.list) {
    const record = recordAt(world, index)
    if (net.names.has(record.name))
      throw new InvariantError(`network stack ${net.vnet} has two interfaces ${record.name}`)
    enlist(world, net, record)
  }
  for (const { name, members } of saved.groups) {
    net.groups.set(name, new Set(members.map(index => recordAt(world, index))))
  }
  net.generation += 1
}

/** The interface had been moved away from the network stack in which its cloner made it. */
function movedBefore(world: World, ctx: Ctx, record: IfRecord, to: VnetId): void {
  detachHanging(ctx, record, 'move')
  reassign(ctx, record, to)
  record.vnet = netAt(world, to).vnet
  record.unlinkedAt = world.epoch.advance()
  attachHanging(ctx, record)
}

function takeHome(record: IfRecord, { vnet, home, groups, addresses, multicast }: SavedInterface): void {
  const net = netAt(record.world, vnet)
  if (record.vnet !== vnet || !net.list.has(record))
    throw new InvariantError(`${record.name} is in no list of network stack ${vnet}`)
  record.home = home
  record.groups = groups
  record.addresses = [linkAddrOf(record), ...addresses]
  record.multicast = multicast
}
