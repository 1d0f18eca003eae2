import type { Abi } from '../model/abi.ts'
import type { Cred, Privilege } from '../model/cred.ts'
import type { PortId } from '../model/ids.ts'
import type { RtnlHeld } from '../model/lock.ts'
import type { Ctx } from '../model/task.ts'
import type { Awaitable } from '../model/time.ts'
import type { Body } from '../wire/codec.ts'

/** A request as its handler sees it: decoded by the ABI of its socket, checked for privilege. */
export interface Request<B> {
  /** `nlmsg_type`. */
  readonly type: number
  /** `nlmsg_flags`. */
  readonly flags: number
  readonly seq: number
  /** Port of the requesting socket. */
  readonly portid: PortId
  readonly body: B
  readonly abi: Abi
  /** Credentials of the socket. */
  readonly cred: Cred
  /** NETLINK_GET_STRICT_CHK is on. */
  readonly strict: boolean
  /** Fires with EINTR when the socket is closed: a handler that waits for something may give up. */
  readonly signal: AbortSignal
  /** Text for the acknowledgement of a request that succeeds (NLMSGERR_ATTR_MSG with error 0). The first one counts. */
  warn(text: string): void
  /** Bytes for the acknowledgement (NLMSGERR_ATTR_COOKIE). */
  cookie(bytes: Uint8Array): void
}

/** The answer to a dump: bodies on demand, and what tells whether the set changed under the reader. */
export interface Dump<R> {
  /** Pulled while the reader's buffer has room; the world may change between two pulls, so no section stays open. */
  readonly bodies: Iterable<R>
  /** Changes when the dumped set does: an addition, a removal, a renaming. Absent: never reported as interrupted. */
  readonly generation?: () => number
  /** The kernel left out what the request's filter excludes (NLM_F_DUMP_FILTERED). */
  readonly filtered?: boolean
  /** NLMSG_DONE goes in a datagram of its own, where datagrams have borders (CTRL_CMD_GETPOLICY of Linux). */
  readonly doneApart?: boolean
  /** What `bodies` throws before the first object ends the dump with NLMSG_DONE, as FreeBSD's RTM_GETADDR does. */
  readonly failsAsDone?: boolean
}

/** What serves one message type. Made with {@link handler}. */
export interface Handler<B = unknown, R = B> {
  /** How a request is decoded. */
  readonly body: Body<B>
  /** How an answer is encoded; the request's schema if absent. */
  readonly reply?: Body<R> | undefined
  /** Needed by the requester, or EPERM before anything is parsed. */
  readonly priv?: Privilege | undefined
  /**
   * The handler works in the context of the sending process (`ctx.caller`): refused on an asynchronous socket, after the
   * privilege check and before the body is decoded, with EOPNOTSUPP "operation needs NETLINK_SND_SYNC".
   */
  readonly needsCaller?: boolean | undefined
  /** A jail without its own network stack may ask too. */
  readonly jail?: boolean | undefined
  /** `rtnl`: dispatch takes it and passes it on. `own`: the handler takes what it needs. Absent: no lock. */
  readonly lock?: 'rtnl' | 'own' | undefined
  /** A body shorter than the fixed header is extended with zeros (GET requests). */
  readonly shortHeader?: boolean | undefined
  /** Fixed header fields that a strict socket must leave 0: the text of the refusal, or `undefined` if all is well. */
  readonly strictHeader?: ((body: B) => string | undefined) | undefined
  /** Whether a request is a dump; by default, whether NLM_F_DUMP is set as the ABI reads it. */
  readonly isDump?: ((request: Request<B>) => boolean) | undefined
  /** `rtnl` is passed exactly when `lock` is `rtnl`, as the type of {@link HandlerSpec} has it. */
  readonly do?: ((request: Request<B>, ctx: Ctx, rtnl?: RtnlHeld) => Awaitable<R | void>) | undefined
  readonly dump?: ((request: Request<B>, ctx: Ctx) => Iterable<R> | Dump<R>) | undefined
}

/** A handler row whose lock decides what `do` receives: the held RTNL for `rtnl`, nothing for the others. */
export type HandlerSpec<B, R> = Omit<Handler<B, R>, 'lock' | 'do'> &
  (
    | { readonly lock: 'rtnl'; readonly do: (request: Request<B>, ctx: Ctx, rtnl: RtnlHeld) => Awaitable<R | void> }
    | { readonly lock?: 'own'; readonly do?: (request: Request<B>, ctx: Ctx) => Awaitable<R | void> }
  )

/**
 * A row of a family's dispatch table. Handlers check, look up, act, and return a body, yield bodies or throw a
 * `NetlinkError`; dispatch writes every ACK, ERROR, MULTI, DONE and DUMP_INTR.
 */
export function handler<B, R = B>(
  // What is answered follows from the schemas, not from what the functions happen to return.
  spec: HandlerSpec<B, NoInfer<R>> & { readonly reply?: Body<R> | undefined },
): Handler<B, R> {
  return spec as Handler<B, R>
}

/** A handler, whatever it decodes. */
// biome-ignore lint/suspicious/noExplicitAny: the table erases the body type that each row keeps to itself
export type AnyHandler = Handler<any, any>

/** The dispatch table of an object: one row per message type that user space sends. */
export type Handlers<Types extends Readonly<Record<string, number>>> = { readonly [name in keyof Types]: AnyHandler }
