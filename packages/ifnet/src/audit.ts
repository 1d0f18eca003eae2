import { PrematureFreeError } from './errors.ts'
import { formatIfId } from './ids.ts'
import type { NetState } from './net-state.ts'
import { type IfRecord, idOf } from './record.ts'
import { attachMark } from './table/table.ts'
import type { IfState } from './types.ts'
import type { World } from './world.ts'

/** A counted reference that somebody holds. */
export interface AuditReference {
  readonly ifname: string
  /** Text of the interface's IfId. */
  readonly id: string
  readonly state: IfState
  readonly tag: string
  /** Call stack of the acquisition, where the registry keeps them. */
  readonly stack: string | undefined
}

/** What is alive in a registry. */
export interface AuditReport {
  /** Interfaces that have been allocated and not reclaimed, by state. */
  readonly interfaces: { readonly [state in IfState]?: number }
  readonly references: readonly AuditReference[]
  /** Names of the tasks that have sections open, oldest first. */
  readonly sections: readonly string[]
  /** Deferred frees that wait. */
  readonly pending: number
  /** One sentence for each invariant that does not hold; empty if all is well. */
  readonly violations: readonly string[]
}

/** Invariants are checked against each other's redundant sources: table, list, name map, index set, groups, counts. */
export function audit(world: World): AuditReport {
  const interfaces: { [state in IfState]?: number } = {}
  const references: AuditReference[] = []
  const violations: string[] = []
  for (const record of world.live) {
    interfaces[record.state] = (interfaces[record.state] ?? 0) + 1
    for (const { tag, stack } of record.holders ?? []) {
      references.push({ ifname: record.name, id: formatIfId(idOf(record)), state: record.state, tag, stack })
    }
    violations.push(...recordViolations(world, record))
  }
  for (const net of world.nets.values()) violations.push(...netViolations(world, net))
  violations.push(...clonerViolations(world))
  const sections = world.epoch.holders().map(task => task.name)
  return { interfaces, references, sections, pending: world.epoch.stats.pending, violations }
}

const unlisted: readonly IfState[] = ['free-pending', 'reclaim-queued', 'freed']

function* recordViolations(world: World, record: IfRecord): Iterable<string> {
  const { name, index, state, attached, refs, holders } = record
  const { records, generations, attachedIn } = world.table.slots
  const inTable = records[index] === record
  if (inTable === unlisted.includes(state)) yield `${name} is ${state} and ${inTable ? '' : 'not '}in slot ${index}`
  if (inTable && generations[index] !== record.gen) {
    yield `${name} has generation ${record.gen}, its slot ${generations[index]}`
  }
  if (inTable && attachedIn[index] !== (attached ? attachMark(record.vnet) : 0))
    yield `${name} has a wrong mark in its slot`
  const counted = (inTable ? 1 : 0) + (holders?.size ?? 0)
  if (refs !== counted) yield `${name} counts ${refs} references, there are ${counted}`
  if (attached !== (state === 'attached')) yield `${name} is ${state} and ${attached ? '' : 'not '}marked as attached`
  const net = world.nets.get(record.vnet)
  if (attached !== (net?.list.has(record) ?? false))
    yield `${name} is ${attached ? 'not ' : ''}in the list of its stack`
  if (attached !== (net?.names.get(name) === record)) yield `${name} is ${attached ? 'not ' : ''}in the name map`
  if (attached !== (net?.indexes.has(index) ?? false) && inTable)
    yield `${name} is ${attached ? 'not ' : ''}in the index set`
  if (state === 'detached' || unlisted.includes(state)) yield* leftovers(record)
}

function* leftovers(record: IfRecord): Iterable<string> {
  const { name, addresses, multicast, groups, state } = record
  if (addresses.some(({ family }) => family !== 'link')) yield `${name} is ${state} and has addresses`
  if (multicast.length > 0) yield `${name} is ${state} and has multicast memberships`
  if (groups.length > 0) yield `${name} is ${state} and in groups`
}

function* netViolations(world: World, net: NetState): Iterable<string> {
  const { vnet, list, names, indexes, groups } = net
  if (list.size !== names.size || list.size !== indexes.size) {
    yield `network stack ${vnet} lists ${list.size}, names ${names.size} and indexes ${indexes.size} interfaces`
  }
  for (const record of list) {
    if (!world.live.has(record)) yield `network stack ${vnet} lists ${record.name}, which was reclaimed`
    if (record.vnet !== vnet) yield `network stack ${vnet} lists ${record.name}, which is in ${record.vnet}`
  }
  for (const [group, members] of groups) {
    if (members.size === 0) yield `group ${group} of network stack ${vnet} is empty`
    for (const record of members)
      if (!record.groups.includes(group)) yield `${record.name} does not know group ${group}`
  }
}

/** Units are held by interfaces only: creation is one step, so none is in flight when anyone looks. */
function* clonerViolations(world: World): Iterable<string> {
  for (const { cloner, units, members } of world.cloners.values()) {
    for (const [vnet, taken] of units) {
      const used = new Set<number>()
      for (const record of members) {
        if (record.clone?.vnet === vnet) used.add(record.clone.unit)
      }
      if (used.size !== taken.size)
        yield `cloner ${cloner.name} has ${taken.size} units in use by ${used.size} instances`
    }
  }
}

/** @throws PrematureFreeError naming everything that is still held, open or pending, and every violation. */
export function assertQuiescent(world: World): void {
  const { references, sections, pending, violations, interfaces } = audit(world)
  const found = [...violations]
  for (const { ifname, id, tag, stack } of references) found.push(`${ifname} (${id}) is held by "${tag}"${stack ?? ''}`)
  for (const task of sections) found.push(`${task} has an epoch section open`)
  if (pending > 0) found.push(`${pending} deferred frees wait`)
  for (const [state, count] of Object.entries(interfaces)) {
    if (state !== 'attached') found.push(`${count} interfaces are ${state}`)
  }
  if (found.length > 0) throw new PrematureFreeError(`not quiescent: ${found.join('; ')}`)
}
