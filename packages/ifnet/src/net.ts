import type { Ctx, IpFamily, VnetId } from '@nltool/nl-core/model'
import { type CloneOps, createCloneOps } from './clone/clone-ops.ts'
import { type IfConfig, ifConfig } from './config.ts'
import { type AddressValidator, addValidator } from './data/validator.ts'
import type { Epoch } from './epoch/epoch.ts'
import type { IfEventSource } from './events.ts'
import { createInterfaces, type Interfaces } from './interfaces.ts'
import { allocate } from './life/lifecycle.ts'
import { loan, reclaimFrom } from './life/move.ts'
import { createOwner } from './life/owner.ts'
import type { InputHook, NetState } from './net-state.ts'
import type { IfOwner, IfSpec } from './types.ts'
import type { World } from './world.ts'

/** One network stack: vnet(9). */
export interface Net {
  readonly vnet: VnetId
  readonly epoch: Epoch
  readonly interfaces: Interfaces
  readonly events: IfEventSource
  /** Changes of interfaces. */
  readonly config: IfConfig
  /** Creation and destruction by users. */
  readonly clone: CloneOps
  /** It is being destroyed: requests are answered EBUSY. */
  readonly dying: boolean
  /** Makes an interface that no cloner makes; its driver attaches it. @throws NetlinkError ENOSPC. */
  alloc(ctx: Ctx, spec: IfSpec): IfOwner
  /**
   * Gives an interface to another network stack; resolves to its name there. @throws NetlinkError ENXIO for an unknown
   * stack or name, EEXIST if it is there already or its name is in use there, EBUSY if a stack is shutting down, ENODEV
   * if the interface went away meanwhile.
   */
  loan(ctx: Ctx, name: string, to: VnetId): Promise<string>
  /** Takes an interface back from another network stack. @throws NetlinkError ENXIO, EEXIST, EBUSY, ENODEV as above. */
  reclaim(ctx: Ctx, from: VnetId, name: string): Promise<string>
  /** Asks `validate` before an address of the family is added to any interface here. Returns what takes it away. */
  onAddress(family: IpFamily, validate: AddressValidator, priority?: number): () => void
  /** Sets what received packets are handed to. */
  onInput(hook: InputHook | undefined): void
}

export function createNet(world: World, state: NetState): Net {
  return {
    vnet: state.vnet,
    epoch: world.epoch,
    interfaces: createInterfaces(world, state),
    events: { on: state.emitter.on },
    config: ifConfig,
    clone: createCloneOps(world, state),
    get dying() {
      return state.dying
    },
    alloc: (_ctx, spec) => createOwner(allocate(world, state.vnet, spec)),
    loan: (ctx, name, to) => loan(ctx, world, state, name, to),
    reclaim: (ctx, from, name) => reclaimFrom(ctx, world, state, from, name),
    onAddress: (family, validate, priority = 0) => addValidator(state, { family, validate, priority }),
    onInput(hook) {
      state.input = hook
    },
  }
}
