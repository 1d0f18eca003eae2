import type { Dump, Request } from '@nltool/nl-core/kernel'
import type { Awaitable, Ctx, VnetId } from '@nltool/nl-core/model'
import type { RawAttribute } from '@nltool/nl-core/wire'
import type { AnyFamily, Family } from '../family.ts'
import type { Attrs } from '../messages.ts'
import type { EventAttrs, EventName, GroupName, HeaderOf, OpName, ReplyAttrs, RequestAttrs } from '../types.ts'
import type { SocketState, SocketStateParts } from './socket-state.ts'

/** A request to a family, decoded and validated. A cookie has at most 20 bytes. */
export interface GenericRequest<Attrs, Header> extends Omit<Request<unknown>, 'type' | 'body'> {
  /** `cmd` of `genlmsghdr`. */
  readonly cmd: number
  /** `version` of `genlmsghdr` as sent; nobody compares it. */
  readonly version: number
  /** The family's own fixed header. */
  readonly header: Header
  readonly attrs: Attrs
  /** The attributes undecoded, in the order of the message. As `unknown` of an answer they are written as they came. */
  readonly attributes: readonly RawAttribute[]
}

type RequestOf<F extends AnyFamily, Op extends keyof F['ops'], Mode extends 'do' | 'dump'> = GenericRequest<
  RequestAttrs<F, Op, Mode>,
  HeaderOf<F>
>

/** What serves a plain request. */
export interface DoHandler<Request, Reply> {
  /** Runs first; when it throws, neither of the others runs. */
  readonly pre?: (request: Request, ctx: Ctx) => Awaitable<void>
  /** Gives the answer's attributes, or nothing where the operation has no answer. */
  readonly do: (request: Request, ctx: Ctx) => Awaitable<Reply>
  /** Runs after `do`, whatever became of it. */
  readonly post?: (request: Request, ctx: Ctx) => Awaitable<void>
}

/**
 * What serves a dump. What it throws when called is answered by NLMSG_ERROR; what the generator throws later ends the
 * dump with that errno. Its `finally` blocks run when the dump ends or its socket closes.
 */
export interface DumpHandler<Request, Reply> {
  readonly dump: (request: Request, ctx: Ctx) => Iterable<Reply> | Dump<Reply>
}

type HandlersOf<F extends AnyFamily, Op extends keyof F['ops']> = (Op extends OpName<F, 'do'>
  ? DoHandler<RequestOf<F, Op, 'do'>, ReplyOf<F, Op, 'do'>>
  : unknown) &
  (Op extends OpName<F, 'dump'> ? DumpHandler<RequestOf<F, Op, 'dump'>, ReplyAttrs<F, Op, 'dump'>> : unknown)

/** A handler of an operation without an answer returns nothing. */
type ReplyOf<F extends AnyFamily, Op extends keyof F['ops'], Mode extends 'do' | 'dump'> =
  ReplyAttrs<F, Op, Mode> extends undefined ? void : ReplyAttrs<F, Op, Mode>

/** One entry for each operation that user space may ask for; a missing or unknown one does not compile. */
export type FamilyHandlers<F extends AnyFamily> = {
  readonly [Op in OpName<F, 'do'> | OpName<F, 'dump'>]: HandlersOf<F, Op>
}

/** Where a notification goes if not to the operation's own group in the network stack of the context. */
export interface NotifyOptions<Group extends string = string> {
  /** By name, or the number of one that was added at run time. */
  readonly group?: Group | number
  readonly vnet?: VnetId
  /** A copy for every network stack. */
  readonly allNamespaces?: boolean
}

/** What a kernel offers to a family that is registered in it. */
export interface FamilyHost<F extends AnyFamily = AnyFamily> {
  /** `nlmsg_type` of the family here. */
  readonly id: number
  /** Number of a group here. */
  group(name: GroupName<F>): number
  /** Whether anybody would receive a message, the requester with NLM_F_ECHO included: if not, it need not be built. */
  hasListeners(ctx: Ctx, group: GroupName<F>): boolean
  /** Sends to everyone in a group, and to the requester too if its request has NLM_F_ECHO. */
  notify<Op extends EventName<F>>(
    ctx: Ctx,
    op: Op,
    attrs: EventAttrs<F, Op>,
    options?: NotifyOptions<GroupName<F>>,
  ): void
  /** Keeps state for each socket that talks to the family, until the socket or the family goes. */
  perSocket<T>(parts: SocketStateParts<T>): SocketState<T>
  /**
   * Adds a group that the definition does not have, and announces it. Gives its number.
   * @throws NetlinkError EINVAL for a bad name, EEXIST for one that the family has, ENOSPC for one group too many
   */
  addGroup(ctx: Ctx, name: string): number
  /**
   * Removes a group with all its members, and announces it.
   * @throws NetlinkError ENOENT for a name that the family does not have
   */
  removeGroup(ctx: Ctx, name: string): void
}

/** The handlers of one operation, whatever they decode. */
export interface AnyHandlers {
  pre?(request: GenericRequest<Attrs, Attrs | undefined>, ctx: Ctx): Awaitable<void>
  do?(request: GenericRequest<Attrs, Attrs | undefined>, ctx: Ctx): Awaitable<Attrs | undefined>
  post?(request: GenericRequest<Attrs, Attrs | undefined>, ctx: Ctx): Awaitable<void>
  dump?(request: GenericRequest<Attrs, Attrs | undefined>, ctx: Ctx): Iterable<Attrs> | Dump<Attrs>
}

/** {@link FamilyHost} for a family whose type is not known. */
export interface AnyFamilyHost {
  readonly id: number
  group(name: string): number
  hasListeners(ctx: Ctx, group: string): boolean
  notify(ctx: Ctx, op: string, attrs: Attrs, options?: NotifyOptions): void
  addGroup(ctx: Ctx, name: string): number
  removeGroup(ctx: Ctx, name: string): void
  perSocket<T>(parts: SocketStateParts<T>): SocketState<T>
}

/** A family with its handlers, ready to be registered in any number of kernels. Made with {@link serveFamily}. */
export interface FamilyModule<F extends AnyFamily = AnyFamily> {
  readonly family: F
  /** Makes the handlers for one kernel. */
  start(host: AnyFamilyHost): ServedFamily
}

/** A family as one kernel runs it. */
export interface ServedFamily {
  readonly handlers: { readonly [op: string]: AnyHandlers }
  /** Runs when the family is taken back, before it is announced. */
  stop?(): void
}

/** What else a family does beside its handlers. */
export interface ServeOptions {
  /** Runs when the family is taken back: ends timers, hooks and the like. */
  readonly stop?: () => void
}

/**
 * Joins a family and its handlers. `handlers` is called once per kernel that registers the module; state that belongs to
 * one kernel is made there.
 */
export function serveFamily<F extends Family>(
  family: F,
  handlers: (host: FamilyHost<F>) => FamilyHandlers<F>,
  begin?: (host: FamilyHost<F>) => ServeOptions,
): FamilyModule<F> {
  return {
    family,
    start(host) {
      const typed = host as FamilyHost<F>
      return { handlers: handlers(typed) as ServedFamily['handlers'], ...begin?.(typed) }
    },
  }
}
