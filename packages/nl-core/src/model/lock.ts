import { NltoolError } from '../errno/errors.ts'
import type { Ctx } from './task.ts'
import type { Awaitable } from './time.ts'

/**
 * Lock classes and their ranks. A task takes locks in ascending rank; the same or a lower one while it holds a higher
 * one is an error, thrown before the task waits, so that an inversion is found without a deadlock having happened.
 */
export const lockRank = {
  module: 10, // registry of handlers, cloners, families
  detach: 20, // attach, detach and move of interfaces
  cloner: 30, // one per cloner
  rtnl: 40, // all configuration of all network stacks
} as const

/** Name of a lock class. */
export type LockClass = keyof typeof lockRank

/** A lock that a task holds. */
export interface HeldLock {
  readonly class: LockClass
  readonly name: string
}

declare const heldBrand: unique symbol

/** Proof that the lock of a class is held by the task that has it. `using` gives it back on every way out. */
export interface Held<Class extends LockClass> extends Disposable, HeldLock {
  readonly [heldBrand]: Class
  readonly class: Class
  /** Gives the lock to the task that has waited longest. A second call does nothing. */
  release(): void
}

/** Permission to change the network configuration: interfaces, addresses, routes, rules. */
export type RtnlHeld = Held<'rtnl'>

/** A lock that is handed over first come, first served. */
export interface Lock<Class extends LockClass> {
  readonly class: Class
  readonly name: string
  /**
   * At once if free. @throws LockError ELOCKORDER if the task holds a lock of the same or a higher rank, ELOCKSLEEP if
   * it is inside an epoch section, whether or not it would have had to wait.
   */
  acquire(ctx: Ctx): Awaitable<Held<Class>>
  /** Now or not at all. */
  tryAcquire(ctx: Ctx): Held<Class> | undefined
  readonly locked: boolean
}

/** A misuse of locks: a defect of the program, not a condition to handle. */
export class LockError extends NltoolError {
  override readonly name = 'LockError'
  readonly reason: 'ELOCKORDER' | 'ELOCKSLEEP'
  constructor(reason: 'ELOCKORDER' | 'ELOCKSLEEP', text: string) {
    super('EDEADLK', `${reason}: ${text}`)
    this.reason = reason
  }
}

interface Waiter<Class extends LockClass> {
  readonly ctx: Ctx
  readonly grant: (held: Held<Class>) => void
}

/** A lock that was given. A class because one is made per request, and its methods would be closures otherwise. */
class Grant<Class extends LockClass> implements Held<Class> {
  declare readonly [heldBrand]: Class
  readonly class: Class
  readonly name: string
  readonly ctx: Ctx
  readonly #giveBack: (grant: Grant<Class>) => void
  constructor(lock: Lock<Class>, ctx: Ctx, giveBack: (grant: Grant<Class>) => void) {
    this.class = lock.class
    this.name = lock.name
    this.ctx = ctx
    this.#giveBack = giveBack
  }
  release(): void {
    this.#giveBack(this)
  }
  [Symbol.dispose](): void {
    this.#giveBack(this)
  }
}

/** Makes a lock. `name` tells instances of one class apart in errors. */
export function createLock<Class extends LockClass>(lockClass: Class, name: string = lockClass): Lock<Class> {
  const waiters: Waiter<Class>[] = []
  let owner: Grant<Class> | undefined

  function grant(ctx: Ctx): Held<Class> {
    const held = new Grant(lock, ctx, release)
    owner = held
    ctx.task.held.push(held)
    return held
  }

  function release(held: Grant<Class>): void {
    if (owner !== held) return // given back before: `using` after an explicit release()
    const taken = held.ctx.task.held
    if (taken.at(-1) === held) taken.pop()
    else taken.splice(taken.indexOf(held), 1)
    owner = undefined
    // Ownership moves before anyone else runs, so no third task can slip in between.
    const next = waiters.shift()
    if (next !== undefined) next.grant(grant(next.ctx))
  }

  function checkOrder(ctx: Ctx): void {
    for (const held of ctx.task.held) {
      if (lockRank[held.class] < lockRank[lockClass]) continue
      throw new LockError('ELOCKORDER', `${ctx.task.name} asks for ${name} while it holds ${held.name}`)
    }
  }

  const lock: Lock<Class> = {
    class: lockClass,
    name,
    get locked() {
      return owner !== undefined
    },
    acquire(ctx) {
      if (ctx.task.section !== undefined) {
        throw new LockError('ELOCKSLEEP', `${ctx.task.name} asks for ${name} inside an epoch section`)
      }
      checkOrder(ctx)
      if (owner === undefined) return grant(ctx)
      return new Promise(resolve => waiters.push({ ctx, grant: resolve }))
    },
    tryAcquire(ctx) {
      checkOrder(ctx)
      return owner === undefined ? grant(ctx) : undefined
    },
  }
  return lock
}
