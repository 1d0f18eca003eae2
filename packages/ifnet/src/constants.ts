/** Constants of FreeBSD sys/net/if.h, if_types.h and if_media.h, verbatim. */

/** Longest interface name, with its NUL. */
export const IFNAMSIZ = 16
/** Longest description in bytes, with its NUL (ifdescr_maxlen). */
export const IFDESCR_MAXLEN = 1024
/** Bounds of an MTU in bytes. */
export const IF_MINMTU = 72
export const IF_MAXMTU = 65535
/** Highest unit number of a cloner that names none (sys/net/if_clone.h). */
export const IF_MAXUNIT = 0x7fff
/** Highest interface index: rtsock and mbuf headers carry 16 bits. */
export const IF_MAXINDEX = 65535

/** Interface types, sys/net/if_types.h. */
export const IFT_OTHER = 0x1
export const IFT_ETHER = 0x6
export const IFT_PPP = 0x17
export const IFT_LOOP = 0x18
export const IFT_TUNNEL = 0x83
export const IFT_L2VLAN = 0x87
export const IFT_IEEE8023ADLAG = 0xa1
export const IFT_BRIDGE = 0xd1
export const IFT_GIF = 0xf0
export const IFT_PFLOG = 0xf6

/** Interface flags. */
export const IFF_UP = 0x1
export const IFF_BROADCAST = 0x2
export const IFF_DEBUG = 0x4
export const IFF_LOOPBACK = 0x8
export const IFF_POINTOPOINT = 0x10
export const IFF_KNOWSEPOCH = 0x20
export const IFF_DRV_RUNNING = 0x40
export const IFF_NOARP = 0x80
export const IFF_PROMISC = 0x100
export const IFF_ALLMULTI = 0x200
export const IFF_DRV_OACTIVE = 0x400
export const IFF_SIMPLEX = 0x800
export const IFF_LINK0 = 0x1000
export const IFF_LINK1 = 0x2000
export const IFF_LINK2 = 0x4000
export const IFF_MULTICAST = 0x8000
export const IFF_CANTCONFIG = 0x10000
export const IFF_PPROMISC = 0x20000
export const IFF_MONITOR = 0x40000
export const IFF_STATICARP = 0x80000
export const IFF_DYING = 0x200000
export const IFF_RENAMING = 0x400000
export const IFF_NOGROUP = 0x800000
/** What FreeBSD 14 and later show for an operational link. */
export const IFF_NETLINK_1 = 0x1000000

/** Flags that a driver owns (`if_drv_flags`). */
export const IFF_DRV_FLAGS = IFF_DRV_RUNNING | IFF_DRV_OACTIVE
/** Flags that no user can change. */
export const IFF_CANTCHANGE =
  IFF_BROADCAST |
  IFF_POINTOPOINT |
  IFF_DRV_RUNNING |
  IFF_DRV_OACTIVE |
  IFF_SIMPLEX |
  IFF_MULTICAST |
  IFF_ALLMULTI |
  IFF_PROMISC |
  IFF_DYING |
  IFF_CANTCONFIG |
  IFF_KNOWSEPOCH

/** Link states (`ifi_link_state`). */
export const LINK_STATE_UNKNOWN = 0
export const LINK_STATE_DOWN = 1
export const LINK_STATE_UP = 2

/** Capabilities (`if_capabilities`, `if_capenable`). */
export const IFCAP_RXCSUM = 0x1
export const IFCAP_TXCSUM = 0x2
export const IFCAP_NETCONS = 0x4
export const IFCAP_VLAN_MTU = 0x8
export const IFCAP_VLAN_HWTAGGING = 0x10
export const IFCAP_JUMBO_MTU = 0x20
export const IFCAP_POLLING = 0x40
export const IFCAP_VLAN_HWCSUM = 0x80
export const IFCAP_TSO4 = 0x100
export const IFCAP_TSO6 = 0x200
export const IFCAP_LRO = 0x400
export const IFCAP_WOL_UCAST = 0x800
export const IFCAP_WOL_MCAST = 0x1000
export const IFCAP_WOL_MAGIC = 0x2000
export const IFCAP_TOE4 = 0x4000
export const IFCAP_TOE6 = 0x8000
export const IFCAP_VLAN_HWFILTER = 0x10000
export const IFCAP_VLAN_HWTSO = 0x40000
export const IFCAP_LINKSTATE = 0x80000
export const IFCAP_NETMAP = 0x100000
export const IFCAP_RXCSUM_IPV6 = 0x200000
export const IFCAP_TXCSUM_IPV6 = 0x400000
export const IFCAP_HWSTATS = 0x800000
export const IFCAP_TXRTLMT = 0x1000000
export const IFCAP_HWRXTSTMP = 0x2000000
export const IFCAP_MEXTPG = 0x4000000
export const IFCAP_TXTLS4 = 0x8000000
export const IFCAP_TXTLS6 = 0x10000000
export const IFCAP_VXLAN_HWCSUM = 0x20000000
export const IFCAP_VXLAN_HWTSO = 0x40000000
/** Capabilities that no user can change. */
export const IFCAP_CANTCHANGE = 0x100000 // IFCAP_NETMAP

/** Positions in {@link IfView.counters}, `ift_counter` of sys/net/if.h. */
export const IFCOUNTER_IPACKETS = 0
export const IFCOUNTER_IERRORS = 1
export const IFCOUNTER_OPACKETS = 2
export const IFCOUNTER_OERRORS = 3
export const IFCOUNTER_COLLISIONS = 4
export const IFCOUNTER_IBYTES = 5
export const IFCOUNTER_OBYTES = 6
export const IFCOUNTER_IMCASTS = 7
export const IFCOUNTER_OMCASTS = 8
export const IFCOUNTER_IQDROPS = 9
export const IFCOUNTER_OQDROPS = 10
export const IFCOUNTER_NOPROTO = 11
export const IFCOUNTERS = 12

/** Flags of an address (`ifa_flags`). */
export const IFA_ROUTE = 0x1
export const IFA_RTSELF = 0x4
