import { IFF_DRV_FLAGS } from './constants.ts'
import { UnloadedModuleError } from './errors.ts'
import { assertHeld, attach, detach, free } from './lifecycle.ts'
import { reportLink } from './link-state.ts'
import { count } from './packet.ts'
import { assertNotFreed, type IfRecord } from './record.ts'
import type { IfOwner } from './types.ts'
import { owned } from './view.ts'

/** The driver's handle of an interface. `cloner` tells whether the driver's code is still there. */
export function createOwner(
  record: IfRecord,
  cloner?: { readonly name: string; readonly gone: () => boolean },
): IfOwner {
  const alive = (): void => {
    if (cloner?.gone() === true) throw new UnloadedModuleError(cloner.name)
    assertNotFreed(record)
  }
  return {
    ifp: owned(record),
    attach(ctx, rtnl) {
      alive()
      assertHeld(ctx, rtnl)
      attach(ctx, rtnl, record, 'attach')
    },
    async detach(ctx, held) {
      assertNotFreed(record)
      assertHeld(ctx, held)
      await detach(ctx, held, record)
    },
    free(ctx) {
      assertNotFreed(record)
      free(ctx, record)
    },
    linkState(state) {
      alive()
      reportLink(record, state)
    },
    driverFlags(set, clear) {
      alive()
      record.drvFlags = ((record.drvFlags & ~clear) | set) & IFF_DRV_FLAGS
    },
    count(counter, by) {
      alive()
      count(record, counter, by)
    },
  }
}
