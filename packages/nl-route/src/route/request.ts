import type { Section } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { IpAddress } from '@nltool/nl-core/model'
import { checkFamily } from '../net/family.ts'
import type { RouteNet } from '../net/net.ts'
import { type Egress, egressOver, egressTo, interfaceOf } from '../net/resolve.ts'
import { embedScope } from '../net/scope.ts'
import type { NexthopSpec } from '../rib/nexthop.ts'
import type { PathRequest, RouteKey } from '../rib/types.ts'
import { AF_INET, AF_INET6, RTF, RTN, RTPROT } from './constants.ts'
import type { Leg, RouteBody } from './schema.ts'

/** RTF_* that a request may set; BROADCAST only for a single path (FreeBSD rt.c). */
const settableFlags = RTF.RTF_STATIC | RTF.RTF_PROTO1 | RTF.RTF_PROTO2 | RTF.RTF_PROTO3

const rejectTypes: readonly number[] = [RTN.RTN_UNREACHABLE, RTN.RTN_PROHIBIT]

/** RTA_OIF in the words of parse errors. */
const oifAttr = { name: 'RTA_OIF', type: 4 }

/** The route that a request is about. @throws NetlinkError as {@link checkFamily}, EINVAL for a bad prefix or fib */
export function keyOf(net: RouteNet, { header, attrs }: RouteBody, dst: IpAddress, table: number): RouteKey {
  checkFamily(header.family)
  if (table >= net.rib.fibs) throw new NetlinkError('EINVAL', 'invalid fib', { attr: 'RTA_TABLE' })
  if ((dst.size === 4) !== (header.family === AF_INET)) {
    throw new NetlinkError('EINVAL', `RTA_DST ${dst} is not of family ${header.family}`, { attr: 'RTA_DST' })
  }
  if (header.dstLen > dst.bits) {
    throw new NetlinkError('EINVAL', `rtm_dst_len ${header.dstLen} is greater than ${dst.bits}`)
  }
  const scoped = header.dstLen >= 32 ? embedScope(dst, attrs.oif ?? 0) : dst
  return { fib: table, dst: scoped, prefixlen: header.dstLen }
}

/** Where paths are looked for, and for which destination. */
export interface Where {
  readonly net: RouteNet
  readonly section: Section
  readonly dst: IpAddress
  readonly fib: number
}

/**
 * The paths that a request asks for, with interface and source address found (FreeBSD rt.c, create_nexthop_from_attrs).
 * @throws NetlinkError as section 4.4 of the behaviour specification orders it
 */
export function pathsOf(where: Where, body: RouteBody): PathRequest[] {
  const { attrs } = body
  if (attrs.nhid !== undefined) throw new NetlinkError('ESRCH', undefined, { attr: 'RTA_NH_ID' })
  if (attrs.multipath !== undefined) return legsOf(where, body, attrs.multipath)
  const nexthop = isReject(body.header.type) ? rejectOf(where, body) : singleOf(where, body)
  return [{ nexthop, weight: Math.max(attrs.weight ?? 1, 1) }]
}

/** Whether packets to it go nowhere: such a path stands on lo0, whichever interface scopes its destination. */
export function isReject(type: number): boolean {
  return type === RTN.RTN_BLACKHOLE || rejectTypes.includes(type)
}

function legsOf(where: Where, body: RouteBody, legs: readonly Leg[]): PathRequest[] {
  return legs.map(({ header, attrs }, index) => {
    const gateway = attrs.gateway ?? attrs.via
    if (gateway === undefined) {
      throw new NetlinkError('EINVAL', `RTA_MULTIPATH: nexthop ${index} has no gateway`, {
        attr: `RTA_MULTIPATH[${index}]`,
      })
    }
    const egress = egressOf(where, gateway, header.ifindex)
    const { dst } = where
    return { nexthop: specOf(body, egress, { gateway, dst, flags: 0, mtu: 0 }), weight: Math.max(header.hops, 1) }
  })
}

function singleOf(where: Where, body: RouteBody): NexthopSpec {
  const { attrs } = body
  const gateway = attrs.gateway ?? attrs.via
  const egress = egressOf(where, gateway, attrs.oif ?? 0)
  const flags = (attrs.rtflags ?? 0) & RTF.RTF_BROADCAST
  return specOf(body, egress, { gateway, dst: where.dst, flags, mtu: attrs.metrics?.mtu ?? 0 })
}

/** Packets that go nowhere have their source on lo0; a gateway is dropped. */
function rejectOf({ net, section, dst }: Where, body: RouteBody): NexthopSpec {
  const loopback = net.loopback(section)
  if (loopback === undefined) throw new NetlinkError('EINVAL', 'there is no loopback interface for a reject route')
  const egress = egressOver(loopback, dst, undefined)
  const flags = body.header.type === RTN.RTN_BLACKHOLE ? RTF.RTF_BLACKHOLE : RTF.RTF_REJECT
  return specOf(body, egress, { gateway: undefined, dst, flags, mtu: body.attrs.metrics?.mtu ?? 0 })
}

function egressOf({ net, section, dst, fib }: Where, gateway: IpAddress | undefined, oif: number): Egress {
  if (gateway !== undefined && gateway.size === 4 && dst.size === 16) {
    throw new NetlinkError('EINVAL', `gateway ${gateway} is not of the family of ${dst}`, { attr: 'RTA_GATEWAY' })
  }
  if (oif !== 0) return egressOver(interfaceOf(net, section, oif, oifAttr), dst, gateway)
  if (gateway === undefined) throw new NetlinkError('EINVAL', 'neither RTA_GATEWAY nor RTA_OIF is set')
  if (gateway.size === 16 && gateway.isLinkLocal) throw new NetlinkError('EINVAL', 'interface not set')
  return egressTo(net, section, gateway, fib)
}

interface SpecParts {
  readonly gateway: IpAddress | undefined
  readonly dst: IpAddress
  readonly flags: number
  readonly mtu: number
}

function specOf({ header, attrs }: RouteBody, { ifp, source }: Egress, parts: SpecParts): NexthopSpec {
  const { gateway, dst, mtu } = parts
  const wanted = parts.flags | ((attrs.rtflags ?? 0) & settableFlags)
  const flags = wanted | (gateway === undefined ? 0 : RTF.RTF_GATEWAY) | (mtu === 0 ? 0 : RTF.RTF_FIXEDMTU)
  return {
    family: dst.size === 4 ? AF_INET : AF_INET6,
    gateway: gateway === undefined ? undefined : embedScope(gateway, ifp.index),
    ifindex: ifp.index,
    aifindex: ifp.index,
    source: source.address,
    flags,
    mtu,
    origin: header.protocol > RTPROT.RTPROT_STATIC ? header.protocol : 0,
    expires: attrs.expires ?? 0,
    type: isReject(header.type) ? header.type : RTN.RTN_UNICAST,
    priority: attrs.priority ?? 0,
    nhid: 0,
  }
}
