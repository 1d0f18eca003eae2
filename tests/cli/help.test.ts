import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createCli } from './nltool.ts'

/** What oclif knows of a command without loading it. */
interface Known {
  readonly id: string
  readonly summary?: string
  readonly usage?: string
  readonly examples?: readonly unknown[]
}

const manifest = new URL('../../packages/tools/oclif.manifest.json', import.meta.url)
const { commands } = JSON.parse(await readFile(manifest, 'utf8')) as { commands: Record<string, Known> }

it.each(Object.values(commands).map(({ id }) => id))('%s has help with a usage and examples', id => {
  expect(commands[id]).toMatchObject({ summary: expect.stringMatching(/^[A-Z].*\.$/), usage: expect.any(String) })
  expect(commands[id]?.examples?.length).toBeGreaterThan(0)
})

it.each(['', '--help', '-h', 'route -h', 'help route', 'help route show', 'genl get --help', 'ifconfig em0 --help'])(
  '`%s` shows help without an error',
  async words => {
    const cli = await createCli()
    const { stdout, stderr, code } = await cli.run(words)
    expect(stdout).toContain('USAGE\n')
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    await cli.remove()
  },
  30_000,
)
