/** What kind of defect an {@link IfnetDefect} reports. */
export type DefectKind =
  | 'invariant' // an operation in a state in which it is never legal
  | 'use-after-free' // an interface was used after its reclamation
  | 'stale-borrow' // what was borrowed in a section was used after the section had closed
  | 'section' // a section was closed twice, out of order, or by another task
  | 'section-leak' // a task ended inside a section
  | 'epoch-deadlock' // a task waits for a section of its own
  | 'reference' // a reference was released twice or used after its release
  | 'premature-free' // something was freed while it was still referenced
  | 'unloaded' // code of an unloaded cloner was called

/**
 * A defect of the program that uses the registry, never a condition to handle: the call that throws it is wrong. Errnos
 * that a user's request can cause are `NetlinkError`s instead.
 */
export class IfnetDefect extends Error {
  override readonly name: string = 'IfnetDefect'
  readonly kind: DefectKind
  constructor(kind: DefectKind, text: string, options?: ErrorOptions) {
    super(text, options)
    this.kind = kind
  }
}

/** An operation in a state in which it is never legal, e.g. a second detach. The text names interface and state. */
export class InvariantError extends IfnetDefect {
  override readonly name = 'InvariantError'
  constructor(text: string) {
    super('invariant', text)
  }
}

/** Who freed an interface, and when. */
export interface Tombstone {
  /** Text of the interface's IfId when it was freed. */
  readonly id: string
  readonly ifname: string
  /** Name of the task that called `free`. */
  readonly freedBy: string
  /** Uptime at `free` and at reclamation, milliseconds. */
  readonly freedAt: number
  readonly reclaimedAt: number
  /** Call stacks of allocation and `free`, where the registry was told to keep them. */
  readonly allocStack: string | undefined
  readonly freeStack: string | undefined
}

/** An interface was used after its reclamation. The text says who freed it and when. */
export class UseAfterFreeError extends IfnetDefect {
  override readonly name = 'UseAfterFreeError'
  readonly tombstone: Tombstone
  constructor(tombstone: Tombstone) {
    const { ifname, id, freedBy, freedAt, reclaimedAt, allocStack, freeStack } = tombstone
    const stacks = freeStack === undefined ? '' : `\nallocated${allocStack ?? ''}\nfreed${freeStack}`
    super(
      'use-after-free',
      `${ifname} (${id}) was freed by ${freedBy} at ${freedAt} ms and reclaimed at ${reclaimedAt} ms${stacks}`,
    )
    this.tombstone = tombstone
  }
}

/** What was borrowed in an epoch section was used after the section had closed. */
export class StaleBorrowError extends IfnetDefect {
  override readonly name = 'StaleBorrowError'
  constructor(ifname: string, task: string) {
    super(
      'stale-borrow',
      `${ifname} was borrowed in an epoch section of ${task} that has closed: keep an IfRef or an IfId`,
    )
  }
}

/** A section was closed twice, out of order, or by another task, or used after it had closed. */
export class SectionError extends IfnetDefect {
  override readonly name = 'SectionError'
  constructor(text: string) {
    super('section', text)
  }
}

/** A task ended inside an epoch section. */
export class LeakedSectionError extends IfnetDefect {
  override readonly name = 'LeakedSectionError'
  constructor(text: string) {
    super('section-leak', text)
  }
}

/** A task waits for the end of an epoch section that it has open itself. */
export class EpochDeadlockError extends IfnetDefect {
  override readonly name = 'EpochDeadlockError'
  constructor(text: string) {
    super('epoch-deadlock', text)
  }
}

/** A reference was released twice, used after its release, or would have been made from a count of zero. */
export class IfRefError extends IfnetDefect {
  override readonly name = 'IfRefError'
  constructor(text: string) {
    super('reference', text)
  }
}

/** Something was freed while it was still referenced. */
export class PrematureFreeError extends IfnetDefect {
  override readonly name = 'PrematureFreeError'
  constructor(text: string) {
    super('premature-free', text)
  }
}

/** Code of a cloner was called after the cloner had been unregistered. */
export class UnloadedModuleError extends IfnetDefect {
  override readonly name = 'UnloadedModuleError'
  constructor(cloner: string) {
    super('unloaded', `cloner ${cloner} is no longer registered`)
  }
}
