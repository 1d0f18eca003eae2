import { errnoText, KernelError, NltoolError, SocketError, WireError } from '@nltool/nl-core/errno'
import { Failure, type FailureDetail, usage } from './failure.ts'

/** The system's text for a refusal, then the kernel's own words and the attribute they are about. */
export function reasonOf(error: NltoolError): string {
  const said = [errnoText(error.code)]
  if (error instanceof KernelError) {
    if (error.text !== undefined) said.push(error.text)
    if (error.missing !== undefined) said.push(`${error.missing} is missing`)
    if (error.policy !== undefined) said.push(`allowed: ${error.policy}`)
    if (error.attr !== undefined) return `${said.join(': ')} (${error.attr})`
  }
  // What the client refused before anything was sent; its message begins with the code.
  if (error instanceof SocketError && error.message !== error.code)
    said.push(error.message.slice(error.code.length + 2))
  if (error instanceof WireError) return `${said.join()}: ${error.what} (${error.path.join('.')})`
  return said.join(': ')
}

/** What `--json` says of an error beside its sentence. */
export function detailOf(error: NltoolError): FailureDetail {
  const attr = error instanceof KernelError ? error.attr : error instanceof WireError ? error.path.join('.') : ''
  const offset = error instanceof KernelError || error instanceof WireError ? error.offset : undefined
  return {
    code: error.code,
    ...(attr !== undefined && attr !== '' && { attr }),
    ...(offset !== undefined && { offset }),
  }
}

/** A refusal as a failure: `WHAT: strerror: the kernel's words`. Anything else is thrown again. */
export function refusal(what: string, error: unknown): Failure {
  if (!(error instanceof NltoolError)) throw error
  return new Failure(`${what}${what === '' ? '' : ': '}${reasonOf(error)}`, { detail: detailOf(error), cause: error })
}

/** Any error as a failure: one sentence and an exit code. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof NltoolError) return refusal('', error)
  // What went wrong first counts; that giving things back failed as well follows from it.
  if (isSuppressed(error)) return asFailure(error.suppressed)
  const { message, oclif } = error as Error & { oclif?: { exit?: number } }
  // oclif's complaints about words and options; their last line points to the help.
  if (oclif?.exit !== undefined) return usage(message.split('\n').filter(isComplaint).join(' '))
  return new Failure(`internal error: ${message || String(error)} (DEBUG=nltool shows where)`, { cause: error })
}

/** `SuppressedError` of disposal, which Node 20 does not know by itself. */
function isSuppressed(error: unknown): error is { readonly suppressed: unknown } {
  return error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error
}

function isComplaint(line: string): boolean {
  return line !== '' && !line.startsWith('See more help')
}
