import type { Ctx, Random, RtnlHeld, VnetId } from '@nltool/nl-core/model'
import type { IfIndex } from '../ids.ts'
import type { DetachHeld, IfOwner, IfView } from '../types.ts'
import type { Allocator } from './allocator.ts'

/** What a cloner is asked to make. */
export interface CloneRequest {
  readonly ctx: Ctx
  readonly rtnl: RtnlHeld
  readonly vnet: VnetId
  /** Name of the interface, or the first one's if the cloner makes several. */
  readonly name: string
  readonly unit: number
  /** Parameters of the request (IFLA_INFO_DATA, decoded); the cloner checks them. */
  readonly params: unknown
  readonly random: Random
  /** Makes interfaces for this request. They are freed if `create` throws. */
  readonly alloc: Allocator
}

/** What a cloner has made. */
export interface CloneInstance {
  /** Attached, in order of creation; the first one is what the request asked for. */
  readonly interfaces: readonly [IfOwner, ...IfOwner[]]
  /**
   * Takes everything down: detaches and frees every interface of the instance that still is attached. Default: that.
   * What it throws is the answer to the request, unless the destruction is forced.
   */
  readonly destroy?: (ctx: Ctx, held: DetachHeld, forced: boolean) => Promise<void>
}

/** Makes and destroys interfaces of one kind (FreeBSD sys/net/if_clone.c). */
export interface Cloner {
  /** 1 to 9 characters; also the group of its interfaces. */
  readonly name: string
  /** Makes the interfaces of one unit and attaches them, at once. What it throws is the answer to the request. */
  readonly create: (request: CloneRequest) => CloneInstance
  /** Parameters that tell an interface from others of its kind, for dumps. */
  readonly describe?: (ifp: IfView) => unknown
  /** Units 0 to `minIfs - 1` exist from the start and cannot be destroyed. Default 0. */
  readonly minIfs?: number
  /** Highest unit, default 0x7fff. */
  readonly maxUnit?: number
  /** Names of the interfaces of a unit; default: the cloner's name followed by the unit. */
  readonly names?: (unit: number) => readonly [string, ...string[]]
  /**
   * Whether a name asks for this cloner; default: its name, followed by nothing or by digits, or a name of a unit. A name
   * of another pattern (em0.10) is given to the interface as it stands, on any unit.
   */
  readonly match?: (name: string) => boolean
}

/** An interface that has been created. */
export interface Created {
  readonly name: string
  readonly index: IfIndex
}
