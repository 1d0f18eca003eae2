import { type Errno, NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx } from '@nltool/nl-core/model'
import type { IfRecord } from '../record.ts'
import type { DriverRequest } from '../types.ts'
import { borrow } from '../view.ts'

/**
 * Asks the driver. Its answer is `undefined` if it has done so; EOPNOTSUPP if it takes no requests; ENXIO once it is
 * dead; EIO, with a report, if it throws.
 */
export function callDriver(ctx: Ctx, record: IfRecord, request: DriverRequest): Errno | undefined {
  const { world, methods } = record
  if (methods === undefined) return 'ENXIO'
  if (methods.ioctl === undefined) return 'EOPNOTSUPP'
  using section = world.epoch.enter(ctx)
  try {
    return methods.ioctl(borrow(record, section), request, ctx)
  } catch (error) {
    world.report(`the driver of ${record.name} failed at ${request.request}`, error)
    return 'EIO'
  }
}

/** Asks the driver and throws its refusal. */
export function askDriver(ctx: Ctx, record: IfRecord, request: DriverRequest): void {
  const refused = callDriver(ctx, record, request)
  if (refused === undefined) return
  throw new NetlinkError(refused, `${record.name} refuses ${request.request}`)
}
