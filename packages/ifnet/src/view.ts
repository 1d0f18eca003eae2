import type { Errno } from '@nltool/nl-core/errno'
import type { VnetId } from '@nltool/nl-core/model'
import { IFCOUNTERS } from './constants.ts'
import type { Section } from './epoch.ts'
import { IfRefError, SectionError, StaleBorrowError } from './errors.ts'
import { type Hanging, hangingAt, hangingNow } from './hanging.ts'
import type { IfId, IfIndex } from './ids.ts'
import { receive, send } from './packet.ts'
import { assertNotFreed, type Holder, type IfRecord, idOf } from './record.ts'
import { createHolder, releaseHolder, tryAcquire } from './refs.ts'
import type { IfAddr, IfMulti, Ifnet, IfRef, IfState, IfView, LinkState } from './types.ts'

/**
 * Views are classes because look-ups make millions of them: a view is two words and a shared prototype. The record is
 * a private field, so nothing outside this package reaches it.
 */
abstract class View implements IfView {
  readonly #record: IfRecord

  constructor(record: IfRecord) {
    this.#record = record
  }

  /** The record behind a view, whether or not the view is still valid. */
  static recordOf(view: IfView): IfRecord {
    if (!(view instanceof View)) throw new TypeError('not an interface of this registry')
    return view.#record
  }

  /** @throws StaleBorrowError, IfRefError or UseAfterFreeError. */
  abstract check(record: IfRecord): void
  protected abstract hanging(record: IfRecord, slot: number): unknown
  /** The network stack for which it speaks. */
  abstract readonly stack: VnetId

  get #live(): IfRecord {
    const record = this.#record
    this.check(record)
    return record
  }

  get id(): IfId {
    return idOf(this.#live)
  }
  get index(): IfIndex {
    return this.#live.index
  }
  get name(): string {
    return this.#live.name
  }
  get vnet(): VnetId {
    return this.#live.vnet
  }
  get homeVnet(): VnetId | undefined {
    return this.#live.home
  }
  get state(): IfState {
    return this.#live.state
  }
  get attached(): boolean {
    return this.#live.attached
  }
  get driver(): string {
    return this.#live.driver
  }
  get unit(): number | undefined {
    return this.#live.unit
  }
  get cloned(): boolean {
    return this.#live.clone !== undefined
  }
  get type(): number {
    return this.#live.type
  }
  get flags(): number {
    const record = this.#live
    return record.flags | record.drvFlags
  }
  get mtu(): number {
    return this.#live.mtu
  }
  get metric(): number {
    return this.#live.metric
  }
  get fib(): number {
    return this.#live.fib
  }
  get linkState(): LinkState {
    return this.#live.linkState
  }
  get baudrate(): bigint {
    return this.#live.baudrate
  }
  get lladdr(): Uint8Array {
    return this.#live.lladdr
  }
  get hwaddr(): Uint8Array {
    return this.#live.hwaddr
  }
  get broadcast(): Uint8Array {
    return this.#live.broadcast
  }
  get addrlen(): number {
    return this.#live.addrlen
  }
  get description(): string | undefined {
    return this.#live.description
  }
  get groups(): readonly string[] {
    return this.#live.groups
  }
  get capabilities(): number {
    return this.#live.capabilities
  }
  get capenable(): number {
    return this.#live.capenable
  }
  get addresses(): readonly IfAddr[] {
    return this.#live.addresses
  }
  get multicast(): readonly IfMulti[] {
    return this.#live.multicast
  }
  get counters(): BigUint64Array {
    const record = this.#live
    // The dead driver's getter answers zeros (sys/net/if_dead.c).
    if (record.state === 'detached' || record.counters === undefined) return new BigUint64Array(IFCOUNTERS)
    return record.counters
  }
  get attachedAt(): number {
    return this.#live.attachedAt
  }
  get lastChange(): number {
    return this.#live.lastChange
  }
  get promiscCount(): number {
    return this.#live.promisc
  }
  get allmultiCount(): number {
    return this.#live.allmulti
  }
  af<T>(hanging: Hanging<T>): T | undefined {
    return this.hanging(this.#live, hanging.slot) as T | undefined
  }
}

class Borrow extends View implements Ifnet {
  readonly #section: Section
  readonly #vnet: VnetId

  constructor(record: IfRecord, section: Section, vnet: VnetId) {
    super(record)
    this.#section = section
    this.#vnet = vnet
  }

  get stack(): VnetId {
    return this.#vnet
  }

  check(record: IfRecord): void {
    if (!this.#section.live) throw new StaleBorrowError(record.name, this.#section.task.name)
    if (record.tombstone !== undefined) assertNotFreed(record)
  }

  protected hanging(record: IfRecord, slot: number): unknown {
    return hangingAt(record, slot, this.#vnet, this.#section.entered)
  }

  tryRef(tag: string): IfRef | undefined {
    const record = View.recordOf(this)
    this.check(record)
    return tryRef(record, this.#vnet, tag)
  }

  transmit(packet: Uint8Array): Errno | undefined {
    const record = View.recordOf(this)
    this.check(record)
    return send(record, this, packet, this.#vnet, this.#section.entered)
  }

  input(packet: Uint8Array): boolean {
    const record = View.recordOf(this)
    this.check(record)
    return receive(record, this, packet, this.#vnet, this.#section.entered)
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
    const record = View.recordOf(this)
    this.check(record)
    const other = tryRef(record, this.#vnet, tag)
    if (other === undefined) throw new IfRefError(`${record.name} has a count of zero and a holder, "${this.tag}"`)
    return other
  }

  borrow(section: Section): Ifnet {
    const record = View.recordOf(this)
    this.check(record)
    return borrow(record, section, this.#vnet)
  }

  release(): void {
    const record = View.recordOf(this)
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
    return View.recordOf(this).vnet
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

/** A borrow for a section, on behalf of a network stack. @throws SectionError if the section has closed. */
export function borrow(record: IfRecord, section: Section, vnet: VnetId = record.vnet): Ifnet {
  if (!section.live) throw new SectionError(`a look-up in a section of ${section.task.name} that has closed`)
  return new Borrow(record, section, vnet)
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
