import { readFileSync } from 'node:fs'
import { hoist, separate } from './argv.ts'
import { exitCode, type Failure, usage } from './failure.ts'
import { fail, invoke, type Program } from './invocation.ts'
import { asFailure } from './sentence.ts'
import { inWords } from './state/wording.ts'

/**
 * Commands whose words have tables of their own. They run without oclif, which takes as long to load as all the rest;
 * it stands behind their help, their completion and every other command.
 */
const direct: Readonly<Record<string, () => Promise<Program>>> = {
  ifconfig: async () => (await import('./programs/ifconfig.ts')).ifconfig,
  route: async () => (await import('./programs/route.ts')).route,
  netstat: async () => (await import('./programs/netstat.ts')).netstat,
}

/** Runs the command line. `dir` is the URL of the file that starts it, in a folder of the package. */
export async function main(argv: readonly string[], dir: string): Promise<void> {
  process.stdout.on('error', leave)
  try {
    const [command = '', ...words] = hoist(argv)
    if (command === '--version') return printVersion(dir)
    if (command.startsWith('-') && !asksForHelp(command)) throw noCommand(command)
    const help = words.some(asksForHelp)
    const load = Object.hasOwn(direct, command) && !help ? direct[command] : undefined
    if (load !== undefined) return await invoke(command, words, await load())
    const { execute } = await import('@oclif/core/execute')
    await execute({ args: command === '' ? [] : [command, ...words], dir })
  } catch (error) {
    await fail('', argv, error)
  }
}

function asksForHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

/** An option stands where a command should: one of all commands, after which nothing came, or one that there is not. */
function noCommand(option: string): Failure {
  const known = separate([option, '']).globals.length > 0
  return usage(known ? `a command must follow ${option}` : `unknown option: ${option}`)
}

/** What oclif prints for `--version`. */
function printVersion(dir: string): void {
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', dir), 'utf8')) as Record<string, string>
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
}

/** The reader of a pipe went away, as `head` does, and nobody is left to tell; or the file of the output is full. */
function leave(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
  process.stderr.write(`nltool: ${asFailure(inWords('the', 'output', 'written', error)).message}\n`)
  process.exit(exitCode.refused)
}
