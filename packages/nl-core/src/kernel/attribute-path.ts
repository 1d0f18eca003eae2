import { align4, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from '../constants.ts'
import { valueIn } from '../wire/attributes.ts'
import type { AttributeSetSpec, ValueSpec } from '../wire/schema.ts'
import type { RequestRecord } from './request.ts'

/**
 * Where an attribute stands in a request, bytes from the `nlmsghdr`, by the names that its schema gives: `['RTA_OIF']`,
 * or outermost first for one inside nests. The last of several counts, as in parsing. `undefined` if it is not there:
 * the handler then complains of something that the request does not have.
 */
export function offsetOfPath(request: RequestRecord, path: readonly string[]): number | undefined {
  const { frame, start, end, schema, abi } = request
  if (schema === undefined) return undefined
  let set: AttributeSetSpec | undefined = schema.attrs
  let from = start + NLMSG_HDRLEN + align4(schema.header.size)
  let to = end
  let found: number | undefined
  for (const name of path) {
    const attribute = set?.attributes.find(row => row.name === name)
    const number = attribute?.number[abi]
    const at = number === undefined ? undefined : findLast(frame.view, from, to, number)
    if (attribute === undefined || at === undefined) return found
    found = at - start
    set = setInside(valueIn(attribute, abi))
    from = at + NLA_HDRLEN
    to = at + frame.view.getUint16(at, true)
  }
  return found
}

function findLast(view: DataView, from: number, to: number, number: number): number | undefined {
  let found: number | undefined
  for (let at = from; at + NLA_HDRLEN <= to; ) {
    const length = view.getUint16(at, true)
    if (length < NLA_HDRLEN) break
    if ((view.getUint16(at + 2, true) & NLA_TYPE_MASK) === number) found = at
    at += align4(length)
  }
  return found
}

function setInside(value: ValueSpec): AttributeSetSpec | undefined {
  return value.kind === 'nested' ? value.set() : undefined
}
