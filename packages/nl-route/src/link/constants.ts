/** IFF_*: `ifi_flags`, FreeBSD sys/net/if.h. */
export const IFF = {
  IFF_UP: 0x1,
  IFF_BROADCAST: 0x2,
  IFF_DEBUG: 0x4,
  IFF_LOOPBACK: 0x8,
  IFF_POINTOPOINT: 0x10,
  IFF_RUNNING: 0x40,
  IFF_NOARP: 0x80,
  IFF_PROMISC: 0x100,
  IFF_ALLMULTI: 0x200,
  IFF_OACTIVE: 0x400,
  IFF_SIMPLEX: 0x800,
  IFF_LINK0: 0x1000,
  IFF_LINK1: 0x2000,
  IFF_LINK2: 0x4000,
  IFF_MULTICAST: 0x8000,
  IFF_PPROMISC: 0x20000,
  IFF_MONITOR: 0x40000,
  IFF_STATICARP: 0x80000,
  /** IFF_NETLINK_1: set while the operational state is UP. */
  IFF_LOWER_UP: 0x1000000,
} as const

/** Bits of `ifi_flags` with other numbers in the Linux ABI; the bits of {@link IFF} below 0x400 are common. */
export const linuxIFF = {
  IFF_LOWER_UP: 0x10000,
  IFF_MULTICAST: 0x1000,
  /** Bits that mean the same on both systems: UP … ALLMULTI, without KNOWSEPOCH/NOTRAILERS. */
  common: 0x3df,
} as const

/** IFT_*: `ifi_type`, FreeBSD sys/net/if_types.h (IANA ifType). */
export const IFT = {
  IFT_OTHER: 1,
  IFT_ETHER: 6,
  IFT_PPP: 23,
  IFT_LOOP: 24,
  IFT_TUNNEL: 131,
  IFT_L2VLAN: 135,
  IFT_INFINIBAND: 199,
  IFT_BRIDGE: 209,
  IFT_GIF: 240,
} as const

/** ARPHRD_* for each IFT_* that has one, linux/if_arp.h. Several types may share a number. */
export const arphrdOfIft: readonly (readonly [ift: number, arphrd: number])[] = [
  [IFT.IFT_ETHER, 1],
  [IFT.IFT_LOOP, 772],
  [IFT.IFT_L2VLAN, 1],
  [IFT.IFT_BRIDGE, 1],
  [IFT.IFT_GIF, 768],
  [IFT.IFT_TUNNEL, 778],
  [IFT.IFT_PPP, 512],
  [IFT.IFT_INFINIBAND, 32],
]

/** Ethertypes of IFLA_VLAN_PROTOCOL, FreeBSD sys/net/ethernet.h: 802.1q (the default) and 802.1ad. */
export const ETHERTYPE_VLAN = 0x8100
export const ETHERTYPE_QINQ = 0x88a8

/** IF_OPER_*: IFLA_OPERSTATE, RFC 2863. */
export const IF_OPER = {
  IF_OPER_UNKNOWN: 0,
  IF_OPER_NOTPRESENT: 1,
  IF_OPER_DOWN: 2,
  IF_OPER_LOWERLAYERDOWN: 3,
  IF_OPER_TESTING: 4,
  IF_OPER_DORMANT: 5,
  IF_OPER_UP: 6,
} as const

/** Operational states by number, in lower case as they are printed. */
export const operstates = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'] as const
/** An operational state, RFC 2863. */
export type Operstate = (typeof operstates)[number]

/** RTEXT_FILTER_*: IFLA_EXT_MASK. */
export const RTEXT_FILTER = {
  RTEXT_FILTER_VF: 0x1,
  RTEXT_FILTER_BRVLAN: 0x2,
  RTEXT_FILTER_BRVLAN_COMPRESSED: 0x4,
  RTEXT_FILTER_SKIP_STATS: 0x8,
  RTEXT_FILTER_MRP: 0x10,
  RTEXT_FILTER_CFM_CONFIG: 0x20,
  RTEXT_FILTER_CFM_STATUS: 0x40,
  RTEXT_FILTER_MST: 0x80,
} as const

/**
 * Words of IFLA_STATS64 (u64) and IFLA_STATS (u32) in order, linux/if_link.h. FreeBSD writes the first 24, Linux one
 * more in IFLA_STATS64.
 */
export const linkStats = [
  'rx_packets',
  'tx_packets',
  'rx_bytes',
  'tx_bytes',
  'rx_errors',
  'tx_errors',
  'rx_dropped',
  'tx_dropped',
  'multicast',
  'collisions',
  'rx_length_errors',
  'rx_over_errors',
  'rx_crc_errors',
  'rx_frame_errors',
  'rx_fifo_errors',
  'rx_missed_errors',
  'tx_aborted_errors',
  'tx_carrier_errors',
  'tx_fifo_errors',
  'tx_heartbeat_errors',
  'tx_window_errors',
  'rx_compressed',
  'tx_compressed',
  'rx_nohandler',
  'rx_otherhost_dropped',
] as const
/** Name of a counter of {@link linkStats}. */
export type LinkStat = (typeof linkStats)[number]
