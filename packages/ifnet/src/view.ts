import type { Errno } from '@nltool/nl-core/errno'
import type { VnetId } from '@nltool/nl-core/model'
import { IFCOUNTERS } from './constants.ts'
import { anything, type Hanging, hangingAt, hangingNow } from './data/hanging.ts'
import { receive, send } from './data/packet.ts'
import { createHolder, releaseHolder, tryAcquire } from './epoch/refs.ts'
import type { Section } from './epoch/section.ts'
import { IfRefError, SectionError, StaleBorrowError } from './errors.ts'
import { formatIfId, type IfId, type IfIndex } from './ids.ts'
import { assertNotFreed, type Holder, type IfRecord, idOf } from './record.ts'
import type { IfAddr, IfMulti, Ifnet, IfRef, IfState, IfView, LinkState } from './types.ts'

/** States in which the dead driver's methods answer: its counters are zeros (sys/net/if_dead.c). */
const dead: readonly IfState[] = ['detached', 'free-pending', 'reclaim-queued']

/** Keys of what a view holds. They do not leave this module, so nothing outside reaches a record. */
const recordKey = Symbol('record')
const sectionKey = Symbol('section')
const stackKey = Symbol('stack')
const asOfKey = Symbol('as of')

/**
 * Views are classes because look-ups make millions of them: a view is a few words and a shared prototype. The fields
 * are declared and assigned, not `#private`: private members of a derived class cost V8 9 ns in each view.
 */
abstract class View implements IfView {
  declare readonly [recordKey]: IfRecord

  constructor(record: IfRecord) {
    this[recordKey] = record
  }

  /** The record behind a view, whether or not the view is still valid. */
  static recordOf(view: IfView): IfRecord {
    if (!(view instanceof View)) throw new TypeError('not an interface of this registry')
    return view[recordKey]
  }

  /** @throws StaleBorrowError, IfRefError or UseAfterFreeError. */
  abstract check(record: IfRecord): void
  protected abstract hanging(record: IfRecord, slot: number): unknown
  /** The network stack for which it speaks. */
  abstract readonly stack: VnetId

  get id(): IfId {
    return idOf(live(this))
  }
  get index(): IfIndex {
    return live(this).index
  }
  get name(): string {
    return live(this).name
  }
  get vnet(): VnetId {
    return live(this).vnet
  }
  get homeVnet(): VnetId | undefined {
    return live(this).home
  }
  get state(): IfState {
    return live(this).state
  }
  get attached(): boolean {
    return live(this).attached
  }
  get driver(): string {
    return live(this).driver
  }
  get unit(): number | undefined {
    return live(this).unit
  }
  get cloned(): boolean {
    return live(this).clone !== undefined
  }
  get type(): number {
    return live(this).type
  }
  get flags(): number {
    const record = live(this)
    return record.flags | record.drvFlags
  }
  get mtu(): number {
    return live(this).mtu
  }
  get metric(): number {
    return live(this).metric
  }
  get fib(): number {
    return live(this).fib
  }
  get linkState(): LinkState {
    return live(this).linkState
  }
  get baudrate(): bigint {
    return live(this).baudrate
  }
  get lladdr(): Uint8Array {
    return live(this).lladdr
  }
  get hwaddr(): Uint8Array {
    return live(this).hwaddr
  }
  get broadcast(): Uint8Array {
    return live(this).broadcast
  }
  get addrlen(): number {
    return live(this).addrlen
  }
  get description(): string | undefined {
    return live(this).description
  }
  get groups(): readonly string[] {
    return live(this).groups
  }
  get capabilities(): number {
    return live(this).capabilities
  }
  get capenable(): number {
    return live(this).capenable
  }
  get addresses(): readonly IfAddr[] {
    return live(this).addresses
  }
  get multicast(): readonly IfMulti[] {
    return live(this).multicast
  }
  get counters(): BigUint64Array {
    const record = live(this)
    return record.counters === undefined || dead.includes(record.state)
      ? new BigUint64Array(IFCOUNTERS)
      : record.counters
  }
  get attachedAt(): number {
    return live(this).attachedAt
  }
  get lastChange(): number {
    return live(this).lastChange
  }
  get promiscCount(): number {
    return live(this).promisc
  }
  get allmultiCount(): number {
    return live(this).allmulti
  }
  af<T>(hanging: Hanging<T>): T | undefined {
    return this.hanging(live(this), hanging.slot) as T | undefined
  }

  toString(): string {
    const { name, state } = this[recordKey]
    return `${name} (${formatIfId(idOf(this[recordKey]))}, ${state})`
  }

