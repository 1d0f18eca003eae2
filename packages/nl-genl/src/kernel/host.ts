import { NETLINK_GENERIC, NLM_F_ECHO } from '@nltool/nl-core'
import type { Multicast } from '@nltool/nl-core/kernel'
import type { Ctx, VnetId } from '@nltool/nl-core/model'
import type { AnyFamily } from '../family.ts'
import { zeroHeader } from '../header.ts'
import { type AnyEventOperation, type FamilyMessages, isRequest } from '../messages.ts'
import type { AnyFamilyHost } from './serve.ts'
import { createSocketState } from './socket-state.ts'

/** What a family's host is made of. */
export interface HostParts {
  readonly id: number
  readonly family: AnyFamily
  readonly groups: ReadonlyMap<string, number>
  readonly messages: FamilyMessages
  readonly multicast: Multicast
  readonly vnets: () => Iterable<VnetId>
  readonly groupKeeper: GroupKeeper
}

/** Adds and removes groups of families that live. */
export interface GroupKeeper {
  add(ctx: Ctx, id: number, name: string): number
  remove(ctx: Ctx, id: number, name: string): void
}

/** A host, and what ends with the family. */
export interface KeptHost extends AnyFamilyHost {
  /** Gives up the state of every socket. */
  clear(): void
}

/** What the handlers of a family get of their kernel. */
export function createFamilyHost({ id, family, groups, messages, multicast, vnets, groupKeeper }: HostParts): KeptHost {
  const kept: { clear(): void }[] = []

  function group(name: string): number {
    const number = groups.get(name)
    if (number === undefined) throw new TypeError(`${family.name} has no group '${name}'`)
    return number
  }

  function eventOf(name: string): AnyEventOperation {
    const operation = family.ops[name]
    if (operation === undefined || isRequest(operation)) throw new TypeError(`${family.name} sends no '${name}'`)
    return operation
  }

  return {
    id,
    group,
    perSocket(parts) {
      const states = createSocketState(parts)
      kept.push(states)
      return states
    },
    clear() {
      for (const states of kept) states.clear()
    },
    addGroup: (ctx, name) => groupKeeper.add(ctx, id, name),
    removeGroup: (ctx, name) => groupKeeper.remove(ctx, id, name),
    hasListeners: (ctx, name) => wantsEcho(ctx) || multicast.hasListeners(ctx.vnet, NETLINK_GENERIC, group(name)),
    notify(ctx, name, attrs, options = {}) {
      const operation = eventOf(name)
      const target = options.group ?? operation.group
      if (target === undefined)
        throw new TypeError(`${family.name}: '${name}' has no group of its own, and none was named`)
      const header = {
        ...zeroHeader(family.header),
        cmd: operation.cmd,
        version: operation.version ?? family.version,
        reserved: 0,
      }
      const cap = typeof target === 'string' ? family.groups[target]?.cap : undefined
      const stacks = options.allNamespaces === true ? vnets() : [options.vnet ?? ctx.vnet]
      for (const vnet of stacks) {
        multicast.notify(ctx, {
          vnet,
          protocol: NETLINK_GENERIC,
          group: typeof target === 'number' ? target : group(target),
          type: id,
          schema: messages.event(operation),
          body: { header, attrs },
          ...(cap === undefined ? {} : { priv: cap }),
        })
      }
    },
  }
}

/** The requester gets a copy of what its request announces. */
function wantsEcho({ origin }: Ctx): boolean {
  return origin !== undefined && (origin.flags & NLM_F_ECHO) !== 0
}
