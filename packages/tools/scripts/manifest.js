// Writes oclif.manifest.json: with it oclif knows all commands, and their options, without loading any of them.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
const plugin = new Plugin({ ignoreManifest: true, root, type: 'core', errorOnManifestCreate: true })
await plugin.load()
const { commands, version } = plugin.manifest
await writeFile(new URL('../oclif.manifest.json', import.meta.url), `${JSON.stringify({ commands, version }, null, 2)}\n`)
