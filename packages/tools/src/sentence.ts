import { errnoText, KernelError, NltoolError, WireError } from '@nltool/nl-core/errno'
import { Failure, exitCode } from './failure.ts'

/** The system's text for a refusal, then the kernel's own words and the attribute they are about. */
export function reasonOf(error: NltoolError): string {
  const said = [errnoText(error.code)]
  if (error instanceof KernelError) {
    if (error.text !== undefined) said.push(error.text)
    if (error.attr !== undefined) said.push(`at ${error.attr}`)
    if (error.missing !== undefined) said.push(`${error.missing} is missing`)
    if (error.policy !== undefined) said.push(`allowed: ${error.policy}`)
  }
  return said.join(': ')
}

/** A refusal as a failure: `WHAT: strerror: the kernel's words`. Anything else is thrown again. */
export function refusal(what: string, error: unknown): Failure {
  if (!(error instanceof NltoolError)) throw error
  const attr = error instanceof KernelError ? error.attr : undefined
  const offset = error instanceof KernelError || error instanceof WireError ? error.offset : undefined
  const detail = { code: error.code, ...(attr !== undefined && { attr }), ...(offset !== undefined && { offset }) }
  return new Failure(`${what}${what === '' ? '' : ': '}${reasonOf(error)}`, exitCode.refused, detail, { cause: error })
}

/** Any error as a failure: one sentence and an exit code. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof NltoolError) return refusal('', error)
  const { message, oclif } = error as Error & { oclif?: { exit?: number } }
  if (oclif?.exit !== undefined) {
    // oclif's complaints about words and options; its second line points to the help.
    const lines = message.split('\n').filter(line => line !== '' && !line.startsWith('See more help'))
    return new Failure(lines.join(' '), exitCode.usage)
  }
  const text = message || String(error)
  return new Failure(`internal error: ${text} (DEBUG=nltool shows where)`, exitCode.refused, {}, { cause: error })
}
