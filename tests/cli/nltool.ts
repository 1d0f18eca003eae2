import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const run = fileURLToPath(new URL('../../packages/tools/bin/run.js', import.meta.url))

/** What a process of the command line left. */
export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** How a process is started. */
export interface Surroundings {
  readonly uid?: number
  readonly input?: string | Uint8Array
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** File to run in place of the package's own. */
  readonly program?: string
  /** Node to run it with in place of this one. */
  readonly node?: string
  /** Nobody reads its output. */
  readonly deaf?: boolean
}

/** The built command line with a state directory of its own. */
export interface Cli {
  /** `$XDG_STATE_HOME`. */
  readonly home: string
  /** The state file. */
  readonly state: string
  /** Runs `nltool` with words as they would be typed, separated by spaces. */
  run(words: string, surroundings?: Surroundings): Promise<Outcome>
  /** Runs commands that must succeed. */
  setUp(...lines: readonly string[]): Promise<void>
  remove(): Promise<void>
}

/** Makes a state directory for a test. */
export async function createCli(): Promise<Cli> {
  const home = await mkdtemp(join(tmpdir(), 'nltool-cli-'))
  const cli: Cli = {
    home,
    state: join(home, 'nltool', 'kernel.state'),
    run: (words, surroundings = {}) => start(home, words, surroundings),
    async setUp(...lines) {
      for (const line of lines) {
        const { code, stderr } = await cli.run(line)
        if (code !== 0) throw new Error(`nltool ${line}: ${stderr}`)
      }
    },
    remove: () => rm(home, { recursive: true, force: true }),
  }
  return cli
}

function start(
  home: string,
  words: string,
  { uid, input, env, cwd, deaf, program = run, node = process.execPath }: Surroundings,
): Promise<Outcome> {
  const args = [program, ...words.split(' ').filter(word => word !== '')]
  const options = {
    env: { ...process.env, XDG_STATE_HOME: home, NO_COLOR: '1', ...env },
    ...(uid !== undefined && { uid, gid: uid }),
    ...(cwd !== undefined && { cwd }),
  }
  return new Promise(resolve => {
    const child = execFile(node, args, options, (_error, stdout, stderr) => {
      resolve({ stdout, stderr, code: child.exitCode ?? -1 })
    })
    if (deaf) child.stdout?.destroy()
    child.stdin?.end(input ?? '')
  })
}
