import type { Errno } from '@nltool/nl-core/errno'

/** Exit codes: 1 the kernel or the system refused, 2 the command was not written correctly. */
export const exitCode = { refused: 1, usage: 2 } as const

/** What a failure says beside its sentence; printed with `--json`. */
export interface FailureDetail {
  readonly code?: Errno
  readonly attr?: string
  readonly offset?: number
}

/** A failure that has one sentence for the user and an exit code, never a stack trace. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exit: number
  readonly detail: FailureDetail
  constructor(sentence: string, exit: number = exitCode.refused, detail: FailureDetail = {}, options?: ErrorOptions) {
    super(sentence, options)
    this.exit = exit
    this.detail = detail
  }
}

/** The command line is wrong: exit code 2. */
export function usage(sentence: string): Failure {
  return new Failure(sentence, exitCode.usage)
}
