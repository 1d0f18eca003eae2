import type { Abi } from '../../model/abi.ts'
import type { VnetId } from '../../model/ids.ts'
import type { Cancel } from '../../model/time.ts'
import type { Chunk } from '../socket/receive-buffer.ts'
import type { Datagram } from '../socket/send-buffer.ts'
import type { Sock } from '../socket/sock.ts'

/** One datagram as it passes between a program and the kernel, as nlmon(4) of Linux shows it. */
export interface TappedDatagram {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  /** As the program sees it: sent to the kernel, or queued for it to receive. */
  readonly direction: 'sent' | 'received'
  /** NETLINK_*. */
  readonly protocol: number
  readonly abi: Abi
  readonly vnet: VnetId
  /** Process and port of the socket. */
  readonly pid: number
  readonly portid: number
  /** Group of a multicast, numbered by the ABI; 0 for unicast. */
  readonly group: number
  /** Whole messages. They stay as they are, and must not be written to. */
  readonly bytes: Uint8Array
}

/** Sees every datagram. */
export type Tap = (datagram: TappedDatagram) => void

/** The taps of a kernel. */
export interface Taps {
  /** Whether anybody looks: asked first, so that a kernel without taps pays nothing. */
  readonly active: boolean
  add(tap: Tap): Cancel
  sent(sock: Sock, datagram: Datagram): void
  received(sock: Sock, chunk: Chunk): void
}

/** Makes an empty set of taps. What a tap throws goes to `onDefect` and stops nobody. */
export function createTaps(now: () => number, onDefect: (defect: unknown, where: string) => void): Taps {
  const taps = new Set<Tap>()

  function show(sock: Sock, direction: 'sent' | 'received', group: number, bytes: Uint8Array): void {
    const { protocol, rules, vnet, pid, port } = sock
    const shown = { time: now(), direction, protocol, abi: rules.abi, vnet, pid, portid: port, group, bytes }
    for (const tap of taps) {
      try {
        tap(shown)
      } catch (error) {
        onDefect(error, 'a tap')
      }
    }
  }

  return {
    get active() {
      return taps.size > 0
    },
    add(tap) {
      const own: Tap = datagram => tap(datagram) // of this call alone, though the function be added twice
      taps.add(own)
      return () => void taps.delete(own)
    },
    sent: (sock, { frame, start, end }) => show(sock, 'sent', 0, frame.bytes.subarray(start, end)),
    received: (sock, { bytes, start, end, group }) => show(sock, 'received', group, bytes.subarray(start, end)),
  }
}
