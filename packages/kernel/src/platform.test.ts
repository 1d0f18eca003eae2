import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createKernel } from './kernel.ts'
import { hostLoop, systemClock, systemRandom } from './platform.ts'

afterEach(() => vi.unstubAllGlobals())

/** Every module that a source file reaches, and what each imports from outside the workspace. */
async function foreignImports(entry: string, seen = new Set<string>()): Promise<string[]> {
  if (seen.has(entry)) return []
  seen.add(entry)
  const found: string[] = []
  for (const [, specifier = ''] of (await readFile(entry, 'utf8')).matchAll(
    /^(?:import|export)\b[^'\n]*(?:\n[^'\n]*)*?from '([^']+)'/gm,
  )) {
    const target = specifier.startsWith('.') ? join(dirname(entry), specifier) : sourceOf(specifier)
    if (target === undefined) found.push(`${specifier} in ${entry}`)
    else found.push(...(await foreignImports(target, seen)))
  }
  return found
}

const packages = fileURLToPath(new URL('../..', import.meta.url))

function sourceOf(specifier: string): string | undefined {
  const [, name, entry = 'index'] = /^@nltool\/([\w-]+)(?:\/(.*))?$/.exec(specifier) ?? []
  return name === undefined ? undefined : join(packages, name, 'src', `${entry}.ts`)
}

describe('the platform', () => {
  it('is not Node: nothing that a kernel reaches imports from outside the workspace', async () => {
    const seen = new Set<string>()
    expect(await foreignImports(fileURLToPath(new URL('index.ts', import.meta.url)), seen)).toEqual([])
    expect(seen.size).toBeGreaterThan(100)
  })

  it('need not have setImmediate', async () => {
    vi.stubGlobal('setImmediate', undefined)
    await using kernel = createKernel({ seed: 1 })
    await kernel.settle()
    expect(kernel.audit().findings).toEqual([])
  })

  it('has a clock that does not go back and an uptime that begins at 0', () => {
    const clock = systemClock()
    expect(clock.uptime()).toBeLessThan(1000)
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(60_000)
    const before = clock.uptime()
    expect(clock.uptime()).toBeGreaterThanOrEqual(before)
  })

  it('has chance: words of 32 bits that do not repeat', () => {
    const random = systemRandom()
    const words = Array.from({ length: 200 }, () => random.u32())
    expect(words.every(word => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true)
    expect(new Set(words).size).toBeGreaterThan(190)
  })

  it('runs microtasks, macrotasks and timers in that order, and takes timers back', async () => {
    const loop = hostLoop()
    const seen: string[] = []
    const cancel = loop.timer(() => seen.push('cancelled'), 0)
    cancel()
    await new Promise<void>(resolve => {
      loop.timer(() => {
        seen.push('timer')
        resolve()
      }, 5)
      loop.macrotask(() => seen.push('macrotask'))
      loop.microtask(() => seen.push('microtask'))
    })
    expect(seen).toEqual(['microtask', 'macrotask', 'timer'])
  })
})
