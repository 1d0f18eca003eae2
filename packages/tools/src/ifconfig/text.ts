import { type Address, IFF, IFT, type Link } from '@nltool/nl-route'
import type { Release } from '../argv.ts'
import { bitNames } from '../flag-names.ts'
import { dotted, maskOf } from '../inet.ts'
import { type LinkNames, scoped } from '../names.ts'
import { capabilityNames, inet6FlagNames, linkFlagNames } from './flags.ts'
import type { IfconfigOptions, ShownFamily } from './types.ts'

/** What of an interface is shown, and how. */
export interface InterfaceStyle extends Pick<IfconfigOptions, 'capabilities' | 'lifetimes' | 'maskStyle'> {
  readonly family: ShownFamily | undefined
  /** Release whose lines are printed, where they differ. */
  readonly release?: Release
  /** Names of interfaces by index, for those that stand on others. */
  readonly names: LinkNames
}

/** Types whose link-level address is called `ether`, and that have a carrier to speak of. */
const etherTypes: ReadonlySet<number> = new Set([IFT.IFT_ETHER, IFT.IFT_L2VLAN, IFT.IFT_BRIDGE])

/**
 * An interface as ifconfig(8) prints it, without what netlink does not carry: media, nd6 options, tunnel and bridge
 * parameters.
 */
export function formatInterface(link: Link, addresses: readonly Address[], style: InterfaceStyle): string {
  const lines = [headline(link, style.release)]
  if (link.ifalias !== undefined && link.ifalias !== '') lines.push(`description: ${link.ifalias}`)
  if (link.capabilities !== undefined) {
    const { enabled, supported } = link.capabilities
    if (enabled !== 0 || style.release === 14) lines.push(`options=${bits(enabled, capabilityNames)}`)
    if (style.capabilities) lines.push(`capabilities=${bits(supported, capabilityNames)}`)
  }
  const shows = (family: ShownFamily) => style.family === undefined || style.family === family
  const ether = etherTypes.has(link.type)
  if (link.address !== undefined && shows('ether')) lines.push(`${ether ? 'ether' : 'lladdr'} ${link.address}`)
  for (const address of byFamily(addresses)) {
    if (shows(address.family)) lines.push(addressLine(link, address, style))
  }
  if (link.vlan !== undefined) lines.push(vlanLine(link.vlan, link.link, style.names))
  const groups = link.groups?.filter(group => group !== 'all') ?? []
  if (groups.length > 0) lines.push(`groups: ${groups.join(' ')}`)
  if (ether && link.carrier !== undefined) lines.push(`status: ${link.carrier ? 'active' : 'no carrier'}`)
  return `${lines.join('\n\t')}\n`
}

function headline({ ifname, flags, metric, mtu }: Link, release: Release): string {
  const shown = release === 13 ? flags & ~IFF.IFF_LOWER_UP : flags // a flag of FreeBSD 14
  return `${ifname}: flags=${bits(shown, linkFlagNames)} metric ${metric ?? 0} mtu ${mtu}`
}

/** `8843<UP,BROADCAST,…>`. */
function bits(value: number, names: typeof linkFlagNames): string {
  return `${(value >>> 0).toString(16)}<${bitNames(value, names).join(',')}>`
}

/** Families in the order of their first appearance, addresses of a family in the kernel's order. */
function byFamily(addresses: readonly Address[]): Address[] {
  const families = [...new Set(addresses.map(({ family }) => family))]
  return families.flatMap(family => addresses.filter(address => address.family === family))
}

/** Ethertypes that have a name. */
const vlanProtocols: Readonly<Record<number, string>> = { 33024: '802.1q', 34984: '802.1ad' }

function vlanLine({ id, protocol }: NonNullable<Link['vlan']>, parent: number | undefined, names: LinkNames): string {
  const name = vlanProtocols[protocol] ?? `0x${protocol.toString(16).padStart(4, '0')}`
  const on = parent === undefined ? undefined : names.get(parent)
  return `vlan: ${id} vlanproto: ${name} parent interface: ${on ?? '<none>'}`
}

function addressLine(link: Link, address: Address, style: InterfaceStyle): string {
  return address.family === 'inet' ? inetLine(address, style) : inet6Line(link, address, style)
}

function inetLine({ address, prefixlen, peer, broadcast, vhid }: Address, { maskStyle }: InterfaceStyle): string {
  const cidr = maskStyle.inet === 'cidr'
  const words = ['inet', cidr ? `${address}/${prefixlen}` : address]
  if (peer !== undefined) words.push('-->', peer)
  if (!cidr) words.push('netmask', maskStyle.inet === 'dotted' ? dotted(maskOf(prefixlen)) : hexMask(prefixlen))
  if (broadcast !== undefined) words.push('broadcast', broadcast)
  if (vhid !== undefined) words.push('vhid', String(vhid))
  return words.join(' ')
}

function hexMask(prefixlen: number): string {
  return `0x${maskOf(prefixlen).toString(16).padStart(8, '0')}`
}

function inet6Line({ ifname, ifindex }: Link, address: Address, { maskStyle, lifetimes }: InterfaceStyle): string {
  const { prefixlen, peer, flags6, vhid } = address
  const own = scoped(address.address, ifname)
  const cidr = maskStyle.inet6 === 'cidr'
  const words = ['inet6', cidr ? `${own}/${prefixlen}` : own]
  if (peer !== undefined) words.push('-->', scoped(peer, ifname))
  if (!cidr) words.push('prefixlen', String(prefixlen))
  words.push(...bitNames(flags6 ?? 0, inet6FlagNames))
  if (own.includes('%')) words.push('scopeid', `0x${ifindex.toString(16)}`)
  if (lifetimes) {
    words.push('pltime', lifetime(address.preferredSeconds), 'vltime', lifetime(address.validSeconds))
  }
  if (vhid !== undefined) words.push('vhid', String(vhid))
  return words.join(' ')
}

function lifetime(seconds: number | undefined): string {
  return seconds === undefined ? 'infty' : String(seconds)
}
