import { type AnyHandler, type Dump, handler, type Request } from '@nltool/nl-core/kernel'
import type { Abi, Awaitable, Ctx, Lock } from '@nltool/nl-core/model'
import type { Body } from '@nltool/nl-core/wire'
import type { AnyFamily } from '../family.ts'
import { ownHeader } from '../header.ts'
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
  const toReply = (request: Request<ValidatedBody>, attrs: Attrs): GenericBody => ({
    header: {
      ...request.body.header,
      cmd: replyCmd,
      version: parts.versionOf?.(attrs) ?? parts.family.version,
      reserved: 0,
    },
    attrs,
  })
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

function runDo(
  parts: RowParts,
  handlers: AnyHandlers,
  request: Request<ValidatedBody>,
  ctx: Ctx,
  toReply: ToReply,
): Awaitable<GenericBody | undefined> {
  const generic = toGeneric(parts.family, request)
  const run = (): Awaitable<Attrs | undefined> => hooked(handlers, generic, ctx)
  const answer = parts.use.run(ctx, () => (parts.family.parallel ? run() : serially(parts.serial, ctx, run)))
  return andThen(answer, attrs => attrs && toReply(request, attrs))
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
  const started = handlers.dump?.(toGeneric(parts.family, request), ctx) ?? []
  const { bodies, ...rest } = 'bodies' in started ? started : { bodies: started }
  return { ...rest, bodies: parts.use.track(mapped(bodies, attrs => toReply(request, attrs))) }
}

function* mapped<T, R>(values: Iterable<T>, map: (value: T) => R): Iterable<R> {
  for (const value of values) yield map(value)
}

function toGeneric(family: AnyFamily, request: Request<ValidatedBody>): GenericRequest<Attrs, Attrs | undefined> {
  const { header, attrs, warning } = request.body
  if (warning !== undefined) request.warn(warning)
  return {
    cmd: header.cmd,
    version: header.version,
    header: ownHeader(family.header, header),
    attrs,
    get attributes() {
      return request.body.raw?.() ?? []
    },
    flags: request.flags,
    seq: request.seq,
    portid: request.portid,
    abi: request.abi,
    cred: request.cred,
    strict: request.strict,
    get signal() {
      return request.signal
    },
    warn: text => request.warn(text),
    cookie: bytes => request.cookie(bytes),
  }
}
