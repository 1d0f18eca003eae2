// Makes what the command line runs from what tsc wrote: dist/bundle, and oclif.manifest.json.
//
// Node reads some 250 small modules in 100 ms, the same code in a few chunks in 10; a command line is started often. The
// manifest lets oclif know all commands and their options without loading any.
import { readdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = `${root}dist/`
const bundle = `${dist}bundle/`

await rm(bundle, { recursive: true, force: true })
await makeBundle()
await makeManifest()

/** One entry for the start, one for the tour, and one for each command and hook, where oclif looks for it. */
async function makeBundle() {
  const commands = (await readdir(`${dist}commands`, { recursive: true })).filter(name => name.endsWith('.js'))
  const entries = [
    'main.js',
    'tour/tour.js',
    'hooks/init.js',
    ...commands.map(name => `commands/${name.replaceAll('\\', '/')}`),
  ]
  const input = Object.fromEntries(entries.map(name => [name.replace(/\.js$/, ''), `${dist}${name}`]))
  const build = await rolldown({ input, platform: 'node', external: [/^@oclif\//, /^node:/] })
  await build.write({ dir: bundle, format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js' })
  await build.close()
}

async function makeManifest() {
  const plugin = new Plugin({ ignoreManifest: true, root, type: 'core', errorOnManifestCreate: true })
  await plugin.load()
  const { commands, version } = plugin.manifest
  await writeFile(`${root}oclif.manifest.json`, `${JSON.stringify({ commands, version }, null, 2)}\n`)
}
