import type { Awaitable } from '@nltool/nl-core/model'

/** Goes on with a value: at once if it is there. */
export function andThen<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Runs something, then `after` whatever became of it; a promise is made only where one of the two made one. */
export function andFinally<T>(run: () => Awaitable<T>, after: () => Awaitable<void>): Awaitable<T> {
  let result: Awaitable<T>
  try {
    result = run()
  } catch (error) {
    return andThen(after(), () => {
      throw error
    })
  }
  if (result instanceof Promise) return finallyLater(result, after)
  const value = result
  return andThen(after(), () => value)
}

async function finallyLater<T>(result: Promise<T>, after: () => Awaitable<void>): Promise<T> {
  try {
    return await result
  } finally {
    await after()
  }
}
