import type { Abi } from '@nltool/nl-core/model'
import { type AbiHooks, body, type Infer, struct } from '@nltool/nl-core/wire'
import { AF_LINK, AF_UNSPEC } from '../route/constants.ts'
import { arphrdOfIft, IFF, linkStats, linuxIFF } from './constants.ts'
import { type linkinfoAttrs, vethAttrs, vlanBody } from './linkinfo.ts'
import { nameFromLinux, nameToLinux } from './names.ts'
import type { Ifinfomsg, LinkAttrs, LinkBody } from './schema.ts'

type Linkinfo = Infer<typeof linkinfoAttrs>

/** Kinds that go by another name in Linux. FreeBSD's loopback is the nearest thing to a dummy. */
const kinds: readonly (readonly [linux: string, freebsd: string])[] = [
  ['veth', 'epair'],
  ['dummy', 'lo'],
]

/** What a Linux program means by an `ifinfomsg` and IFLA_*, and what it expects to read. */
export const linkHooks: AbiHooks<LinkBody> = {
  fromAbi: ({ header, attrs }) => ({
    header: headerFromLinux(header),
    attrs: attrsFromLinux(attrs, header.ifindex === 0),
  }),
  toAbi: ({ header, attrs }) => ({ header: headerToLinux(header), attrs: attrsToLinux(attrs) }),
}

/** FreeBSD's flags by their meaning in Linux. */
export function flagsFromLinux(flags: number): number {
  let mapped = flags & linuxIFF.common
  if ((flags & linuxIFF.IFF_MULTICAST) !== 0) mapped |= IFF.IFF_MULTICAST
  if ((flags & linuxIFF.IFF_LOWER_UP) !== 0) mapped |= IFF.IFF_LOWER_UP
  return mapped
}

/** The inverse of {@link flagsFromLinux}; what Linux has no flag for is not shown. */
export function flagsToLinux(flags: number): number {
  let mapped = flags & linuxIFF.common
  if ((flags & IFF.IFF_MULTICAST) !== 0) mapped |= linuxIFF.IFF_MULTICAST
  if ((flags & IFF.IFF_LOWER_UP) !== 0) mapped |= linuxIFF.IFF_LOWER_UP
  return mapped
}

function headerFromLinux(header: Ifinfomsg): Ifinfomsg {
  // Flags without a mask mean all of them.
  const change = header.change === 0 && header.flags !== 0 ? 0xffffffff : header.change
  return {
    ...header,
    family: header.family === AF_LINK ? AF_UNSPEC : header.family,
    type: arphrdOfIft.find(([, arphrd]) => arphrd === header.type)?.[0] ?? header.type,
    flags: flagsFromLinux(header.flags),
    change: flagsFromLinux(change),
  }
}

function headerToLinux(header: Ifinfomsg): Ifinfomsg {
  return {
    ...header,
    type: arphrdOfIft.find(([ift]) => ift === header.type)?.[1] ?? header.type,
    flags: flagsToLinux(header.flags),
    change: header.change === 0xffffffff ? 0xffffffff : flagsToLinux(header.change),
  }
}

function attrsFromLinux(attrs: LinkAttrs, isNew: boolean): LinkAttrs {
  const named: LinkAttrs = {
    ...attrs,
    ifname: attrs.ifname === undefined ? undefined : nameFromLinux(attrs.ifname),
    altIfname: attrs.altIfname === undefined ? undefined : nameFromLinux(attrs.altIfname),
  }
  const kind = attrs.linkinfo?.kind
  if (attrs.linkinfo === undefined || kind === undefined || kind === '') return named
  const data = vlanData(kind, attrs.linkinfo.data, 'linux', 'freebsd')
  // What a kernel says of its own interfaces keeps its own words.
  if (attrs.operstate !== undefined) return { ...named, linkinfo: { ...attrs.linkinfo, data } }
  const cloner = kinds.find(([linux]) => linux === kind)?.[1] ?? kind
  return {
    ...named,
    // Without a name the cloner chooses one.
    ifname: named.ifname ?? (isNew ? cloner : undefined),
    linkinfo: { ...attrs.linkinfo, kind: cloner, data },
    nltool: { cloner, peerName: peerName(kind, attrs.linkinfo) },
  }
}

const vethBody = body(struct('veth', {}), vethAttrs)

/** The parameters of a VLAN in the layout of the other system; those of other kinds as they are. */
function vlanData(kind: string | undefined, data: Uint8Array | undefined, from: Abi, to: Abi): Uint8Array | undefined {
  return kind === 'vlan' && data !== undefined ? vlanBody.encode(vlanBody.decode(data, from), to) : data
}

function peerName(kind: string, { data }: Linkinfo): string | undefined {
  if (kind !== 'veth' || data === undefined) return undefined
  return vethBody.decode(data, 'linux').attrs.peer?.attrs.ifname
}

function attrsToLinux(attrs: LinkAttrs): LinkAttrs {
  const named: LinkAttrs = {
    ...attrs,
    ifname: attrs.ifname === undefined ? undefined : nameToLinux(attrs.ifname),
    linkinfo: linkinfoToLinux(attrs.linkinfo),
  }
  if (attrs.operstate === undefined) return requestToLinux(attrs, named)
  // What a kernel says beside that; Linux's loopback is of no kind.
  return {
    ...named,
    linkinfo: attrs.ifname === 'lo0' ? undefined : named.linkinfo,
    group: 0,
    qdisc: 'noqueue',
    txqlen: 1000,
    stats64: padded(attrs.stats64),
    stats: attrs.stats64?.map(word => Number(BigInt.asUintN(32, word))),
  }
}

function linkinfoToLinux(linkinfo: Linkinfo | undefined): Linkinfo | undefined {
  if (linkinfo === undefined) return undefined
  const kind = kinds.find(([, freebsd]) => freebsd === linkinfo.kind)?.[0] ?? linkinfo.kind
  return { ...linkinfo, kind, data: vlanData(kind, linkinfo.data, 'freebsd', 'linux') }
}

const peerHeader = { family: 0, pad: 0, type: 0, ifindex: 0, flags: 0, change: 0 }

/** A program's creation: FreeBSD finds names by the cloner's, Linux is told both ends of a pair, or chooses. */
function requestToLinux({ linkinfo, ifname }: LinkAttrs, named: LinkAttrs): LinkAttrs {
  const kind = linkinfo?.kind
  if (kind === undefined || ifname === undefined) return named
  if (ifname === kind) return { ...named, ifname: undefined }
  if (kind !== 'epair' || !/^epair\d+$/.test(ifname)) return named
  const peer = { header: peerHeader, attrs: { ifname: `${ifname}b` } }
  const data = vethBody.encode({ header: {}, attrs: { peer } }, 'linux')
  return { ...named, ifname: `${ifname}a`, linkinfo: { ...named.linkinfo, data } }
}

function padded(words: readonly bigint[] | undefined): readonly bigint[] | undefined {
  return words === undefined ? undefined : [...words, ...Array<bigint>(linkStats.length - words.length).fill(0n)]
}
