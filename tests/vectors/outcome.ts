import { NLMSG_DONE, NLMSG_ERROR } from '@nltool/nl-core'
import { errnoName } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import { splitMessages } from '@nltool/nl-core/testing'
import { rtnlTypeName } from '@nltool/nl-route'
import type { VectorProtocol } from './load.ts'

function errorText(payload: Uint8Array, abi: Abi): string {
  const number = new DataView(payload.buffer, payload.byteOffset).getInt32(0, true)
  return number === 0 ? '' : (errnoName(abi === 'linux' ? -number : number, abi) ?? String(number))
}

/**
 * What became of a request, in words: the kinds of the answers in their order, runs of one kind named once. `ACK` is an
 * NLMSG_ERROR with error 0, an errno name one with that error; `end` is an NLMSG_DONE.
 */
export function outcomeOf(protocol: VectorProtocol, datagrams: readonly Uint8Array[], abi: Abi = 'linux'): string {
  const kinds: string[] = []
  for (const { type, payload } of datagrams.flatMap(datagram => splitMessages(datagram))) {
    const kind = kindOf(protocol, type, payload, abi)
    if (kinds.at(-1) !== kind) kinds.push(kind)
  }
  return kinds.join(', ') || 'nothing'
}

function kindOf(protocol: VectorProtocol, type: number, payload: Uint8Array, abi: Abi): string {
  if (type === NLMSG_ERROR) return errorText(payload, abi) || 'ACK'
  if (type === NLMSG_DONE) return `end ${errorText(payload, abi)}`.trim()
  return protocol === 'rtnetlink' ? (rtnlTypeName(type) ?? `type ${type}`) : `family ${type}`
}
