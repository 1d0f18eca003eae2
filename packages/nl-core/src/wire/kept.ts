import type { Abi } from '../model/abi.ts'

/** What a decoded object does not say about the bytes that it was decoded from. */
export interface Kept {
  readonly abi: Abi
  /** The bytes, in an array of their own. */
  readonly bytes: Uint8Array
}

/** Hands out the object that a derived class then adds its private field to. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a private field can only be added to an object this way
    return object
  }
}

/**
 * Attaches bytes to an object where nobody sees them: not JSON, not spreading, not comparison, not `console.log`.
 * A private field added to a plain object costs nothing where there is none, unlike a WeakMap or a symbol in each.
 */
class Keeper extends Given {
  #kept: Kept
  constructor(object: object, kept: Kept) {
    super(object)
    this.#kept = kept
  }
  static get(object: object): Kept | undefined {
    return #kept in object ? object.#kept : undefined
  }
  /** A header that is cut short is kept twice: as it was extended, then as it stood. The latter counts. */
  static set(object: object, kept: Kept): void {
    if (#kept in object) object.#kept = kept
    else new Keeper(object, kept)
  }
}

/** Remembers the bytes of an object that differ from what encoding it would give. */
export function keep(object: object, kept: Kept): void {
  Keeper.set(object, kept)
}

/** What was kept with an object, if anything. */
export function keptOf(object: object): Kept | undefined {
  return Keeper.get(object)
}
