import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStateStore } from './store.ts'

const writer = fileURLToPath(new URL('../../test/writer.js', import.meta.url))
const stateBytes = 65_536

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nltool-crash-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

interface Writer {
  /** SIGKILL; gives the numbers that the writer said are kept. */
  kill(): Promise<number[]>
}

/** Starts a process that counts in the state; resolves once it has begun. */
async function startWriter(): Promise<Writer> {
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  await new Promise<void>(resolve => {
    child.stdout.on('data', bytes => {
      said += bytes
      resolve()
    })
  })
  return {
    async kill() {
      child.kill('SIGKILL')
      await ended
      return [...said.matchAll(/^(\d+)$/gm)].map(([number]) => Number(number))
    },
  }
}

/** The number in a state, which must be whole. */
function numberIn(state: Uint8Array | undefined): number {
  if (state === undefined) return 0
  expect(state.length).toBe(stateBytes)
  const words = new Uint32Array(state.slice().buffer)
  expect(words.every(word => word === words[0])).toBe(true)
  return words[0] ?? 0
}

/** Files beside the state. An empty one is a lock that was killed while it was made: it goes after a minute. */
async function leftovers(): Promise<string[]> {
  const names = (await readdir(directory)).filter(name => name !== 'kernel.state')
  const sizes = await Promise.all(names.map(async name => (await stat(join(directory, name))).size))
  return names.filter((_, i) => sizes[i] !== 0)
}

/** Takes the lock once more, as the next command would, which also clears what was left. */
async function nextCommand(): Promise<void> {
  const store = createStateStore(directory, { timeoutMs: 5000, pollMs: 2 })
  await store.update(async state => ({ state: state ?? new Uint8Array(stateBytes), result: 0 }))
}

describe('a writer that is killed at any instant', () => {
  it('leaves a whole state that is as new as it said, and a lock that the next one takes over', async () => {
    const store = createStateStore(directory)
    for (let round = 0; round < 12; round++) {
      const one = await startWriter()
      await sleep(round * 1.7)
      const said = await one.kill()
      expect(numberIn(store.read())).toBeGreaterThanOrEqual(said.at(-1) ?? 0)
      await nextCommand()
    }
    expect(await leftovers()).toEqual([])
  }, 30_000)

  it('never lets two others have the lock at once', async () => {
    const said: number[] = []
    const writers = await Promise.all([startWriter(), startWriter(), startWriter()])
    for (let round = 0; round < 24; round++) {
      await sleep((round * 7) % 23)
      const victim = writers.shift()
      said.push(...((await victim?.kill()) ?? []))
      writers.push(await startWriter())
    }
    for (const each of writers) said.push(...(await each.kill()))
    expect(said.length).toBeGreaterThan(24)
    expect(new Set(said).size).toBe(said.length) // two holders would have kept the same number
    expect(numberIn(createStateStore(directory).read())).toBeGreaterThanOrEqual(Math.max(...said))
    await nextCommand()
    expect(await leftovers()).toEqual([])
  }, 60_000)
})
