import { IFF, IN6_IFF } from '@nltool/nl-route'
import type { BitNames } from '../flag-names.ts'

/** IFF_* as ifconfig(8) names them. */
export const linkFlagNames: BitNames = [
  [IFF.IFF_UP, 'UP'],
  [IFF.IFF_BROADCAST, 'BROADCAST'],
  [IFF.IFF_DEBUG, 'DEBUG'],
  [IFF.IFF_LOOPBACK, 'LOOPBACK'],
  [IFF.IFF_POINTOPOINT, 'POINTOPOINT'],
  [IFF.IFF_RUNNING, 'RUNNING'],
  [IFF.IFF_NOARP, 'NOARP'],
  [IFF.IFF_PROMISC, 'PROMISC'],
  [IFF.IFF_ALLMULTI, 'ALLMULTI'],
  [IFF.IFF_OACTIVE, 'OACTIVE'],
  [IFF.IFF_SIMPLEX, 'SIMPLEX'],
  [IFF.IFF_LINK0, 'LINK0'],
  [IFF.IFF_LINK1, 'LINK1'],
  [IFF.IFF_LINK2, 'LINK2'],
  [IFF.IFF_MULTICAST, 'MULTICAST'],
  [IFF.IFF_PPROMISC, 'PPROMISC'],
  [IFF.IFF_MONITOR, 'MONITOR'],
  [IFF.IFF_STATICARP, 'STATICARP'],
  [IFF.IFF_LOWER_UP, 'LOWER_UP'],
]

/** IFCAP_*, FreeBSD sys/net/if.h, by bit number. */
const capabilities: Readonly<Record<number, string>> = {
  0: 'RXCSUM',
  1: 'TXCSUM',
  2: 'NETCONS',
  3: 'VLAN_MTU',
  4: 'VLAN_HWTAGGING',
  5: 'JUMBO_MTU',
  6: 'POLLING',
  7: 'VLAN_HWCSUM',
  8: 'TSO4',
  9: 'TSO6',
  10: 'LRO',
  11: 'WOL_UCAST',
  12: 'WOL_MCAST',
  13: 'WOL_MAGIC',
  14: 'TOE4',
  15: 'TOE6',
  16: 'VLAN_HWFILTER',
  18: 'VLAN_HWTSO',
  19: 'LINKSTATE',
  20: 'NETMAP',
  21: 'RXCSUM_IPV6',
  22: 'TXCSUM_IPV6',
  23: 'HWSTATS',
  24: 'TXRTLMT',
  25: 'HWRXTSTMP',
  26: 'MEXTPG',
  27: 'TXTLS4',
  28: 'TXTLS6',
  29: 'VXLAN_HWCSUM',
  30: 'VXLAN_HWTSO',
  31: 'TXTLS_RTLMT',
}

/** IFCAP_* as ifconfig(8) names them. */
export const capabilityNames: BitNames = Object.entries(capabilities).map(([bit, name]) => [1 << Number(bit), name])

/** IN6_IFF_* as words behind an IPv6 address. */
export const inet6FlagNames: BitNames = [
  [IN6_IFF.IN6_IFF_ANYCAST, 'anycast'],
  [IN6_IFF.IN6_IFF_TENTATIVE, 'tentative'],
  [IN6_IFF.IN6_IFF_DUPLICATED, 'duplicated'],
  [IN6_IFF.IN6_IFF_DETACHED, 'detached'],
  [IN6_IFF.IN6_IFF_DEPRECATED, 'deprecated'],
  [IN6_IFF.IN6_IFF_AUTOCONF, 'autoconf'],
  [IN6_IFF.IN6_IFF_TEMPORARY, 'temporary'],
  [IN6_IFF.IN6_IFF_PREFER_SOURCE, 'prefer_source'],
]
