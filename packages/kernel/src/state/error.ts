import { NltoolError } from '@nltool/nl-core/errno'

/** A state file that cannot be loaded. Nothing was loaded. */
export class StateError extends NltoolError {
  override readonly name = 'StateError'
  /** Where in the file, bytes from its start. */
  readonly offset: number
  constructor(what: string, offset: number, options?: ErrorOptions) {
    super('EINVAL', `${what} (at byte ${offset} of the state file)`, options)
    this.offset = offset
  }
}
