import { execFile } from 'node:child_process'
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const generated = fileURLToPath(new URL('.generated', import.meta.url))

/** Every page of documentation, relative to the root. */
async function pages(): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'))
  const packages = await readdir(join(root, 'packages'))
  const all = ['README.md', ...docs.map(name => `docs/${name}`), ...packages.map(name => `packages/${name}/README.md`)]
  return all.filter(name => name.endsWith('.md'))
}

/** The `ts` and `js` blocks of a page, with the line on which each starts. */
function examplesOf(page: string, text: string): { name: string; language: string; code: string }[] {
  return [...text.matchAll(/^```(ts|js)\n(.*?)^```$/gms)].map(([, language = '', code = ''], i) => ({
    name: `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${i + 1}`,
    language,
    code,
  }))
}

const examples = (
  await Promise.all(
    (await pages()).map(async page => examplesOf(page, await readFile(join(root, page), 'utf8').catch(() => ''))),
  )
).flat()

describe('examples in the documentation', () => {
  beforeAll(async () => {
    await rm(generated, { recursive: true, force: true })
    await mkdir(generated)
    for (const { name, language, code } of examples) {
      await writeFile(join(generated, `${name}.${language}`), `${code}\nexport {}\n`)
    }
  })
  afterAll(() => rm(generated, { recursive: true, force: true }))

  it('are there', () => expect(examples.length).toBeGreaterThan(0))

  it('compile', async () => {
    await writeFile(
      join(generated, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: { rootDir: root, incremental: false, noUnusedLocals: false, allowJs: true, checkJs: false },
        include: ['.'],
        references: [],
      }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await promisify(execFile)('node', [tsc, '-p', relative(root, generated)], { cwd: root }).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toBe('')
  }, 60_000)

  it.each(examples.map(example => [`${example.name}.${example.language}`]))('%s runs', async file => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import(join(generated, file))
    const lines = log.mock.calls.length
    log.mockRestore()
    // What an example prints is what it shows: a branch that is not taken shows nothing.
    const { code = '' } = examples.find(({ name, language }) => file === `${name}.${language}`) ?? {}
    expect(lines).toBeGreaterThanOrEqual(code.split('console.log(').length - 1)
  })
})

const guides = [...(await pages()), 'CONTRIBUTING.md', 'bench/README.md']

describe('files that the documentation names', () => {
  const files = /(?:(?:packages|tests|docs|bench)\/)[\w./-]+\.(?:ts|js|mjs|md)\b/g
  const links = /\]\((?!https?:)([^)#\s]+)/g

  it.each(guides)('%s', async page => {
    const text = await readFile(join(root, page), 'utf8')
    const named = [...text.matchAll(files)].map(([path]) => path)
    const linked = [...text.matchAll(links)].map(([, path = '']) => join(dirname(page), path))
    const missing: string[] = []
    for (const path of new Set([...named, ...linked])) {
      await access(join(root, path)).catch(() => missing.push(path))
    }
    expect(missing).toEqual([])
  })
})
