import type { Ctx } from '@nltool/nl-core/model'
import type { Section } from './epoch/section.ts'
import type { NetState } from './net-state.ts'
import type { IfRecord } from './record.ts'
import type { IfMulti, Ifnet, InetAddr, LinkState } from './types.ts'
import { borrow } from './view.ts'

/** What every event says. `ifp` is borrowed for the section, which closes when the last handler has returned. */
export interface IfEvent {
  /** Whoever caused it; `ctx.origin` is the request, if there was one. */
  readonly ctx: Ctx
  readonly section: Section
  readonly ifp: Ifnet
}

/** The events of a network stack, FreeBSD's names in parentheses. */
export interface IfEvents {
  /** An interface can be found from now on (`ifnet_arrival_event`). */
  arrival: IfEvent & { readonly reason: 'attach' | 'rename' | 'move' }
  /** An interface is going, or about to get another name (`ifnet_departure_event`). */
  departure: IfEvent & { readonly reason: 'detach' | 'rename' | 'move' | 'vnet' }
  /** It went up or down (`ifnet_event`). */
  event: IfEvent & { readonly what: 'up' | 'down' }
  /** Its link state has been announced (`ifnet_link_event`). */
  link: IfEvent & { readonly state: LinkState }
  /** Its link-level address changed (`iflladdr_event`). */
  lladdr: IfEvent & { readonly old: Uint8Array }
  /** An address was added, changed or removed (`ifaddr_event_ext`, `rt_addrmsg`). */
  address: IfEvent & { readonly action: 'add' | 'change' | 'delete'; readonly address: InetAddr }
  /** A multicast group was joined for the first or left for the last time (RTM_NEWMADDR, RTM_DELMADDR). */
  multicast: IfEvent & { readonly action: 'join' | 'leave'; readonly membership: IfMulti }
  /** A group came to be, got or lost this member, ceased to be (`group_attach_event` and its fellows). */
  group: IfEvent & { readonly action: 'attach' | 'change' | 'detach'; readonly group: string }
  /** The MTU is another one (address families adapt). */
  mtu: IfEvent & { readonly old: number }
  /** Something was changed that listeners are told as a whole; `change` is the mask of changed IFF_* flags. */
  message: IfEvent & { readonly change: number }
}

/** Name of an event. */
export type IfEventName = keyof IfEvents

/** Handles an event. Runs outside the registry's locks and cannot wait; what it throws is reported and goes no further. */
export type IfEventHandler<Name extends IfEventName> = (event: IfEvents[Name]) => void

/** Where handlers are registered. */
export interface IfEventSource {
  /**
   * Calls `handler` for every event of a name: higher priority first (default 0), then in order of registration. A
   * handler added or taken away while an event is being delivered counts from the next one on.
   * Returns what takes it away.
   */
  on<Name extends IfEventName>(name: Name, handler: IfEventHandler<Name>, priority?: number): () => void
}

interface Registration {
  readonly handler: (event: never) => void
  readonly priority: number
}

/** Handlers by event. Lists are replaced, never changed, so that a walk sees the list with which it began. */
export interface Emitter extends IfEventSource {
  readonly handlers: Map<IfEventName, readonly Registration[]>
}

export function createEmitter(): Emitter {
  const handlers: Emitter['handlers'] = new Map()
  return {
    handlers,
    on(name, handler, priority = 0) {
      const registration: Registration = { handler, priority }
      const list = handlers.get(name) ?? []
      const at = list.findIndex(other => other.priority < priority)
      handlers.set(name, at < 0 ? [...list, registration] : list.toSpliced(at, 0, registration))
      return () => {
        const remaining = handlers.get(name)?.filter(other => other !== registration) ?? []
        handlers.set(name, remaining)
      }
    },
  }
}

type Details<Name extends IfEventName> = Omit<IfEvents[Name], keyof IfEvent>

/**
 * Delivers an event about an interface in its network stack. An interface that listeners do not know, or know to be
 * gone, has nothing to say except its arrival and what its groups do.
 */
export function emit<Name extends IfEventName>(
  ctx: Ctx,
  net: NetState,
  record: IfRecord,
  name: Name,
  details: Details<Name>,
): void {
  const { world } = record
  if (world.quiet) return
  if (!record.announced && name !== 'group') {
    world.counts.eventsSuppressed += 1
    return
  }
  const list = net.emitter.handlers.get(name)
  if (list === undefined || list.length === 0) return
  using section = world.epoch.enter(ctx)
  const event = { ctx, section, ifp: borrow(record, section), ...details }
  for (const { handler } of list) {
    try {
      handler(event as never)
    } catch (error) {
      world.report(`a handler of ${name} events of ${record.name} failed`, error)
    }
  }
}
