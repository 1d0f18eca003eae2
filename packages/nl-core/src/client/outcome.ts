import { NLMSG_DONE, NLMSG_HDRLEN } from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import { type ErrorLayout, type ExtAck, errorLayout, extAckBody, nlmsgerr } from '../wire/control.ts'
import { i32At } from './bytes.ts'
import type { Incoming } from './incoming.ts'

const errorLength = 4

/** What NLMSG_ERROR or NLMSG_DONE says about a request. */
export interface Outcome {
  /** errno in the numbering of the transport's ABI, made positive; 0 for success. */
  readonly errno: number
  /** The request as the kernel quotes it, with its header; `undefined` if it quotes only the header, or nothing. */
  readonly quoted: Uint8Array | undefined
  readonly extAck: ExtAck
}

/** What a bare acknowledgement says. */
export const plainAck: Outcome = { errno: 0, quoted: undefined, extAck: {} }

/** The errno of NLMSG_ERROR or NLMSG_DONE, positive: FreeBSD sends it so, Linux negative. A message without one says 0. */
function errnoOf({ datagram, start, end }: Incoming): number {
  return end - start < errorLength ? 0 : Math.abs(i32At(datagram, start))
}

/** Whether NLMSG_ERROR is a bare acknowledgement: success, and nothing behind the quoted header. */
export function isPlainAck(message: Incoming): boolean {
  return message.end - message.start <= nlmsgerr.size && errnoOf(message) === 0
}

/** Reads NLMSG_ERROR or NLMSG_DONE whole. What makes no sense behind the errno is left out. */
export function outcomeOf(message: Incoming, abi: Abi): Outcome {
  const errno = errnoOf(message)
  if (message.type === NLMSG_DONE) {
    return { errno, quoted: undefined, extAck: extAckOf(message, message.start + errorLength, abi) }
  }
  const layout = layoutOf(message)
  if (layout === undefined) return { errno, quoted: undefined, extAck: {} }
  const { request, requestEnd } = layout
  const quoted = requestEnd - request > NLMSG_HDRLEN ? message.datagram.slice(request, requestEnd) : undefined
  return { errno, quoted, extAck: extAckOf(message, layout.attrs, abi) }
}

function layoutOf(message: Incoming): ErrorLayout | undefined {
  try {
    return errorLayout(message.frame(), message)
  } catch {
    return undefined
  }
}

function extAckOf(message: Incoming, start: number, abi: Abi): ExtAck {
  if (start >= message.end) return {}
  try {
    return extAckBody.codec(abi).decode(message.frame(), start, message.end).attrs
  } catch {
    return {}
  }
}
