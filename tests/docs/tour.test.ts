import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the tour in the README', () => {
  it('is what `pnpm start` prints', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const shown = readme.match(/<!-- tour -->\n```console\n(.*?)```\n<!-- \/tour -->/s)?.[1]
    const { stdout } = await promisify(execFile)('node', [join(root, 'packages/tools/bin/tour.js')], {
      cwd: root,
      env: { ...process.env, XDG_STATE_HOME: '/var/lib/me' },
    })
    expect(stdout.trim()).toBe(shown?.trim().replace('~/.local/state', '/var/lib/me'))
  }, 30_000)
})
