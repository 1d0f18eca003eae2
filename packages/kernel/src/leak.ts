/** A kernel was closed and something was still alive in it, or wrong: a defect of a module, or of the kernel itself. */
export class LeakError extends Error {
  override readonly name = 'LeakError'
  /** One sentence each. */
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(
      `the kernel was closed with ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}: ${faults.join('; ')}`,
    )
    this.faults = faults
  }
}
