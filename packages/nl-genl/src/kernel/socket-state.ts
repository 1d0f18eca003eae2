/** State that a family keeps for each socket that talks to it. */
export interface SocketState<T> {
  /** The state of the socket that a request came from; made at its first request. */
  of(request: { readonly signal: AbortSignal }): T
}

/** How the state of a socket is made and given up. */
export interface SocketStateParts<T> {
  create(): T
  /** Runs once: when the socket is closed, or when the family is taken back. */
  destroy?(state: T): void
}

/** {@link SocketState}, as its kernel keeps it. */
export interface KeptSocketState<T> extends SocketState<T> {
  /** Gives up the state of every socket. */
  clear(): void
}

/** Keeps state by socket. A socket is known by the signal of its requests, which it shares with nobody. */
export function createSocketState<T>({ create, destroy }: SocketStateParts<T>): KeptSocketState<T> {
  const states = new Map<AbortSignal, T>()

  function giveUp(signal: AbortSignal): void {
    const state = states.get(signal)
    if (!states.delete(signal)) return
    destroy?.(state as T)
  }

  return {
    of({ signal }) {
      const found = states.get(signal)
      if (found !== undefined) return found
      const made = create()
      states.set(signal, made)
      signal.addEventListener('abort', () => giveUp(signal), { once: true })
      return made
    },
    clear() {
      for (const signal of [...states.keys()]) giveUp(signal)
    },
  }
}
