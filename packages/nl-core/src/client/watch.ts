/// <reference lib="esnext.disposable" preserve="true" />
import { either } from './signal.ts'
import type { Change, Snapshot, Subscription, Watch, WatchEvent, WatchOptions } from './types.ts'

/**
 * Keeps a copy of a collection: listens first, dumps then, and applies what was heard meanwhile, so that no change is
 * lost whatever the order (R-DC-6). An event that tells of a change which the dump already shows changes nothing.
 */
export function createWatch<T, K extends string | number>(
  events: Subscription<Change<T>>,
  { dump, key, signal, interrupted = 'accept' }: WatchOptions<T, K>,
): Watch<T, K> {
  const items = new Map<K, T>()
  const closing = new AbortController()
  const steps = run()

  async function* run(): AsyncGenerator<WatchEvent<T>, undefined, undefined> {
    await events.ready
    do {
      yield { event: 'start' }
      yield* present()
    } while (yield* changes())
    return undefined
  }

  async function snapshot(): Promise<Snapshot<T>> {
    const options = { signal: either(signal, closing.signal) }
    if (interrupted === 'accept') return dump().snapshot(options)
    return { items: await dump().collect(options), consistent: true }
  }

  /** Everything that there is now. */
  async function* present(): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const { items: found, consistent } = await snapshot()
    items.clear()
    for (const item of found) {
      items.set(key(item), item)
      yield { event: 'item', item }
    }
    yield { event: 'end', consistent }
  }

  /** Changes until events are lost (true) or the subscription ends (false). */
  async function* changes(): AsyncGenerator<WatchEvent<T>, boolean, undefined> {
    for (;;) {
      const { done, value } = await events.next()
      if (done === true) return false
      if (value.event === 'resync') return true
      if (value.event === 'set') items.set(key(value.item), value.item)
      else items.delete(key(value.item))
      yield value
    }
  }

  const watch: Watch<T, K> = {
    items,
    async next() {
      try {
        return await steps.next()
      } catch (error) {
        await events.close()
        if (closing.signal.aborted) return { done: true, value: undefined }
        throw error
      }
    },
    async return() {
      await watch.close()
      return { done: true, value: undefined }
    },
    async close() {
      closing.abort() // this and the next let a parked next() go, for which return() would wait
      await events.close()
      await steps.return(undefined)
    },
    [Symbol.asyncIterator]: () => watch,
    [Symbol.asyncDispose]: () => watch.close(),
  }
  return watch
}