  /** What console.log shows in Node, in place of the record and all that hangs off it. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** The record behind a view that is still valid. */
function live(view: View): IfRecord {
  const record = view[recordKey]
  view.check(record)
  return record
}

class Borrow extends View implements Ifnet {
  declare readonly [sectionKey]: Section
  declare readonly [stackKey]: VnetId
  declare readonly [asOfKey]: number

  constructor(record: IfRecord, section: Section, vnet: VnetId, asOf: number) {
    super(record)
    this[sectionKey] = section
    this[stackKey] = vnet
    this[asOfKey] = asOf
  }

  get stack(): VnetId {
    return this[stackKey]
  }

  check(record: IfRecord): void {
    if (!this[sectionKey].live) throw new StaleBorrowError(record.name, this[sectionKey].task.name)
    if (record.tombstone !== undefined) assertNotFreed(record)
  }

  protected hanging(record: IfRecord, slot: number): unknown {
    const { entered } = this[sectionKey]
    return hangingAt(record, slot, { vnet: this[stackKey], entered, asOf: this[asOfKey] })
  }

  tryRef(tag: string): IfRef | undefined {
    const record = this[recordKey]
    this.check(record)
    return tryRef(record, this[stackKey], tag)
  }

  transmit(packet: Uint8Array): Errno | undefined {
    const record = this[recordKey]
    this.check(record)
    return send(record, this, packet, this[stackKey], this[sectionKey].entered)
  }

  input(packet: Uint8Array): boolean {
    const record = this[recordKey]
    this.check(record)
    return receive(record, this, packet, this[stackKey], this[sectionKey].entered)
  }
}

class Counted extends View implements IfRef {
  readonly #holder: Holder
  readonly #vnet: VnetId
  #held = true

  constructor(record: IfRecord, vnet: VnetId, holder: Holder) {
    super(record)
    this.#holder = holder
    this.#vnet = vnet
  }

  get stack(): VnetId {
    return this.#vnet
  }

  get tag(): string {
    return this.#holder.tag
  }

  check(record: IfRecord): void {
    if (!this.#held) throw new IfRefError(`the reference "${this.tag}" to ${record.name} has been released`)
    assertNotFreed(record)
  }

  protected hanging(record: IfRecord, slot: number): unknown {
    return hangingNow(record, slot, this.#vnet)
  }

  clone(tag: string): IfRef {
    const record = this[recordKey]
    this.check(record)
    const other = tryRef(record, this.#vnet, tag)
    if (other === undefined) throw new IfRefError(`${record.name} has a count of zero and a holder, "${this.tag}"`)
    return other
  }

  borrow(section: Section): Ifnet {
    const record = this[recordKey]
    this.check(record)
    return borrow(record, section, this.#vnet, record.world.epoch.advance())
  }

  release(): void {
    const record = this[recordKey]
    if (!this.#held) throw new IfRefError(`the reference "${this.tag}" to ${record.name} is released a second time`)
    this.#held = false
    releaseHolder(record, this.#holder)
  }

  [Symbol.dispose](): void {
    if (this.#held) this.release()
  }
}

/** What a driver sees of its interface: valid until reclamation. */
class Owned extends View {
  check(record: IfRecord): void {
    assertNotFreed(record)
  }

  get stack(): VnetId {
    return this[recordKey].vnet
  }

  protected hanging(record: IfRecord, slot: number): unknown {
    return hangingNow(record, slot, record.vnet)
  }
}

/** The record behind a view that is still valid. @throws StaleBorrowError, IfRefError or UseAfterFreeError. */
export function recordOf(view: IfView): IfRecord {
  const record = View.recordOf(view)
  ;(view as View).check(record)
  return record
}

/** The network stack for which a view speaks: where the interface was when it was found. */
export function stackOf(view: IfView): VnetId {
  return (view as View).stack
}

/**
 * A borrow for a section, on behalf of a network stack. `asOf` is the epoch's time where the interface may be absent at
 * the moment. @throws SectionError if the section has closed.
 */
export function borrow(record: IfRecord, section: Section, vnet: VnetId = record.vnet, asOf: number = anything): Ifnet {
  if (!section.live) throw new SectionError(`a look-up in a section of ${section.task.name} that has closed`)
  return new Borrow(record, section, vnet, asOf)
}

/** A counted reference, or `undefined` if the count is zero. */
export function tryRef(record: IfRecord, vnet: VnetId, tag: string): IfRef | undefined {
  const holder = createHolder(record, tag)
  return tryAcquire(record, holder) ? new Counted(record, vnet, holder) : undefined
}

/** The driver's view. */
export function owned(record: IfRecord): IfView {
  return new Owned(record)
}
