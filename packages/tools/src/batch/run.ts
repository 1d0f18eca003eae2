import { Failure, usage } from '../failure.ts'
import { readInputFile } from '../input-file.ts'
import type { Program, WholeInvocation } from '../invocation.ts'
import { ifconfig } from '../programs/ifconfig.ts'
import { netstat } from '../programs/netstat.ts'
import { route } from '../programs/route.ts'
import { vnet } from '../programs/vnet.ts'
import { asFailure } from '../sentence.ts'
import type { Shown } from '../shown.ts'
import { type BatchLine, readLines } from './lines.ts'

/** What may stand in a batch. */
const programs: Readonly<Record<string, Program>> = { ifconfig, netstat, route, vnet }

/** One command of a batch and what it gave: JSON of `batch`. */
export interface BatchResult {
  readonly line: number
  readonly command: string
  readonly result: object
}

/**
 * Runs commands on one kernel, in order. If one fails the others are not run, and nothing of the batch has happened.
 * @throws Failure with the number of the line
 */
export async function runBatch(invocation: WholeInvocation, file: string | undefined): Promise<Shown<BatchResult[]>> {
  const text = new TextDecoder().decode(await readInputFile(file))
  const lines = readLines(text).map(withProgram)
  const printed: string[] = []
  const json = await invocation.session.together(async session => {
    const results: BatchResult[] = []
    for (const { line, program, command } of lines) {
      const complain = (failure: Failure) => {
        throw failure
      }
      const print = (output: string) =>
        void printed.push(output.endsWith('\n') || output === '' ? output : `${output}\n`)
      const words = line.words.slice(1)
      const running = program({ ...invocation, words, session, print, complain })
      results.push({ line: line.number, command, result: await running.catch(error => refuse(line.number, error)) })
    }
    return results
  })
  return { text: printed.join(''), json }
}

function withProgram(line: BatchLine): { line: BatchLine; program: Program; command: string } {
  const [name = ''] = line.words
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined
  if (program === undefined) {
    throw usage(`line ${line.number}: ${name} cannot stand in a batch; ${Object.keys(programs).join(', ')} can`)
  }
  return { line, program, command: line.words.join(' ') }
}

function refuse(number: number, error: unknown): never {
  const { message, exit, detail } = asFailure(error)
  throw new Failure(`line ${number}: ${message}`, { exit, detail, cause: error })
}
