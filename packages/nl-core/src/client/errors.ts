import { NltoolError } from '../errno/errors.ts'

/** A dump was interrupted by changes as often as it was tried. */
export class DumpInterruptedError extends NltoolError {
  override readonly name = 'DumpInterruptedError'
  /** What the last attempt gave: every object that existed all the while, perhaps others. */
  readonly items: readonly unknown[]
  readonly attempts: number
  constructor(request: string, attempts: number, items: readonly unknown[]) {
    super('EINTR', `${request} dump was interrupted by changes ${attempts} times in a row`)
    this.attempts = attempts
    this.items = items
  }
}
