import type { Abi } from '@nltool/nl-core/model'
import type { AttributeSetSpec, BodyCodec, StructSpec } from '@nltool/nl-core/wire'
import { addrBody } from './addr/schema.ts'
import { linkBody } from './link/schema.ts'
import { type RtnlType, rtnlTypes } from './messages.ts'
import { neighBody } from './neigh/schema.ts'
import { nexthopBody } from './nexthop/schema.ts'
import { routeBody } from './route/schema.ts'
import { ruleBody } from './rule/schema.ts'

/** A schema of some message, for those who decode whatever comes: values are what its `decode` gave. */
export interface AnyBody {
  readonly name: string
  readonly header: StructSpec
  readonly attrs: AttributeSetSpec
  codec(abi: Abi): BodyCodec<unknown>
  decode(bytes: Uint8Array, abi: Abi): unknown
  encode(value: unknown, abi: Abi): Uint8Array
}

/** Schemas by object: what the four message types of an object share. */
const bodies: { readonly [object: string]: AnyBody } = {
  LINK: linkBody,
  LINKPROP: linkBody,
  ADDR: addrBody,
  ROUTE: routeBody,
  NEIGH: neighBody,
  RULE: ruleBody,
  NEXTHOP: nexthopBody,
}

const bodyOfType = new Map<number, AnyBody>(
  (Object.keys(rtnlTypes) as RtnlType[]).flatMap(name => {
    const found = bodies[name.replace(/^RTM_(NEW|DEL|GET|SET)/, '')]
    return found === undefined ? [] : [[rtnlTypes[name], found]]
  }),
)

/** The schema of a message type of NETLINK_ROUTE, or `undefined` where this library has none: for decoders and monitors. */
export function routeBodyOf(type: number): AnyBody | undefined {
  return bodyOfType.get(type)
}
