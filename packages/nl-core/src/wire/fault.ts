import { WireError } from '../errno/errors.ts'
import type { Errno } from '../errno/table.ts'

/** Names of the attributes around a value, innermost first. Built without cost until something is wrong. */
export interface Path {
  readonly name: string
  readonly parent: Path | undefined
}

/** The names, outermost first. */
function names(path: Path | undefined): string[] {
  const list: string[] = []
  for (let at = path; at !== undefined; at = at.parent) list.unshift(at.name)
  return list
}

/** What a FreeBSD kernel says about a fault. */
export interface KernelSays {
  readonly code?: Errno
  readonly text?: string
}

/** Throws the error for bytes, or a value, that a schema cannot express. */
export function refuse(what: string, offset: number, path: Path | undefined, kernel: KernelSays = {}): never {
  throw new WireError(what, {
    offset,
    path: names(path),
    ...(kernel.code !== undefined && { code: kernel.code }),
    ...(kernel.text !== undefined && { kernelText: kernel.text }),
  })
}
