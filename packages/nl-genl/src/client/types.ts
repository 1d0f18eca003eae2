/// <reference lib="esnext.disposable" preserve="true" />
import type { Connection, ConnectionOptions, Dump, RequestOptions, Subscription, WaitOptions } from '@nltool/nl-core'
import type { NltoolError } from '@nltool/nl-core/errno'
import type { RawAttribute } from '@nltool/nl-core/wire'
import type { AnyFamily } from '../family.ts'
import type { Mode } from '../messages.ts'
import type { EventAttrs, EventName, GroupName, HeaderOf, OpName, ReplyAttrs, RequestAttrs } from '../types.ts'
import type { FamilyInfo, RawMessage } from './family-info.ts'
import type { FamilyPolicy } from './policy.ts'

/** What a wait that is shared with others takes: the signal ends this wait, not theirs. */
export interface SignalOptions {
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link openGeneric}. */
export interface GenericOptions extends ConnectionOptions {}

/** Options of a request made by number. */
export interface RawRequestOptions extends RequestOptions {
  /** `version` of `genlmsghdr`; the family's if absent. */
  readonly version?: number
  /** The family's own fixed header; zeros if absent. */
  readonly header?: Uint8Array
}

/** A family found in the kernel, without a definition: requests by number. */
export interface GenericFamily extends FamilyInfo {
  /** Whether the family says that it takes a command in a mode. */
  hasOp(cmd: number, mode: Mode): boolean
  /** Number of a group. @throws SocketError ENOENT for a name that the family does not have */
  group(name: string): number
  /** Sends a request and gives its answers, of which most operations have none or one. @throws KernelError */
  do(cmd: number, attrs?: readonly RawAttribute[], options?: RawRequestOptions): Promise<RawMessage[]>
  dump(cmd: number, attrs?: readonly RawAttribute[], options?: RawRequestOptions): Dump<RawMessage>
  /** Messages to groups, by name or number; `'*'`: all groups of the family. */
  subscribe(
    groups: '*' | readonly (string | number)[],
    options?: { readonly signal?: AbortSignal },
  ): Subscription<RawMessage>
}

/** A message to a group, decoded by the family's definition. */
export type FamilyEvent<F extends AnyFamily> = {
  readonly [Op in EventName<F>]: { readonly event: Op; readonly attrs: EventAttrs<F, Op>; readonly header: HeaderOf<F> }
}[EventName<F>]

/** What a request to a family with a fixed header of its own may say in it. */
export interface FamilyHeaderOptions<F extends AnyFamily> {
  /** The family's own fixed header; zeros if absent. */
  readonly header?: HeaderOf<F>
}

/** Options of a request to a typed family. */
export interface FamilyRequestOptions<F extends AnyFamily> extends RequestOptions, FamilyHeaderOptions<F> {}

/** What became of one request of a {@link FamilyBatch}. */
export type FamilyBatchResult<F extends AnyFamily> =
  | {
      readonly ok: true
      readonly op: OpName<F, 'do'>
      readonly attrs: ReplyAttrs<F, OpName<F, 'do'>, 'do'> | undefined
    }
  | { readonly ok: false; readonly op: OpName<F, 'do'>; readonly error: NltoolError }

/** Requests to one family that are sent together. */
export interface FamilyBatch<F extends AnyFamily> {
  readonly length: number
  /** Appends a request. Returns its index among the results. @throws WireError for a value that cannot be encoded */
  add<Op extends OpName<F, 'do'>>(op: Op, attrs?: RequestAttrs<F, Op, 'do'>, options?: FamilyHeaderOptions<F>): number
  /** Sends all and waits for every answer: one result per request, in order. The batch is empty afterwards. */
  send(options?: WaitOptions): Promise<FamilyBatchResult<F>[]>
}

/** A family with its definition: every call and answer is typed by it. */
export interface TypedFamily<F extends AnyFamily> {
  readonly info: FamilyInfo
  readonly family: F
  /**
   * Sends a request. Gives the attributes of its answer, or nothing where the operation has none.
   * @throws KernelError; SocketError ENODATA where an answer is missing
   */
  do<Op extends OpName<F, 'do'>>(
    op: Op,
    attrs?: RequestAttrs<F, Op, 'do'>,
    options?: FamilyRequestOptions<F>,
  ): Promise<ReplyAttrs<F, Op, 'do'>>
  dump<Op extends OpName<F, 'dump'>>(
    op: Op,
    attrs?: RequestAttrs<F, Op, 'dump'>,
    options?: FamilyRequestOptions<F>,
  ): Dump<ReplyAttrs<F, Op, 'dump'>>
  /** Sends a request without asking for an answer. Resolves when it is on its way. */
  post<Op extends OpName<F, 'do'>>(
    op: Op,
    attrs?: RequestAttrs<F, Op, 'do'>,
    options?: FamilyHeaderOptions<F>,
  ): Promise<void>
  /** An empty batch: requests that travel in one datagram, as far as they fit; each stands for itself. */
  batch(): FamilyBatch<F>
  /** Messages to groups, by name; `'*'`: all groups. Messages that the definition does not know are left out. */
  subscribe(
    groups: '*' | readonly GroupName<F>[],
    options?: { readonly signal?: AbortSignal },
  ): Subscription<FamilyEvent<F>>
}

/** A change of the set of families, from the group `notify` of nlctrl. */
export interface FamilyChange {
  readonly event: 'newfamily' | 'delfamily' | 'newmcast-grp' | 'delmcast-grp'
  readonly family: FamilyInfo
}

/** A client of NETLINK_GENERIC. */
export interface Generic extends AsyncDisposable {
  readonly connection: Connection
  /**
   * Finds a family by name. The answer is kept for the life of the client; calls that overlap ask once.
   * @throws KernelError ENOENT if there is none
   */
  resolve(name: string, options?: SignalOptions): Promise<GenericFamily>
  /** Finds a family by id, without keeping the answer. @throws KernelError ENOENT if there is none */
  familyById(id: number, options?: WaitOptions): Promise<GenericFamily>
  /** All families, ascending by id. */
  families(options?: WaitOptions): Promise<GenericFamily[]>
  /**
   * The policies by which a family validates requests, of all operations or one.
   * @throws KernelError ENOENT, ENODATA; EOPNOTSUPP from a kernel without CTRL_CMD_GETPOLICY
   */
  policy(family: string, options?: WaitOptions & { readonly op?: number }): Promise<FamilyPolicy>
  /** Binds a definition to the kernel's family of that name. @throws KernelError ENOENT if there is none */
  open<F extends AnyFamily>(family: F, options?: SignalOptions): Promise<TypedFamily<F>>
  /**
   * Number of a group that may not exist yet: of a family that makes groups at run time, such as nlsysevent, or of one that
   * is not loaded. Waits until it is announced.
   */
  waitForGroup(family: string, group: string, options?: { readonly signal?: AbortSignal }): Promise<number>
  /** Families that come and go. */
  watchFamilies(options?: { readonly signal?: AbortSignal }): Subscription<FamilyChange>
  /** Forgets what {@link Generic.resolve} keeps, of one family or of all. */
  forget(name?: string): void
  close(): Promise<void>
}
