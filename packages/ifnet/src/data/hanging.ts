import type { Ctx, VnetId } from '@nltool/nl-core/model'
import type { IfRecord } from '../record.ts'
import type { Ifnet, IfView } from '../types.ts'

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

/** Ends one version. What its owner throws is reported: the others go all the same. */
export function freeData({ name, world }: IfRecord, slot: number, version: Version): void {
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
