import type { Body } from '../wire/codec.ts'

/** One kind of request: what it is called and how it is encoded. */
export interface Command<Q> {
  /** Name of the message type, for errors: `RTM_NEWROUTE`. */
  readonly name: string
  /** `nlmsg_type`. */
  readonly type: number
  /** `nlmsg_flags` of every such request beside NLM_F_REQUEST, e.g. NLM_F_CREATE. */
  readonly flags: number
  readonly body: Body<Q>
}

/** A {@link Command} whose answers are known. Plain data, made once. */
export interface Operation<Q, R = Q> extends Command<Q> {
  /** Schema of the answers. */
  readonly reply: Body<R>
}

/** The parts of an {@link Operation}: no flags if absent. */
export interface OperationRow<Q> {
  readonly name: string
  readonly type: number
  readonly flags?: number
  readonly body: Body<Q>
}

/** Describes a kind of request. Its answers have the schema of the request unless `reply` says otherwise. */
export function operation<Q, R = Q>(row: OperationRow<Q>, reply?: Body<R>): Operation<Q, R>
export function operation<Q>({ name, type, flags = 0, body }: OperationRow<Q>, reply: Body<Q> = body): Operation<Q> {
  return { name, type, flags, body, reply }
}
