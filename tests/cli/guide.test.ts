import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createCli } from './nltool.ts'

const guide = fileURLToPath(new URL('../../docs/command-line.md', import.meta.url))

it('the lab of the guide is the example', async () => {
  const lab = await readFile(new URL('../../docs/examples/lab.conf', import.meta.url), 'utf8')
  expect(await readFile(guide, 'utf8')).toContain(`\`\`\`sh\n${lab}\`\`\`\n`)
})

/** Commands of the guide's consoles, in order, each with what the guide says that it prints. */
async function steps(): Promise<{ command: string; output: string }[]> {
  const text = await readFile(guide, 'utf8')
  const consoles = [...text.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block)
  return consoles.flatMap(block =>
    [...block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, command = '', output = '']) => ({ command, output })),
  )
}

it('every console of the guide prints what the guide says', async () => {
  const cli = await createCli()
  const said = await steps()
  expect(said.length).toBeGreaterThan(10)
  for (const { command, output } of said) {
    const [, words = '', file] = /^nltool (.*?)(?: < (\S+))?$/.exec(command) ?? []
    const input = file === undefined ? '' : await readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8')
    const { stdout, stderr } = await cli.run(words, { input, cwd: cli.home })
    expect(`$ ${command}\n${stderr}${stdout}`).toBe(`$ ${command}\n${output}`)
  }
  await cli.remove()
}, 60_000)
