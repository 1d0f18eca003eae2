import type { Awaitable } from '../model/time.ts'
import { isPromise } from './sender.ts'
import type { Received, Transport } from './transport.ts'

/** What a receiver asks and tells its connection. */
export interface ReceiverHooks {
  /** Whether anybody waits for a message. */
  wanted(): boolean
  take(received: Received): void
  /** `recv` failed. Returns whether it is worth another try. */
  failed(error: unknown): boolean
}

/** The one loop that receives for a connection. */
export interface Receiver {
  /** Receives until nobody waits any more. Does nothing while it is at it already. */
  run(): void
}

/** Parts taken in a row without giving other tasks a turn. */
const partsPerTurn = 256
/** Failures in a row before the transport is given time to recover. */
const failuresPerTurn = 32

/**
 * Makes the receiving side of a connection. It is synchronous as long as the transport is, and leaves at most one
 * `recv` parked; a parked one stays when interest ends, for taking it back could lose what has just arrived.
 */
export function createReceiver(
  transport: Transport,
  hooks: ReceiverHooks,
  breathe: (step: () => void) => void,
): Receiver {
  let busy = false // in the loop, parked, or about to go on
  let failures = 0 // since the last part

  /** `undefined` after a failure that is worth another try, `null` after one that is not. */
  function receive(): Awaitable<Received> | undefined | null {
    try {
      return transport.recv()
    } catch (error) {
      return hooks.failed(error) ? undefined : null
    }
  }

  function loop(): void {
    busy = true
    for (let parts = 0; hooks.wanted(); parts++) {
      if (parts === partsPerTurn || failures >= failuresPerTurn) {
        failures = 0
        breathe(loop)
        return
      }
      const got = receive()
      if (got === null) break
      if (got === undefined) failures++
      else if (isPromise(got)) {
        void got.then(onReceived, onFailed)
        return
      } else take(got)
    }
    busy = false
  }

  function take(received: Received): void {
    failures = 0
    hooks.take(received)
  }

  function onReceived(received: Received): void {
    take(received)
    loop()
  }

  function onFailed(error: unknown): void {
    failures++
    if (hooks.failed(error)) loop()
    else busy = false
  }

  return {
    run() {
      if (!busy) loop()
    },
  }
}
