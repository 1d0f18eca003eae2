import type { Ctx, RtnlHeld } from '@nltool/nl-core/model'
import { IFF_DRV_FLAGS } from '../constants.ts'
import { count } from '../data/packet.ts'
import { UnloadedModuleError } from '../errors.ts'
import { assertNotFreed, type IfRecord } from '../record.ts'
import type { DetachHeld, IfOwner, IfView, LinkState } from '../types.ts'
import { owned } from '../view.ts'
import { assertHeld, attach, detach, free } from './lifecycle.ts'
import { reportLink } from './link-state.ts'

/** Whose code stands behind an interface, and whether it still does. */
export interface OwnerCloner {
  readonly name: string
  readonly gone: () => boolean
}

/** A class because there is one for each interface: seven closures would weigh as much as the interface itself. */
class Owner implements IfOwner {
  readonly ifp: IfView
  readonly #record: IfRecord
  readonly #cloner: OwnerCloner | undefined

  constructor(record: IfRecord, cloner: OwnerCloner | undefined) {
    this.ifp = owned(record)
    this.#record = record
    this.#cloner = cloner
  }

  /** The record, while the driver's code is there to be called. */
  get #alive(): IfRecord {
    if (this.#cloner?.gone() === true) throw new UnloadedModuleError(this.#cloner.name)
    return this.#live
  }

  get #live(): IfRecord {
    assertNotFreed(this.#record)
    return this.#record
  }

  get freed(): boolean {
    return this.#record.freed !== undefined
  }

  attach(ctx: Ctx, rtnl: RtnlHeld): void {
    const record = this.#alive
    assertHeld(ctx, rtnl)
    attach(ctx, rtnl, record, 'attach')
  }

  async detach(ctx: Ctx, held: DetachHeld): Promise<void> {
    await detach(ctx, held, this.#live)
  }

  free(ctx: Ctx): void {
    free(ctx, this.#live)
  }

  linkState(state: LinkState): void {
    reportLink(this.#alive, state)
  }

  driverFlags(set: number, clear: number): void {
    const record = this.#alive
    record.drvFlags = ((record.drvFlags & ~clear) | set) & IFF_DRV_FLAGS
  }

  count(counter: number, by: number | bigint): void {
    count(this.#alive, counter, by)
  }
}

/** The driver's handle of an interface. */
export function createOwner(record: IfRecord, cloner?: OwnerCloner): IfOwner {
  return new Owner(record, cloner)
}
