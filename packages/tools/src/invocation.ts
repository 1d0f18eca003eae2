import { type Globals, readGlobals, separate } from './argv.ts'
import type { Failure } from './failure.ts'
import { openSession, type Session, type WorkSession } from './host.ts'
import { asFailure } from './sentence.ts'

/** One run of a command: its words, its kernel, and where it speaks. */
export interface Invocation {
  /** All words but the global options. */
  readonly words: readonly string[]
  readonly globals: Globals
  /** The kernel that the global options name. */
  readonly session: WorkSession
  /** Prints text as it is, unless `--json` was asked for; what already ends its line gets no second newline. */
  print(text: string): void
  /** Reports what went wrong although the command goes on; it will end with that exit code. */
  complain(failure: Failure): void
}

/** What a command does. Its result is what `--json` prints. */
export type Program = (invocation: Invocation) => Promise<object>

/** One run of a command that stands for itself, not in a batch. */
export interface WholeInvocation extends Invocation {
  readonly session: Session
}

/** What such a command does. */
export type WholeProgram = (invocation: WholeInvocation) => Promise<object>

/** Tools whose name stands before their complaints; all others speak as nltool. */
const classicTools: ReadonlySet<string> = new Set(['ifconfig', 'route', 'netstat', 'genl'])

/** Runs a command. Whatever goes wrong becomes one sentence on standard error and an exit code. */
export async function invoke(command: string, argv: readonly string[], program: WholeProgram): Promise<void> {
  const complain = (failure: Failure) => report(command, failure)
  try {
    const { globals: given, words } = separate(argv)
    const globals = readGlobals(given)
    const session = openSession(globals, process.env)
    const print = (text: string) => {
      if (!globals.json && text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
    }
    const result = await program({ words, globals, session, print, complain })
    if (globals.json) await printJson(result)
  } catch (error) {
    await fail(command, argv, error)
  }
}

/** Ends a command that failed: the sentence, the exit code, and with `--json` the same as an object. */
export async function fail(command: string, argv: readonly string[], error: unknown): Promise<void> {
  const failure = asFailure(error)
  report(command, failure)
  if (argv.includes('--json'))
    await printJson({ error: { message: failure.message, exit: failure.exit, ...failure.detail } })
  const { DEBUG = '' } = process.env
  if (DEBUG.includes('nltool')) process.stderr.write(`${traceOf(failure)}\n`)
}

function report(command: string, failure: Failure): void {
  const label = classicTools.has(command) ? command : 'nltool'
  if (failure.preface !== undefined) process.stderr.write(`${label}: ${failure.preface}\n`)
  process.stderr.write(`${failure.spoken ? '' : `${label}: `}${failure.message}\n`)
  process.exitCode = failure.exit
}

function traceOf({ cause, stack }: Failure): string {
  return (cause instanceof Error ? cause.stack : stack) ?? ''
}

async function printJson(value: object): Promise<void> {
  const { stringify } = await import('@nltool/nl-core')
  process.stdout.write(`${stringify(value, 2)}\n`)
}
