import { freeHanging } from '../data/hanging.ts'
import { IfRefError, InvariantError, type Tombstone } from '../errors.ts'
import { formatIfId } from '../ids.ts'
import { type Holder, type IfRecord, idOf } from '../record.ts'
import { stackHere } from '../stack.ts'

/**
 * Takes a reference unless the count is zero: then the interface is on its way to reclamation and nobody may hold it
 * any more. False if so.
 */
export function tryAcquire(record: IfRecord, holder: Holder): boolean {
  if (record.refs === 0 && record.world.defects.referenceFromZero !== true) return false
  record.refs += 1
  record.holders ??= new Set()
  record.holders.add(holder)
  return true
}

/** Makes what names a reference in audits. */
export function createHolder(record: IfRecord, tag: string): Holder {
  return { tag, stack: record.world.stacks ? stackHere() : undefined }
}

/** Gives a reference back; the last one queues the reclamation. */
export function releaseHolder(record: IfRecord, holder: Holder): void {
  if (record.holders?.delete(holder) !== true) {
    throw new IfRefError(`the reference "${holder.tag}" to ${record.name} is not held`)
  }
  dropCount(record)
}

/** Takes one off the count. */
export function dropCount(record: IfRecord): void {
  if (record.refs === 0) throw new IfRefError(`the count of ${record.name} would go below zero`)
  record.refs -= 1
  if (record.refs === 0 || gone(record)) queueReclaim(record)
}

/** The seeded defect: whoever else holds the interface does not count. */
const gone = (record: IfRecord): boolean =>
  record.world.defects.freeIgnoresCount === true && record.state === 'free-pending'

function queueReclaim(record: IfRecord): void {
  // Only a seeded defect counts down to zero a second time; the free that waits will look at the count itself.
  if (record.state === 'reclaim-queued' || record.state === 'freed') return
  if (record.state !== 'free-pending') {
    throw new InvariantError(`${record.name} lost its last reference while ${record.state}`)
  }
  record.state = 'reclaim-queued'
  record.world.epoch.call(() => reclaim(record), `free of ${record.name}`)
}

/**
 * The deferred free. It looks at the count again: a reference that came to be after the count had reached zero
 * postpones it to the release of that reference.
 */
function reclaim(record: IfRecord): void {
  const { world } = record
  if (record.refs > 0 && world.defects.freeIgnoresCount !== true) {
    world.counts.freeDelayed += 1
    record.state = 'free-pending'
    world.report(`the free of ${record.name} waits for ${tagsOf(record).join(', ')}`)
    return
  }
  record.tombstone = tombstoneOf(record)
  record.state = 'freed'
  world.counts.reclaimed += 1
  world.live.delete(record)
  freeHanging(record)
}

/** Tags of the references to an interface, in order of acquisition. */
export function tagsOf(record: IfRecord): string[] {
  return [...(record.holders ?? [])].map(({ tag }) => tag)
}

function tombstoneOf(record: IfRecord): Tombstone {
  const { world, freed } = record
  return {
    id: formatIfId(idOf(record)),
    ifname: record.name,
    freedBy: freed?.by ?? 'nobody',
    freedAt: freed?.at ?? 0,
    reclaimedAt: world.clock.uptime(),
    allocStack: record.allocStack,
    freeStack: freed?.stack,
  }
}
