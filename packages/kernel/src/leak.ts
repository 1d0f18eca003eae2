/** A kernel was closed and something was still alive in it, or wrong: a defect of a module, or of the kernel itself. */
export class LeakError extends Error {
  override readonly name = 'LeakError'
  /** One sentence each. */
  readonly findings: readonly string[]
  constructor(findings: readonly string[]) {
    super(`not all was well when the kernel was closed: ${findings.join('; ')}`)
    this.findings = findings
  }
}
