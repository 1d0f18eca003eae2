import { NetlinkError } from '../errno/errors.ts'
import type { Protocol } from './protocol.ts'
import type { Sock } from './socket/sock.ts'

/** A registered protocol and what keeps it in use. */
export interface ProtocolEntry {
  readonly protocol: Protocol
  /** Handlers that wait for something. */
  running: number
  /** Sockets with a dump in progress. */
  readonly dumping: Set<Sock>
  /** Told when the last user has gone, once the protocol has been taken back. */
  unused: (() => void) | undefined
}

/** The protocols of a kernel. */
export interface ProtocolTable {
  find(number: number): ProtocolEntry | undefined
  register(protocol: Protocol): void
  /** Takes a protocol out of the table. */
  remove(number: number): ProtocolEntry | undefined
}

/** Linux's MAX_LINKS; FreeBSD's table is shorter, which socket(2) checks. */
export const protocolsMax = 32

/** Makes an empty table. */
export function createProtocolTable(): ProtocolTable {
  const entries: (ProtocolEntry | undefined)[] = []
  return {
    find: number => entries[number],
    register(protocol) {
      const { number, name } = protocol
      if (!Number.isInteger(number) || number < 0 || number >= protocolsMax) {
        throw new NetlinkError('EINVAL', `protocol number ${number} of ${name} is not in 0..${protocolsMax - 1}`)
      }
      const other = entries[number]
      if (other !== undefined) {
        throw new NetlinkError('EEXIST', `protocol ${number} is ${other.protocol.name} already, not ${name}`)
      }
      entries[number] = { protocol, running: 0, dumping: new Set(), unused: undefined }
    },
    remove(number) {
      const entry = entries[number]
      entries[number] = undefined
      return entry
    },
  }
}

/** Tells whoever waits for it that nothing uses a protocol any more. */
export function checkUnused(entry: ProtocolEntry): void {
  if (entry.running > 0 || entry.dumping.size > 0) return
  entry.unused?.()
}
