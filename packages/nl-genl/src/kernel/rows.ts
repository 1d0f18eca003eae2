import { type Errno, NetlinkError } from '@nltool/nl-core/errno'
import { type AnyHandler, type Dump, handler, type Request } from '@nltool/nl-core/kernel'
import type { Abi, Awaitable, Ctx, Lock } from '@nltool/nl-core/model'
import type { Body } from '@nltool/nl-core/wire'
import type { AnyFamily } from '../family.ts'
import {
  type AnyRequestOperation,
  type Attrs,
  exchangeOf,
  type FamilyMessages,
  type GenericBody,
  type Mode,
  setOf,
} from '../messages.ts'
import type { Policies, PolicyTable } from '../policy/table.ts'
import { andFinally, andThen } from './awaitable.ts'
import type { FamilyUse } from './live.ts'
import { hasPolicy } from './operation.ts'
import { FamilyRequest } from './request.ts'
import type { AnyHandlers, GenericRequest } from './serve.ts'
import { headersOnly, type ValidatedBody, validatedBody } from './validated.ts'

/** Dispatch rows of one operation in one mode, by how strictly requests are validated. */
export interface ModeRows {
  readonly strict: AnyHandler
  readonly liberal: AnyHandler
  /** What the operation itself asks for. */
  readonly own: AnyHandler
}

/** One operation of a live family. */
export interface OperationRows {
  readonly name: string
  readonly operation: AnyRequestOperation
  readonly do?: ModeRows | undefined
  readonly dump?: ModeRows | undefined
}

/** What the rows of a family are made of. */
export interface RowParts {
  readonly family: AnyFamily
  readonly messages: FamilyMessages
  readonly policies: { readonly [abi in Abi]: Policies }
  readonly use: FamilyUse
  /** Held around the handlers of families that are not `parallel`. */
  readonly serial: Lock<'module'>
  /** Answer to an `nlmsg_type` that names no family. */
  readonly unknownFamily: Errno
  /** `version` of an answer where it is not the family's. */
  readonly versionOf?: ((attrs: Attrs) => number) | undefined
}

/** Makes the dispatch rows of an operation. */
export function operationRows(
  parts: RowParts,
  name: string,
  operation: AnyRequestOperation,
  handlers: AnyHandlers,
): OperationRows {
  return {
    name,
    operation,
    do: operation.do && modeRows(parts, operation, 'do', handlers),
    dump: operation.dump && modeRows(parts, operation, 'dump', handlers),
  }
}

function modeRows(parts: RowParts, operation: AnyRequestOperation, mode: Mode, handlers: AnyHandlers): ModeRows {
  const validate = exchangeOf(operation, mode)?.validate ?? 'strict'
  const inner = parts.messages.request(operation, mode)
  const rowWith = (body: Body<ValidatedBody>): AnyHandler => rowOf(parts, operation, mode, handlers, body)
  if (!hasPolicy(operation, mode) || validate === 'none') {
    const unchecked = rowWith(headersOnly(inner))
    return { strict: unchecked, liberal: unchecked, own: unchecked }
  }
  const policyIn = (abi: Abi): PolicyTable => policyOf(parts, operation, mode, abi)
  const strict = rowWith(validatedBody(inner, policyIn, true))
  const liberal = rowWith(validatedBody(inner, policyIn, false))
  return { strict, liberal, own: validate === 'strict' ? strict : liberal }
}

/** The policy of an operation's requests in a mode. */
export function policyOf(
  parts: Pick<RowParts, 'family' | 'policies'>,
  operation: AnyRequestOperation,
  mode: Mode,
  abi: Abi,
): PolicyTable {
  return parts.policies[abi].of(setOf(parts.family, operation.set), exchangeOf(operation, mode)?.request ?? [])
}

