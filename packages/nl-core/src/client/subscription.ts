/// <reference lib="esnext.disposable" preserve="true" />
import { SocketError } from '../errno/errors.ts'
import type { Link, Listener } from './link.ts'
import type { Memberships } from './memberships.ts'
import { isPromise } from './sender.ts'
import type { Message, Resync, SubscribeOptions, Subscription } from './types.ts'

const resync: Resync = Object.freeze({ event: 'resync' })
const queueDefault = 65_536
const finished: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Somebody who waits in `next()`. */
interface Reader<E> {
  readonly resolve: (result: IteratorResult<E | Resync, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** Joins groups and collects their events. */
export function createSubscription<E>(
  link: Link,
  memberships: Memberships,
  groups: readonly number[],
  { decode, signal, queueMax = queueDefault }: SubscribeOptions<E>,
): Subscription<E> {
  const readers: Reader<E>[] = []
  let queue: (E | Resync)[] = []
  let at = 0 // of the next event in the queue
  let losing = false // between an overrun and the border behind which events are complete again
  let closed = false
  let failure: { readonly cause: unknown } | undefined

  const listener: Listener = {
    take(message) {
      if (losing) return true
      const event = decoded(message)
      if (event !== undefined) push(event)
      return event !== undefined
    },
    lost() {
      losing = true
    },
    recovered() {
      if (!losing) return
      losing = false
      push(resync)
    },
    fail,
  }

  function decoded(message: Message): E | undefined {
    try {
      return decode(message)
    } catch (error) {
      fail(error)
      return undefined
    }
  }

  function push(event: E | Resync): void {
    const reader = readers.shift()
    if (reader !== undefined) {
      link.listen(-1)
      reader.resolve({ done: false, value: event })
    } else if (queue.length - at >= queueMax) {
      queue = [resync]
      at = 0
    } else if (event !== resync || queue.length === at || queue.at(-1) !== resync) queue.push(event)
  }

  function shift(): E | Resync {
    const event = queue[at++] as E | Resync
    // What was read is let go when it is the greater part: a queue that never runs dry does not grow for that.
    if (at * 2 >= queue.length) {
      queue = queue.slice(at)
      at = 0
    }
    return event
  }

  /** Ends the subscription, for its readers by an error. Events that came before are still handed out. */
  function fail(error: unknown): void {
    if (closed) return
    const reader = readers[0]
    if (reader === undefined) failure = { cause: error }
    stop()
    reader?.reject(error)
    for (const other of readers.splice(0).slice(1)) other.resolve(finished)
    void leave()
  }

  function stop(): void {
    closed = true
    link.listeners.delete(listener)
    signal?.removeEventListener('abort', onAbort)
    for (const _ of readers) link.listen(-1)
  }

  async function close(): Promise<void> {
    queue = []
    at = 0
    failure = undefined
    if (closed) return
    stop()
    for (const reader of readers.splice(0)) reader.resolve(finished)
    await leave()
  }

  async function leave(): Promise<void> {
    try {
      await memberships.leave(groups)
    } catch (error) {
      if (!(error instanceof SocketError)) throw error // a socket that is gone is a member of nothing
    }
  }

  function onAbort(): void {
    fail(signal?.reason)
  }

  function join(): Promise<void> {
    const joined = memberships.join(groups)
    return isPromise(joined) ? joined : Promise.resolve()
  }

  link.listeners.add(listener)
  signal?.addEventListener('abort', onAbort, { once: true })
  const ready = join()
  ready.catch(fail)
  if (signal?.aborted) onAbort()

  const subscription: Subscription<E> = {
    ready,
    next() {
      if (at < queue.length) return Promise.resolve({ done: false, value: shift() })
      if (failure !== undefined) {
        const { cause } = failure
        failure = undefined
        return Promise.reject(cause)
      }
      if (closed) return Promise.resolve(finished)
      return new Promise((resolve, reject) => {
        readers.push({ resolve, reject })
        link.listen(1)
      })
    },
    async return() {
      await close()
      return finished
    },
    close,
    [Symbol.asyncIterator]: () => subscription,
    [Symbol.asyncDispose]: close,
  }
  return subscription
}
