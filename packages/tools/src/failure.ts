import type { Errno } from '@nltool/nl-core/errno'

/** Exit codes: 1 the kernel or the system refused, 2 the command was not written correctly. */
export const exitCode = { refused: 1, usage: 2 } as const

/** What a failure says beside its sentence; printed with `--json`. */
export interface FailureDetail {
  readonly code?: Errno
  readonly attr?: string
  readonly offset?: number
}

/** How a failure is told. */
export interface FailureOptions {
  /** Exit code. Default 1. */
  readonly exit?: number
  readonly detail?: FailureDetail
  /** A line that a tool prints before the sentence. */
  readonly preface?: string | undefined
  /** The sentence says itself who speaks: no name of a tool is put before it. */
  readonly spoken?: boolean
  readonly cause?: unknown
}

/** A failure that has one sentence for the user and an exit code, never a stack trace. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exit: number
  readonly detail: FailureDetail
  readonly spoken: boolean
  readonly preface: string | undefined
  constructor(sentence: string, options: FailureOptions = {}) {
    super(sentence, { cause: options.cause })
    this.exit = options.exit ?? exitCode.refused
    this.detail = options.detail ?? {}
    this.spoken = options.spoken ?? false
    this.preface = options.preface
  }
}

/** The command line is wrong: exit code 2. */
export function usage(sentence: string): Failure {
  return new Failure(sentence, { exit: exitCode.usage })
}
