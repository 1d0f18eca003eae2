import { hoist } from './argv.ts'
import { exitCode, Failure } from './failure.ts'

/**
 * Runs the command line. `dir` is the URL of the file that starts it: oclif finds the package from there. Nothing but
 * what every command needs is loaded here.
 */
export async function main(argv: readonly string[], dir: string): Promise<void> {
  process.stdout.on('error', leaveQuietly)
  try {
    const args = hoist(argv)
    const { execute } = await import('@oclif/core/execute')
    await execute({ args, dir })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    process.stderr.write(`nltool: ${error.message}\n`)
    process.exitCode = exitCode.usage
  }
}

/** The reader of a pipe went away, as `head` does: nobody is left to tell. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode ?? 0)
}
