import { NLMSG_HDRLEN, NLMSG_OVERRUN } from '../../constants.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import { platformNow } from '../platform.ts'
import { isPromise } from '../sender.ts'
import type { Host, Received, Transport } from '../transport.ts'
import { type CaptureRecord, capturePacket, captureStart } from './pcapng.ts'

/** Takes the bytes of a capture file, in order. They are not used again. */
export type CaptureSink = (bytes: Uint8Array) => void

/** Options of {@link record}. */
export interface RecordOptions {
  /** NETLINK_* of a transport that was opened by somebody else. Default 0: NETLINK_ROUTE. */
  readonly protocol?: number
  /** Milliseconds since the Unix epoch. Default: the platform's clock. */
  readonly now?: () => number
}

/** Writes a capture file: its start at once, then a packet for each record. */
export function captureWriter(sink: CaptureSink, abi: Abi): (record: CaptureRecord) => void {
  sink(captureStart(abi))
  return record => sink(capturePacket(record))
}

/**
 * Lets everything through and writes both directions down as pcapng with link type 253, which Wireshark opens. A host's
 * sockets go to one file. An overrun is noted as a received NLMSG_OVERRUN.
 */
export function record(target: Host, sink: CaptureSink, options?: RecordOptions): Host
export function record(target: Transport, sink: CaptureSink, options?: RecordOptions): Transport
export function record(target: Host | Transport, sink: CaptureSink, options: RecordOptions = {}): Host | Transport {
  const { protocol = 0, now = platformNow() } = options
  const write = captureWriter(sink, target.abi)
  const note =
    (number: number): Note =>
    (direction, bytes) =>
      write({ time: now(), direction, protocol: number, bytes })
  if (!('open' in target)) return recorded(target, note(protocol))
  return {
    abi: target.abi,
    open: async opened => recorded(await target.open(opened), note(opened)),
  }
}

type Note = (direction: CaptureRecord['direction'], bytes: Uint8Array) => void

function recorded(transport: Transport, note: Note): Transport {
  function received(got: Received): Received {
    note('received', got.bytes)
    return got
  }
  function failed(error: unknown): never {
    if (error instanceof SocketError && error.code === 'ENOBUFS') note('received', overrunMessage())
    throw error
  }
  return {
    abi: transport.abi,
    get portid() {
      return transport.portid
    },
    send(bytes) {
      note('sent', bytes)
      return transport.send(bytes)
    },
    recv(options) {
      try {
        const got = transport.recv(options)
        return isPromise(got) ? got.then(received, failed) : received(got)
      } catch (error) {
        return failed(error)
      }
    },
    join: group => transport.join(group),
    leave: group => transport.leave(group),
    setOption: (name, value) => transport.setOption(name, value),
    close: () => transport.close(),
  }
}

function overrunMessage(): Uint8Array {
  const bytes = new Uint8Array(NLMSG_HDRLEN)
  bytes[0] = NLMSG_HDRLEN
  bytes[4] = NLMSG_OVERRUN
  return bytes
}
