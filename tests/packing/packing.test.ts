import { type ExecFileOptions, execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// What an npx that runs the tests has set for itself is not meant for the npx and npm that they run.
const { npm_config_call: _call, npm_config_package: _package, ...clean } = process.env
const run = (file: string, args: readonly string[], options: ExecFileOptions) =>
  promisify(execFile)(file, args, { env: clean, ...options, encoding: 'utf8' })
const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = ['nl-core', 'ifnet', 'nl-genl', 'nl-route', 'kernel', 'tools']

// What a user writes after `npm install`; the same text is compiled for its types and run for its effect.
const program = `
import { createKernel } from '@nltool/kernel'
import { openGeneric } from '@nltool/nl-genl'
import { openRoute, type Route } from '@nltool/nl-route'
import { IpAddress } from '@nltool/nl-core/model'

const kernel = createKernel()
const proc = kernel.spawn({ uid: 0, abi: 'freebsd' })
const route = await openRoute(proc)
await route.link.create({ kind: 'epair', name: 'epair0' })
await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
await route.link.set({ ifname: 'epair0a', up: true })
await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
const found: Route[] = []
for await (const entry of route.route.dump({ family: 'inet' })) found.push(entry)
const genl = await openGeneric(proc)
const family = await genl.resolve('nlctrl')
console.log(JSON.stringify({
  routes: found.map(entry => entry.dst),
  nlctrl: family.id,
  loopback: IpAddress.parse('::1').isLoopback,
}))
await genl.close()
await route.close()
await kernel.close()
`

describe('packed packages in an empty project', () => {
  let project = ''
  let nltool = ''

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'nltool-packing-'))
    for (const name of packages) {
      await run('npx', ['-y', 'pnpm@10', 'pack', '--pack-destination', project], { cwd: join(root, 'packages', name) })
    }
    const tarballs = (await readdir(project)).filter(name => name.endsWith('.tgz'))
    expect(tarballs).toHaveLength(packages.length)
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
    const files = tarballs.map(name => `./${name}`)
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...files], { cwd: project })
    nltool = join(project, 'node_modules/.bin/nltool')
  }, 240_000)

  afterAll(() => rm(project, { recursive: true, force: true }))

  it('types resolve, without skipLibCheck, for a program in TypeScript', async () => {
    await writeFile(join(project, 'program.ts'), program)
    const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, exactOptionalPropertyTypes: true }
    const config = { compilerOptions: { ...compilerOptions, lib: ['es2023', 'dom'], types: [] }, files: ['program.ts'] }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config))
    const { stdout } = await run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
      cwd: project,
    }).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  }, 60_000)

  it('ESM imports work and the program has its effect', async () => {
    const { stdout } = await run('node', ['program.js'], { cwd: project })
    const seen = JSON.parse(stdout) as { routes: string[]; nlctrl: number; loopback: boolean }
    expect(seen.routes).toContain('203.0.113.0/24')
    expect(seen).toMatchObject({ nlctrl: 16, loopback: true })
  }, 30_000)

  it('the bin runs and keeps its state between two calls', async () => {
    const env = { ...clean, XDG_STATE_HOME: join(project, 'state') }
    await run(nltool, ['ifconfig', 'epair0', 'create'], { env })
    const { stdout } = await run(nltool, ['ifconfig', '-l'], { env })
    expect(stdout.split(/\s+/)).toContain('epair0a')
    expect((await run(nltool, ['--version'], { env })).stdout).toMatch(/^nltool\//)
  }, 30_000)
})
