import { NETLINK_GENERIC, NLMSG_HDRLEN } from '../../constants.ts'
import type { Abi } from '../../model/abi.ts'
import { type AttributeTree, decodeTree, type TreeAttribute } from '../../wire/tree.ts'
import { type Plain, toPlain } from '../plain.ts'
import type { RecordedMessage } from './exchanges.ts'

/** Schemas of requests (each a `Body`), where they are known; the rest is compared as a tree of attributes. */
export type BodyOfType = (
  protocol: number,
  type: number,
) => { decode(bytes: Uint8Array, abi: Abi): unknown } | undefined

/**
 * What a request says, whatever its sequence number, port, order of attributes, padding and flag bits of attributes: two
 * requests with the same text ask for the same.
 */
export function likenessOf(message: RecordedMessage, protocol: number, abi: Abi, bodyOf: BodyOfType): string {
  const { type, flags, bytes } = message
  const body = bytes.subarray(NLMSG_HDRLEN)
  return JSON.stringify([protocol, type, flags, saying(body, protocol, type, abi, bodyOf)])
}

function saying(body: Uint8Array, protocol: number, type: number, abi: Abi, bodyOf: BodyOfType): Plain {
  const schema = bodyOf(protocol, type)
  if (schema !== undefined) {
    try {
      return sorted(toPlain(schema.decode(body.slice(), abi)))
    } catch {
      // Not what the schema says: compared as it stands.
    }
  }
  return sorted(toPlain(plainTree(treeOf(body, protocol, abi))))
}

/** Objects with their properties in one order. */
function sorted(value: Plain): Plain {
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  )
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}

/** Fixed headers that occur: genlmsghdr; ifaddrmsg, nhmsg; rtmsg, ndmsg, fib_rule_hdr; ifinfomsg. */
const headerSizes = [4, 8, 12, 16]

/** The tree under the first header length that leaves nothing but attributes: which one it is matters little here. */
function treeOf(body: Uint8Array, protocol: number, abi: Abi): AttributeTree {
  const sizes = protocol === NETLINK_GENERIC ? [4] : headerSizes
  const trees = sizes.map(size => decodeTree(body, size, abi))
  return (
    trees.find(({ rest, attributes }) => rest.length === 0 && attributes.length > 0) ??
    decodeTree(body, body.length, abi)
  )
}

function plainTree({ header, attributes, rest }: AttributeTree): unknown {
  return { header, attributes: attributes.map(plainAttribute).sort(inOrder), rest }
}

function plainAttribute({ type, content }: TreeAttribute): readonly [number, unknown] {
  return [type, content instanceof Uint8Array ? content : content.map(plainAttribute).sort(inOrder)]
}

function inOrder([a]: readonly [number, unknown], [b]: readonly [number, unknown]): number {
  return a - b
}
