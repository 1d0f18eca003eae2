import type { Ctx } from '@nltool/nl-core/model'
import type { IfView, Ifnet } from './types.ts'

declare const hangingBrand: unique symbol

/**
 * A kind of data that hangs off interfaces: an address family's private state, a neighbour table. It lives as long as
 * its interface can be read: after a detach it is inactive but readable, and freed in the same step as the interface.
 */
export interface Hanging<T> {
  readonly [hangingBrand]: (data: T) => T
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
  /** Makes the data of an interface that enters a network stack, before anyone can find it there. */
  readonly attach: (ifp: Ifnet, ctx: Ctx) => T
  /** The interface leaves: stop timers, leave groups, freeze. The data stays readable. */
  readonly detach?: (data: T, ifp: Ifnet, ctx: Ctx) => void
  /** Nobody can read it any more. */
  readonly free?: (data: T) => void
}
