import { NetlinkError } from '@nltool/nl-core/errno'
import { type Ctx, vnet0 } from '@nltool/nl-core/model'
import { nameFault } from '../kernel/checks.ts'
import { type FamilyHost, type FamilyModule, serveFamily } from '../kernel/serve.ts'
import { nlsysevent } from './schema.ts'

/** Something that happened in the kernel, devctl(4). */
export interface SysEvent {
  /** Names the multicast group: `IFNET`, `USB`, … At most 15 bytes. */
  readonly system: string
  readonly subsystem: string
  readonly type: string
  readonly data?: string | undefined
}

/** Where the parts of a kernel report events; who listens is none of their business. */
export interface DeviceEvents {
  notify(ctx: Ctx, event: SysEvent): void
  /** Sets who is told. @throws NetlinkError EBUSY if somebody is already */
  hook(listener: (ctx: Ctx, event: SysEvent) => void): void
  unhook(): void
}

/** Makes the place where events are reported. */
export function createDeviceEvents(): DeviceEvents {
  let told: ((ctx: Ctx, event: SysEvent) => void) | undefined
  return {
    notify: (ctx, event) => told?.(ctx, event),
    hook(listener) {
      if (told !== undefined) throw new NetlinkError('EBUSY', 'device events have a listener already')
      told = listener
    },
    unhook() {
      told = undefined
    },
  }
}

/** Systems that can be told apart: the length of FreeBSD's table. */
const systemsMax = 64

/** The family nlsysevent, fed by events: each goes to the group of its system, which is made at its first event. */
export function nlsyseventModule(events: DeviceEvents): FamilyModule<typeof nlsysevent> {
  return serveFamily(
    nlsysevent,
    () => ({}),
    host => {
      const known = new Set(Object.keys(nlsysevent.groups))
      events.hook((ctx, event) => {
        if (isReachable(host, known, ctx, event.system))
          host.notify(ctx, 'newevent', event, { group: event.system, vnet: vnet0 })
      })
      return { stop: () => events.unhook() }
    },
  )
}

/** Makes the group of a system that has none. Where that cannot be, its events are lost, as on FreeBSD. */
function isReachable(host: FamilyHost<typeof nlsysevent>, known: Set<string>, ctx: Ctx, system: string): boolean {
  if (known.has(system)) return true
  if (known.size >= systemsMax || nameFault('group name', system) !== undefined) return false
  host.addGroup(ctx, system)
  known.add(system)
  return true
}
