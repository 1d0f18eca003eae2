import type { VnetId } from '@nltool/nl-core/model'
import type { CloneMembership } from './clone/clone-state.ts'
import { IFT_BRIDGE, IFT_ETHER } from './constants.ts'
import type { Version } from './data/hanging.ts'
import { type Tombstone, UseAfterFreeError } from './errors.ts'
import type { IfId, IfIndex } from './ids.ts'
import { stackHere } from './stack.ts'
import type { DriverMethods, IfAddr, IfMulti, IfSpec, IfState, LinkState } from './types.ts'
import type { World } from './world.ts'

/** A live reference, as audits list it. */
export interface Holder {
  readonly tag: string
  /** Call stack of the acquisition, where the registry was told to keep it. */
  readonly stack: string | undefined
}

/** The interface itself. Only this package sees it; everyone else has a view of it. */
export interface IfRecord {
  readonly world: World
  index: IfIndex
  gen: number
  moves: number
  vnet: VnetId
  home: VnetId | undefined
  state: IfState
  /** In the list and in the name map of `vnet`; set and cleared in the same step as both. */
  attached: boolean
  /** Listeners have heard of its arrival and not yet of its departure. */
  announced: boolean
  renaming: boolean
  /** Epoch time of the last removal from a list: sections opened before may still use the driver. */
  unlinkedAt: number
  /** Epoch time of the last move: what was borrowed before does not speak for the new network stack. */
  movedAt: number
  name: string
  readonly driver: string
  readonly unit: number | undefined
  /** What its cloner knows about it. */
  clone: CloneMembership | undefined
  readonly type: number
  /** Without the driver's flags. */
  flags: number
  drvFlags: number
  mtu: number
  metric: number
  fib: number
  linkState: LinkState
  /** Reports since the last announcement. */
  linkReports: number
  readonly baudrate: bigint
  lladdr: Uint8Array
  hwaddr: Uint8Array
  broadcast: Uint8Array
  readonly addrlen: number
  description: string | undefined
  groups: readonly string[]
  readonly capabilities: number
  capenable: number
  addresses: readonly IfAddr[]
  multicast: readonly IfMulti[]
  /** Made at first use: most interfaces of a large table never count anything. */
  counters: BigUint64Array | undefined
  attachedAt: number
  lastChange: number
  promisc: number
  allmulti: number
  /** By slot of the kind; the newest version first. */
  hanging: (Version | undefined)[] | undefined
  methods: DriverMethods | undefined
  /** The index slot counts as one. */
  refs: number
  holders: Set<Holder> | undefined
  readonly allocStack: string | undefined
  freed: { readonly by: string; readonly at: number; readonly stack: string | undefined } | undefined
  tombstone: Tombstone | undefined
}

const none: readonly never[] = []
const noBytes = new Uint8Array(0)
/** Shared by all Ethernet interfaces; like every array that a view hands out, it is not to be changed. */
const etherBroadcast = new Uint8Array(6).fill(0xff)

function addrlenOf(spec: IfSpec): number {
  if (spec.addrlen !== undefined) return spec.addrlen
  return spec.type === IFT_ETHER || spec.type === IFT_BRIDGE ? 6 : (spec.lladdr?.length ?? 0)
}

/** Makes the object of an interface, without an index and outside every list. */
export function createRecord(world: World, vnet: VnetId, spec: IfSpec): IfRecord {
  const lladdr = spec.lladdr?.slice() ?? noBytes
  const capabilities = spec.capabilities ?? 0
  return {
    world,
    index: 0 as IfIndex,
    gen: 0,
    moves: 0,
    vnet,
    home: undefined,
    state: 'allocated',
    attached: false,
    announced: false,
    renaming: false,
    unlinkedAt: 0,
    movedAt: 0,
    name: spec.name,
    driver: spec.driver ?? spec.name.replace(/\d+$/, ''),
    unit: spec.unit,
    clone: undefined,
    type: spec.type,
    flags: spec.flags ?? 0,
    drvFlags: 0,
    mtu: spec.mtu ?? 1500,
    metric: 0,
    fib: 0,
    linkState: spec.linkState ?? 0,
    linkReports: 0,
    baudrate: spec.baudrate ?? 0n,
    lladdr,
    hwaddr: lladdr,
    broadcast: spec.broadcast?.slice() ?? (spec.type === IFT_ETHER ? etherBroadcast : noBytes),
    addrlen: addrlenOf(spec),
    description: undefined,
    groups: none,
    capabilities,
    capenable: spec.capenable ?? capabilities,
    addresses: none,
    multicast: none,
    counters: undefined,
    attachedAt: 0,
    lastChange: 0,
    promisc: 0,
    allmulti: 0,
    hanging: undefined,
    methods: spec.methods,
    refs: 0,
    holders: undefined,
    allocStack: world.stacks ? stackHere() : undefined,
    freed: undefined,
    tombstone: undefined,
  }
}

/** The serialised reference to an interface as it is now. */
export function idOf(record: IfRecord): IfId {
  return { index: record.index, gen: record.gen, vnet: record.vnet, moves: record.moves }
}

/** @throws UseAfterFreeError if the interface has been reclaimed. */
export function assertNotFreed(record: IfRecord): void {
  if (record.tombstone !== undefined) throw new UseAfterFreeError(record.tombstone)
}
