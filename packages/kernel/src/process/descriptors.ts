import { SocketError } from '@nltool/nl-core/errno'

/** What stands behind one or more descriptors; closed with the last of them. */
export interface OpenFile<T> {
  readonly object: T
  /** Descriptors that refer to it. */
  references: number
}

/** One descriptor. */
export interface Descriptor<T> {
  readonly file: OpenFile<T>
  /** FD_CLOEXEC: of the descriptor, not of what it refers to. */
  cloexec: boolean
}

/** The descriptors of one process: small numbers, the lowest free one first (open(2)). */
export interface DescriptorTable<T> {
  /** Makes a descriptor for the object that `make` returns; it is made only if there is room. @throws SocketError EMFILE */
  open(make: () => T, flags: { readonly cloexec: boolean }): number
  /** @throws SocketError EBADF */
  get(fd: number): Descriptor<T>
  /** As `get`, without a complaint. */
  peek(fd: number): Descriptor<T> | undefined
  /** Another descriptor of the same file, at least `lowest` (dup(2), fcntl(2) F_DUPFD). @throws SocketError EBADF, EINVAL, EMFILE */
  duplicate(fd: number, options?: { readonly lowest?: number; readonly cloexec?: boolean }): number
  /** Frees a descriptor. Returns the object if that was the last one that referred to it. @throws SocketError EBADF */
  close(fd: number): T | undefined
  /** Open descriptors in ascending order. */
  list(): number[]
}

/** Makes an empty table. Numbers start at `first`: 0 to 2 are the standard streams, which a process here has not. */
export function createDescriptors<T>({
  max,
  first = 3,
}: {
  readonly max: number
  readonly first?: number
}): DescriptorTable<T> {
  const slots: (Descriptor<T> | undefined)[] = []
  let full = first // no number from `first` to here is free

  function lowestFree(from: number): number {
    let fd = Math.max(from, full)
    while (slots[fd] !== undefined) fd += 1
    if (from <= full) full = fd
    if (fd >= max) throw new SocketError('EMFILE', `the process has ${max} descriptors open`)
    return fd
  }

  function get(fd: number): Descriptor<T> {
    const found = slots[fd]
    if (found === undefined) throw new SocketError('EBADF', `descriptor ${fd} is not open`)
    return found
  }

  return {
    get,
    peek: fd => slots[fd],
    open(make, { cloexec }) {
      const fd = lowestFree(first)
      slots[fd] = { file: { object: make(), references: 1 }, cloexec }
      return fd
    },
    duplicate(fd, { lowest = first, cloexec = false } = {}) {
      const { file } = get(fd)
      if (lowest < 0 || lowest >= max) throw new SocketError('EINVAL', `descriptor ${lowest} is out of range`)
      const copy = lowestFree(lowest)
      slots[copy] = { file, cloexec }
      file.references += 1
      return copy
    },
    close(fd) {
      const { file } = get(fd)
      slots[fd] = undefined
      if (fd < full) full = fd
      file.references -= 1
      return file.references === 0 ? file.object : undefined
    },
    list: () => slots.flatMap((slot, fd) => (slot === undefined ? [] : [fd])),
  }
}
