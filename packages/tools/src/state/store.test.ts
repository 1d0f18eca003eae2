import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFile } from './lock.ts'
import { thisOwner } from './owner.ts'
import { createStateStore, stateDirectory } from './store.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'nltool-state-'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('stateDirectory', () => {
  it('is $XDG_STATE_HOME/nltool', () => {
    expect(stateDirectory({ XDG_STATE_HOME: '/var/state' })).toBe('/var/state/nltool')
  })

  it('is below the home directory where the variable is absent or relative', () => {
    expect(stateDirectory({})).toMatch(/\/\.local\/state\/nltool$/)
    expect(stateDirectory({ XDG_STATE_HOME: 'state' })).toMatch(/\/\.local\/state\/nltool$/)
  })
})

describe('createStateStore', () => {
  it('has no state and writes nothing until something is saved', async () => {
    const store = createStateStore(join(base, 'deep', 'nltool'))
    expect(store.read()).toBeUndefined()
    expect(await readdir(base)).toEqual([])
  })

  it('keeps what was saved, readable for its owner only', async () => {
    const store = createStateStore(join(base, 'deep', 'nltool'))
    expect(await store.update(async state => ({ state: bytes(1, 2), result: state }))).toBeUndefined()
    expect([...(store.read() ?? [])]).toEqual([1, 2])
    expect((await stat(store.path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(base, 'deep', 'nltool'))).mode & 0o777).toBe(0o700)
    expect(await readdir(join(base, 'deep', 'nltool'))).toEqual(['kernel.state'])
  })

  it('leaves the file alone when the change throws or saves nothing', async () => {
    const store = createStateStore(base)
    await store.update(async () => ({ state: bytes(7), result: 0 }))
    await expect(store.update(async () => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    await store.update(async () => ({ result: 0 }))
    expect([...(store.read() ?? [])]).toEqual([7])
    expect(await readdir(base)).toEqual(['kernel.state'])
  })

  it('lets changes run one after the other', async () => {
    const stores = Array.from({ length: 8 }, () => createStateStore(base))
    const bump = (state?: Uint8Array) => bytes((state?.[0] ?? 0) + 1)
    await Promise.all(stores.map(store => store.update(async state => ({ state: bump(state), result: 0 }))))
    expect(createStateStore(base).read()?.[0]).toBe(8)
  })

  it('names the owner of a lock that does not come free', async () => {
    const lock = await lockFile(join(base, 'kernel.lock'))
    const store = createStateStore(base, { timeoutMs: 40, pollMs: 10 })
    const sentence = `the state is in use by process ${process.pid} on`
    await expect(store.update(async () => ({ result: 0 }))).rejects.toThrow(sentence)
    lock.release()
    await expect(store.update(async () => ({ result: 'free' }))).resolves.toBe('free')
  })

  it('takes over from an owner that is gone', async () => {
    const dead = { ...thisOwner(), token: 'gone-1', start: 'another process had this pid' }
    await writeFile(join(base, 'kernel.lock'), JSON.stringify(dead))
    const store = createStateStore(base, { timeoutMs: 200, pollMs: 5 })
    await Promise.all([1, 2, 3].map(n => store.update(async () => ({ state: bytes(n), result: n }))))
    expect(await readdir(base)).toEqual(['kernel.state'])
  })

  it('waits for an owner on another host, which cannot be judged', async () => {
    await writeFile(join(base, 'kernel.lock'), JSON.stringify({ ...thisOwner(), pid: 1, host: 'elsewhere x' }))
    const store = createStateStore(base, { timeoutMs: 30, pollMs: 5 })
    await expect(store.update(async () => ({ result: 0 }))).rejects.toThrow('in use by process 1 on elsewhere')
  })

  it('removes what killed invocations left', async () => {
    await writeFile(join(base, 'kernel.state.99.new'), 'half')
    const dead = { ...thisOwner(), token: 'gone-1', start: 'gone' }
    await writeFile(join(base, 'kernel.lock.gone-1.tmp'), JSON.stringify(dead))
    await createStateStore(base).update(async () => ({ state: bytes(1), result: 0 }))
    expect(await readdir(base)).toEqual(['kernel.state'])
  })

  it('says in one sentence that the path is not a directory', async () => {
    await writeFile(join(base, 'nltool'), 'a file')
    const store = createStateStore(join(base, 'nltool'))
    await expect(store.update(async () => ({ result: 0 }))).rejects.toThrow('part of the path is not a directory')
  })

  it('says in one sentence that the state is a directory', async () => {
    await mkdir(join(base, 'kernel.state'))
    expect(() => createStateStore(base).read()).toThrow(
      `the state in ${base}/kernel.state cannot be read: it is a directory`,
    )
    expect(await readFile(join(base, 'kernel.state')).catch(error => error.code)).toBe('EISDIR')
  })
})
