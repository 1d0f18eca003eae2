import { type Ctx, createTask, rootCred } from '@nltool/nl-core/model'
import { createHolder, releaseHolder, tryAcquire } from '../epoch/refs.ts'
import { emit } from '../events.ts'
import { netOf } from '../net-state.ts'
import type { IfRecord } from '../record.ts'
import type { LinkState } from '../types.ts'

/**
 * A driver's report of its link (`if_link_state_change`). The value counts at once; the announcement is a step of its
 * own, which holds a reference. What is reported in the meantime is announced with it, as one change.
 */
export function reportLink(record: IfRecord, state: LinkState): void {
  const { world } = record
  if (record.linkState === state) return
  record.linkState = state
  if (!record.attached) {
    world.counts.lateLinkReports += 1
    return
  }
  record.linkReports += 1
  if (record.linkReports > 1) return
  const holder = createHolder(record, 'link task')
  if (!tryAcquire(record, holder)) return
  world.scheduler.schedule(() => {
    flushLinkReports(kernelCtx(record), record)
    releaseHolder(record, holder)
  }, `link: ${record.name}`)
}

/** Announces what has been reported, if anything: the task's work, and what detach does in place of waiting for it. */
export function flushLinkReports(ctx: Ctx, record: IfRecord): void {
  const { linkReports } = record
  if (linkReports === 0) return
  record.linkReports = 0
  record.world.counts.linkStatesCoalesced += linkReports - 1
  const net = netOf(record)
  emit(ctx, net, record, 'message', { change: 0 })
  emit(ctx, net, record, 'link', { state: record.linkState })
}

function kernelCtx(record: IfRecord): Ctx {
  const { scheduler, clock } = record.world
  return { task: createTask(`link task of ${record.name}`), vnet: record.vnet, cred: rootCred, scheduler, clock }
}
