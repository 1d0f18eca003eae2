import type { Ctx } from '@nltool/nl-core/model'
import { InvariantError } from '../errors.ts'
import type { IfRecord } from '../record.ts'
import { borrow } from '../view.ts'
import type { World } from '../world.ts'
import { freeData, type Hanging, type HangingKind, type HangingSpec, type Version } from './hanging.ts'

/** Registers a kind. Interfaces that are attached already get their data at once. */
export function defineHanging<T>(world: World, ctx: Ctx, name: string, spec: HangingSpec<T>): Hanging<T> {
  if (world.hangings.some(kind => kind.name === name)) throw new InvariantError(`hanging data ${name} is defined twice`)
  const slot = world.hangings.length
  const kind: HangingKind = { name, spec: spec as HangingSpec<unknown> }
  world.hangings.push(kind)
  for (const net of world.nets.values()) {
    for (const record of net.list) attachKind(ctx, record, kind, slot)
  }
  const hanging: Hanging<T> = { name, slot, of: ifp => ifp.af(hanging) }
  return hanging
}

/** Makes all hanging data of an interface that is about to become findable. */
export function attachHanging(ctx: Ctx, record: IfRecord): void {
  for (const [slot, kind] of record.world.hangings.entries()) attachKind(ctx, record, kind, slot)
}

function attachKind(ctx: Ctx, record: IfRecord, kind: HangingKind, slot: number): void {
  const { world } = record
  using section = world.epoch.enter(ctx)
  let data: unknown
  try {
    data = kind.spec.attach(borrow(record, section), ctx)
  } catch (error) {
    world.report(`${record.name} gets no ${kind.name} data`, error)
    return
  }
  record.hanging ??= []
  const older = record.hanging[slot]
  record.hanging[slot] = { data, vnet: record.vnet, since: world.epoch.advance(), until: Infinity, older }
}

/**
 * Makes hanging data inactive. Sections that are open keep seeing it; later ones see none. After a move the old data
 * goes on its own, otherwise with the interface.
 */
export function detachHanging(ctx: Ctx, record: IfRecord, why: 'detach' | 'move'): void {
  const { world } = record
  const until = world.epoch.advance()
  using section = world.epoch.enter(ctx)
  for (const [slot, kind] of world.hangings.entries()) {
    const version = record.hanging?.[slot]
    if (version === undefined || version.until !== Infinity) continue
    version.until = until
    try {
      kind.spec.detach?.(version.data, borrow(record, section), ctx)
    } catch (error) {
      world.report(`the detach of the ${kind.name} data of ${record.name} failed`, error)
    }
    if (world.defects.hangingFreedAtDetach === true) {
      freeData(record, slot, version)
    } else if (why === 'move') {
      world.epoch.call(() => freeVersion(record, slot, version), `${kind.name} data of ${record.name}`)
    }
  }
}

function freeVersion(record: IfRecord, slot: number, version: Version): void {
  const newest = record.hanging?.[slot]
  if (newest === undefined) return // freed with the interface in the meantime
  if (newest === version) (record.hanging as (Version | undefined)[])[slot] = undefined
  for (let other: Version | undefined = newest; other !== undefined; other = other.older) {
    if (other.older === version) other.older = version.older
  }
  freeData(record, slot, version)
}
