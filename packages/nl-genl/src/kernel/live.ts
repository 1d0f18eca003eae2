import type { Task } from '@nltool/nl-core/model'
import type { AnyFamily } from '../family.ts'
import type { CtrlAttrs } from '../nlctrl/schema.ts'
import type { OperationRows } from './rows.ts'

/** What is under way in a family. */
export interface FamilyUse {
  /** Whether a handler of the family runs in a task. */
  isRunning(task: Task): boolean
  /** Dumps of the family, or of its policies, that have begun and not ended. */
  readonly dumps: number
  /** The family is being taken back: no handler of it may begin. */
  readonly over: boolean
  /** A handler begins to run in a task; every `enter` has its `leave`. */
  enter(task: Task): void
  leave(task: Task): void
  /** Counts a dump from now to its end. */
  track<T>(bodies: Iterable<T>): Iterable<T>
  /** Ends open dumps with ENOENT, and resolves when no handler runs. */
  drain(): Promise<void>
}

/** A family as one kernel has it. */
export interface LiveFamily {
  /** `nlmsg_type` of its messages. */
  readonly id: number
  readonly family: AnyFamily
  /** Numbers of its groups, in the order of the definition; then those added since. */
  readonly groups: Map<string, number>
  /** What user space may ask for, by command. */
  readonly operations: ReadonlyMap<number, OperationRows>
  readonly use: FamilyUse
  /** What nlctrl says of the family: made when it is first asked, made again when a group comes or goes. */
  description: CtrlAttrs | undefined
  /** Ends what the family has begun outside its handlers. */
  stop(): void
}