function rowOf(
  parts: RowParts,
  operation: AnyRequestOperation,
  mode: Mode,
  handlers: AnyHandlers,
  body: Body<ValidatedBody>,
): AnyHandler {
  const reply = parts.messages.reply(operation, mode)
  const replyCmd = exchangeOf(operation, mode)?.replyCmd ?? operation.cmd
  const toReply = replyMaker(parts, replyCmd)
  return handler<ValidatedBody, GenericBody>({
    body,
    reply,
    priv: operation.flags === undefined || operation.flags.length === 0 ? undefined : 'net-admin',
    needsCaller: operation.needsCaller,
    shortHeader: true,
    jail: true,
    lock: 'own',
    isDump: () => mode === 'dump',
    ...(mode === 'do'
      ? { do: (request, ctx) => runDo(parts, handlers, request, ctx, toReply) }
      : { dump: (request, ctx) => runDump(parts, handlers, request, ctx, toReply) }),
  })
}

type ToReply = (request: Request<ValidatedBody>, attrs: Attrs) => GenericBody

/** Puts the headers before the attributes of an answer; they repeat the family's own header of the request. */
function replyMaker({ family, versionOf }: RowParts, cmd: number): ToReply {
  const plain = { cmd, version: family.version, reserved: 0 }
  if (versionOf !== undefined) {
    return ({ body }, attrs) => ({ header: { ...body.header, ...plain, version: versionOf(attrs) }, attrs })
  }
  if (family.header !== undefined) return ({ body }, attrs) => ({ header: { ...body.header, ...plain }, attrs })
  return (_request, attrs) => ({ header: plain, attrs })
}

function runDo(
  parts: RowParts,
  handlers: AnyHandlers,
  request: Request<ValidatedBody>,
  ctx: Ctx,
  toReply: ToReply,
): Awaitable<GenericBody | undefined> {
  const generic = new FamilyRequest(request, parts.family)
  const answer =
    parts.family.parallel === true
      ? counted(parts, handlers, generic, ctx)
      : serially(parts.serial, ctx, () => counted(parts, handlers, generic, ctx))
  if (answer instanceof Promise) return answer.then(attrs => attrs && toReply(request, attrs))
  return answer && toReply(request, answer)
}

/** Runs the handlers of a request, and lets nobody take the family back meanwhile. */
function counted(
  { use, unknownFamily }: RowParts,
  handlers: AnyHandlers,
  request: FamilyRequest,
  ctx: Ctx,
): Awaitable<Attrs | undefined> {
  const { task } = ctx
  // The family may have gone while the request waited for its turn.
  if (use.over) throw new NetlinkError(unknownFamily)
  use.enter(task)
  let answer: Awaitable<Attrs | undefined>
  try {
    answer = hooked(handlers, request, ctx)
  } catch (error) {
    use.leave(task)
    throw error
  }
  if (answer instanceof Promise) return answer.finally(() => use.leave(task))
  use.leave(task)
  return answer
}

/** `pre`; where it agrees, `do` and `post`. */
function hooked(
  handlers: AnyHandlers,
  request: GenericRequest<Attrs, Attrs | undefined>,
  ctx: Ctx,
): Awaitable<Attrs | undefined> {
  if (handlers.pre === undefined && handlers.post === undefined) return handlers.do?.(request, ctx)
  return andThen(handlers.pre?.(request, ctx), () =>
    andFinally(
      () => handlers.do?.(request, ctx),
      () => handlers.post?.(request, ctx),
    ),
  )
}

function serially<T>(lock: Lock<'module'>, ctx: Ctx, run: () => Awaitable<T>): Awaitable<T> {
  return andThen(lock.acquire(ctx), held => andFinally(run, () => held.release()))
}

function runDump(
  parts: RowParts,
  handlers: AnyHandlers,
  request: Request<ValidatedBody>,
  ctx: Ctx,
  toReply: ToReply,
): Dump<GenericBody> {
  const started = handlers.dump?.(new FamilyRequest(request, parts.family), ctx) ?? []
  const { bodies, ...rest } = 'bodies' in started ? started : { bodies: started }
  return { ...rest, bodies: parts.use.track(mapped(bodies, attrs => toReply(request, attrs))) }
}

function* mapped<T, R>(values: Iterable<T>, map: (value: T) => R): Iterable<R> {
  for (const value of values) yield map(value)
}
