import { IpAddress } from '@nltool/nl-core/model'
import type { AbiHooks } from '@nltool/nl-core/wire'
import { AF_INET, AF_INET6, linuxRT_TABLE, RT_SCOPE, RT_TABLE, RTF, RTN, RTPROT } from './constants.ts'
import type { Leg, RouteBody } from './schema.ts'

/** What a Linux program means by an `rtmsg` and RTA_*, and what it expects to read. */
export const routeHooks: AbiHooks<RouteBody> = {
  fromAbi({ header, attrs }) {
    const table = attrs.table ?? header.table
    return {
      header: { ...header, table: 0 },
      attrs: {
        ...attrs,
        table: table === linuxRT_TABLE.RT_TABLE_UNSPEC ? undefined : fibOf(table),
        dst: attrs.dst ?? defaultPrefix(header.family, header.dstLen),
        rtflags: isStatic(header.protocol) ? RTF.RTF_STATIC : undefined,
        multipath: attrs.multipath?.map(leg => withHops(leg, Math.min(leg.header.hops + 1, 255))),
      },
    }
  },
  toAbi({ header, attrs, linux }) {
    const table = tableOf(attrs.table)
    const isDefault = header.dstLen === 0
    return {
      header: {
        ...header,
        table: table === undefined ? 0 : table < 256 ? table : linuxRT_TABLE.RT_TABLE_COMPAT,
        scope: scopeOf(linux?.type ?? header.type, header.scope, attrs),
        type: linux?.type ?? header.type,
      },
      attrs: {
        ...attrs,
        table,
        dst: isDefault ? undefined : attrs.dst,
        priority: attrs.priority ?? (linux === undefined || linux.priority === 0 ? undefined : linux.priority),
        expires: undefined, // absolute seconds here, relative ones there
        multipath: attrs.multipath?.map(leg => withHops(leg, Math.max(leg.header.hops, 1) - 1)),
      },
    }
  },
}

/** Linux's main, default and local tables are all fib 0; any other number is itself. */
function fibOf(table: number): number {
  const special = table >= linuxRT_TABLE.RT_TABLE_DEFAULT && table <= linuxRT_TABLE.RT_TABLE_LOCAL
  return special ? RT_TABLE.RT_TABLE_MAIN : table
}

/** The inverse; `undefined` for "all tables", which Linux says by leaving the attribute out. */
function tableOf(fib: number | undefined): number | undefined {
  if (fib === RT_TABLE.RT_TABLE_UNSPEC) return undefined
  return fib === undefined || fib === RT_TABLE.RT_TABLE_MAIN ? linuxRT_TABLE.RT_TABLE_MAIN : fib
}

function defaultPrefix(family: number, dstLen: number): IpAddress | undefined {
  if (dstLen !== 0) return undefined
  if (family === AF_INET) return IpAddress.unspecified('inet')
  return family === AF_INET6 ? IpAddress.unspecified('inet6') : undefined
}

/** Routes of ip(8) and of administrators survive the interface's going down, as those of route(8) do. */
function isStatic(protocol: number): boolean {
  return protocol === RTPROT.RTPROT_STATIC || protocol === RTPROT.RTPROT_BOOT
}

function withHops({ header, attrs }: Leg, hops: number): Leg {
  return { header: { ...header, hops }, attrs }
}

/** iproute2 prints `scope link` for what is on the link, and expects `host` for what is local. */
function scopeOf(type: number, scope: number, attrs: RouteBody['attrs']): number {
  if (type === RTN.RTN_LOCAL) return RT_SCOPE.RT_SCOPE_HOST
  const direct = attrs.gateway === undefined && attrs.via === undefined && attrs.multipath === undefined
  return direct && type === RTN.RTN_UNICAST ? RT_SCOPE.RT_SCOPE_LINK : scope
}
