import type { Awaitable } from '../model/time.ts'
import { isPromise } from './sender.ts'
import type { Transport } from './transport.ts'

/** The multicast groups of a connection, each joined as long as one subscription wants it. */
export interface Memberships {
  /** @throws SocketError EINVAL, ERANGE, EPERM; then none of the groups counts as wanted */
  join(groups: readonly number[]): Awaitable<void>
  leave(groups: readonly number[]): Awaitable<void>
}

/** Makes the memberships of a transport. */
export function createMemberships(transport: Transport): Memberships {
  const wanted = new Map<number, number>() // group to how many want it

  function change(group: number, by: 1 | -1): number {
    const count = (wanted.get(group) ?? 0) + by
    if (count === 0) wanted.delete(group)
    else wanted.set(group, count)
    return count
  }

  return {
    join(groups) {
      // All calls are made before the first is waited for: what is sent after this call is sent by a member.
      const waits = groups.map(group => (change(group, 1) === 1 ? attempt(() => transport.join(group)) : undefined))
      return all(waits)
    },
    leave(groups) {
      return all(groups.map(group => (change(group, -1) === 0 ? attempt(() => transport.leave(group)) : undefined)))
    },
  }
}

function attempt(call: () => Awaitable<void>): Awaitable<void> {
  try {
    return call()
  } catch (error) {
    return Promise.reject(error)
  }
}

function all(waits: readonly Awaitable<void>[]): Awaitable<void> {
  return waits.some(isPromise) ? Promise.all(waits).then(() => undefined) : undefined
}
