import { spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { stateDirectory } from '../state/store.ts'
import { type Step, steps } from './steps.ts'

/** Shows each step: the command as one would type it, really run (`run` is its file), and what it prints. */
export async function tour(run: string): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), 'nltool-tour-'))
  try {
    say('nltool: netlink, with a kernel in the box. Every line that starts with $ is a command, run as it stands.')
    for (const step of steps) await show(step, run, state)
    say(
      '\nThat was a real netlink conversation with an embedded kernel, one process for each command. Go on from here:',
    )
    const kept = stateDirectory(process.env).replace(homedir(), '~')
    say(`  npx nltool ifconfig            your own kernel; its state is kept in ${kept}`)
    say('  npx nltool route --help        every command has --help with examples, and --json')
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

async function show({ says, command }: Step, run: string, state: string): Promise<void> {
  if (says !== '') say(`\n${says}`)
  say(bold(`$ nltool ${command}`))
  const { output, code } = await execute([run, ...command.split(' ')], state)
  if (output !== '') process.stdout.write(output)
  if (code !== 0) say(`(exit code ${code})`)
}

/** Runs a process of its own; its standard output and error go to one file, so that they keep their order. */
async function execute(args: readonly string[], state: string): Promise<{ output: string; code: number }> {
  const file = join(state, 'output')
  const handle = await open(file, 'w')
  const env = { ...process.env, XDG_STATE_HOME: state }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', handle.fd, handle.fd] })
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', ended => resolve(ended ?? 1))
  })
  await handle.close()
  return { output: await readFile(file, 'utf8'), code }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function bold(text: string): string {
  const { NO_COLOR = '' } = process.env // no-color.org: set and not empty
  return process.stdout.isTTY && NO_COLOR === '' ? `\x1b[1m${text}\x1b[0m` : text
}
