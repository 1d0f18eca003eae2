import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStateStore } from '../../packages/tools/src/state/store.ts'

const writer = fileURLToPath(new URL('../../packages/tools/test/writer.js', import.meta.url))

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nltool-crash-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Starts a process that replaces the state again and again; resolves once it has begun. */
async function startWriter(): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  await new Promise(resolve => child.stdout.once('data', resolve))
  return {
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** Files beside the state. An empty one is a lock that was killed while it was made: it goes after a minute. */
async function leftovers(): Promise<string[]> {
  const names = (await readdir(directory)).filter(name => name !== 'kernel.state')
  const sizes = await Promise.all(names.map(async name => (await stat(join(directory, name))).size))
  return names.filter((_, i) => sizes[i] !== 0)
}

describe('a writer that is killed at any instant', () => {
  it('leaves a whole state, and a lock that the next one takes over', async () => {
    const store = createStateStore(directory, { timeoutMs: 3000, pollMs: 2 })
    for (let round = 0; round < 12; round++) {
      const one = await startWriter()
      await sleep(round * 1.7)
      await one.kill()
      const state = store.read()
      if (state !== undefined) {
        expect(state.length).toBe(65_536)
        expect(state.every(byte => byte === state[0])).toBe(true)
      }
      await store.update(async before => ({ state: before ?? new Uint8Array(65_536), result: 0 }))
    }
    expect(await leftovers()).toEqual([])
  }, 30_000)

  it('hands over to others that wait', async () => {
    const writers = await Promise.all([startWriter(), startWriter(), startWriter()])
    for (const each of writers) {
      await sleep(25)
      await each.kill()
    }
    const store = createStateStore(directory, { timeoutMs: 3000, pollMs: 2 })
    await store.update(async state => ({ state: state ?? new Uint8Array(1), result: 0 }))
    expect(await leftovers()).toEqual([])
  }, 30_000)
})
