import type { Ctx, VnetId } from '@nltool/nl-core/model'
import { InvariantError } from '../errors.ts'
import type { IfRecord } from '../record.ts'
import type { Ifnet, IfView } from '../types.ts'
import { borrow } from '../view.ts'
import type { World } from '../world.ts'

declare const hangingBrand: unique symbol

/**
 * A kind of data that hangs off interfaces: an address family's private state, a neighbour table. It lives as long as
 * its interface can be read: after a detach it is inactive but readable, and freed in the same step as the interface.
 */
export interface Hanging<T> {
  readonly [hangingBrand]?: (data: T) => T
  readonly name: string
  /** Position in the table of an interface. */
  readonly slot: number
  /** The data of an interface, or `undefined`: same as `ifp.af(hanging)`. */
  of(ifp: IfView): T | undefined
}

/** How hanging data is made and goes away. */
export interface HangingSpec<T> {
  /** What guards it: a lock that its owner takes, or the epoch alone. Nothing else may hang off an interface. */
  readonly rule: 'lock' | 'epoch'
  /**
   * Makes the data of an interface that enters a network stack, before anyone can find it there. If it throws, that is
   * reported and the interface goes without. None of the three may wait.
   */
  readonly attach: (ifp: Ifnet, ctx: Ctx) => T
  /** The interface leaves: stop timers, leave groups, freeze. The data stays readable. */
  readonly detach?: (data: T, ifp: Ifnet, ctx: Ctx) => void
  /** Nobody can read it any more. */
  readonly free?: (data: T) => void
}

/** A registered kind; the type of its data is known to the {@link Hanging} that was handed out. */
export interface HangingKind {
  readonly name: string
  readonly spec: HangingSpec<unknown>
}

/** Data of one kind during one stay in a network stack. */
export interface Version {
  readonly data: unknown
  readonly vnet: VnetId
  /** Epoch times of its making, and of its end: sections opened before that still see it. */
  readonly since: number
  until: number
  /** Of an earlier stay, until nobody can read it any more. */
  older: Version | undefined
}

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

function freeData({ name, world }: IfRecord, slot: number, version: Version): void {
  const kind = world.hangings[slot]
  try {
    kind?.spec.free?.(version.data)
  } catch (error) {
    world.report(`the free of the ${kind?.name} data of ${name} failed`, error)
  }
}

/** Frees everything that hangs off an interface, in the step that reclaims it. */
export function freeHanging(record: IfRecord): void {
  const { world, hanging } = record
  record.hanging = undefined
  for (const [slot, newest] of (hanging ?? []).entries()) {
    for (let version = newest; version !== undefined; version = version.older) {
      if (world.defects.hangingFreedAtDetach !== true) freeData(record, slot, version)
    }
  }
}

/** Whose eyes look: the network stack, when the section was opened, and what was there to be seen. */
export interface Sight {
  readonly vnet: VnetId
  readonly entered: number
  /** Epoch time of the borrow; what is made later stays unseen. `anything` for what was found attached: it has its data. */
  readonly asOf: number
}

/** An {@link Sight.asOf} without a bound. A small integer, so that it costs a look-up nothing to store it. */
export const anything = -1

/**
 * What a borrow sees: of the stays in its network stack that had not ended when the section was opened, the oldest. So
 * it sees one stay throughout, or none throughout, even if the interface leaves and comes back in the meantime.
 */
export function hangingAt(record: IfRecord, slot: number, { vnet, entered, asOf }: Sight): unknown {
  let seen: Version | undefined
  for (let version = record.hanging?.[slot]; version !== undefined; version = version.older) {
    const made = asOf === anything || version.since <= asOf
    if (made && version.vnet === vnet && entered < version.until) seen = version
  }
  return seen?.data
}

/** What is active now, for those who ask on behalf of the network stack in which it is. */
export function hangingNow(record: IfRecord, slot: number, vnet: VnetId): unknown {
  const version = record.hanging?.[slot]
  return version?.vnet === vnet && version.until === Infinity ? version.data : undefined
}
