import {
  IFCOUNTER_COLLISIONS,
  IFCOUNTER_IBYTES,
  IFCOUNTER_IERRORS,
  IFCOUNTER_IMCASTS,
  IFCOUNTER_IPACKETS,
  IFCOUNTER_IQDROPS,
  IFCOUNTER_NOPROTO,
  IFCOUNTER_OBYTES,
  IFCOUNTER_OERRORS,
  IFCOUNTER_OPACKETS,
  IFCOUNTER_OQDROPS,
  IFF_CANTCONFIG,
  IFF_DYING,
  IFF_KNOWSEPOCH,
  IFF_NOGROUP,
  IFF_RENAMING,
  type IfView,
  LINK_STATE_DOWN,
  LINK_STATE_UP,
} from '@nltool/ifnet'
import { IF_OPER, IFF, IFT, type LinkStat, linkStats } from './constants.ts'
import type { ShownInfo } from './info.ts'
import type { LinkAttrs, LinkBody } from './schema.ts'

/** Flags that are the kernel's own business. */
const internalFlags = IFF_KNOWSEPOCH | IFF_CANTCONFIG | IFF_DYING | IFF_RENAMING | IFF_NOGROUP

/** Types whose operational state is that of their medium. */
const mediaTypes: readonly number[] = [IFT.IFT_ETHER, IFT.IFT_L2VLAN, IFT.IFT_BRIDGE]

/** Words of IFLA_STATS64 that FreeBSD fills. */
const statWords = 24

/** Which counter fills which word; the others are 0. */
const counterOf: { readonly [stat in LinkStat]?: number } = {
  rx_packets: IFCOUNTER_IPACKETS,
  tx_packets: IFCOUNTER_OPACKETS,
  rx_bytes: IFCOUNTER_IBYTES,
  tx_bytes: IFCOUNTER_OBYTES,
  rx_errors: IFCOUNTER_IERRORS,
  tx_errors: IFCOUNTER_OERRORS,
  rx_dropped: IFCOUNTER_IQDROPS,
  tx_dropped: IFCOUNTER_OQDROPS,
  multicast: IFCOUNTER_IMCASTS,
  collisions: IFCOUNTER_COLLISIONS,
  rx_nohandler: IFCOUNTER_NOPROTO,
}

/**
 * An interface as RTM_NEWLINK shows it (FreeBSD iface.c, dump_iface). `change`: IFF_* bits that a notification is about;
 * `info`: what its cloner says of it.
 */
export function toLinkBody(ifp: IfView, change: number, info?: ShownInfo): LinkBody {
  const operstate = operstateOf(ifp)
  const lower = operstate === IF_OPER.IF_OPER_UP ? IFF.IFF_LOWER_UP : 0
  const flags = ((ifp.flags & ~internalFlags) | lower) >>> 0
  return {
    header: { family: 0, type: ifp.type, ifindex: ifp.index, flags, change: change >>> 0 },
    attrs: attrsOf(ifp, operstate, info),
  }
}

function attrsOf(ifp: IfView, operstate: number, info: ShownInfo | undefined): LinkAttrs {
  const hasAddress = ifp.lladdr.length > 0
  return {
    ifname: ifp.name,
    operstate,
    carrier: ifp.linkState === LINK_STATE_UP ? 1 : 0,
    address: hasAddress ? ifp.lladdr : undefined,
    broadcast: hasAddress ? ifp.broadcast : undefined,
    mtu: ifp.mtu,
    ifalias: ifp.description,
    freebsd: {
      origHwaddr: ifp.hwaddr.length > 0 ? ifp.hwaddr : undefined,
      caps: { size: 32, value: wordBytes(ifp.capabilities), mask: wordBytes(ifp.capenable) },
      group: { names: ifp.groups },
    },
    stats64: stats64(ifp.counters),
    promiscuity: ifp.promiscCount,
    linkinfo: ifp.driver === '' ? undefined : { kind: ifp.driver, data: info?.data },
    link: info?.link,
    nltool: { metric: ifp.metric, fib: ifp.fib },
    // Linux's: a copy that adds a key to another object has a hidden class of its own, each time (V8).
    group: undefined,
    qdisc: undefined,
    txqlen: undefined,
    stats: undefined,
  }
}

/** RFC 2863 state: of the medium where there is one, else whether the interface is up and running. */
function operstateOf(ifp: IfView): number {
  if ((ifp.flags & IFF.IFF_MONITOR) !== 0) return IF_OPER.IF_OPER_DORMANT
  if (mediaTypes.includes(ifp.type)) {
    if (ifp.linkState === LINK_STATE_UP) return IF_OPER.IF_OPER_UP
    return ifp.linkState === LINK_STATE_DOWN ? IF_OPER.IF_OPER_DOWN : IF_OPER.IF_OPER_UNKNOWN
  }
  const running = IFF.IFF_UP | IFF.IFF_RUNNING
  return (ifp.flags & running) === running ? IF_OPER.IF_OPER_UP : IF_OPER.IF_OPER_DOWN
}

function stats64(counters: BigUint64Array): readonly bigint[] {
  return linkStats.slice(0, statWords).map(name => {
    const counter = counterOf[name]
    return counter === undefined ? 0n : (counters[counter] ?? 0n)
  })
}

function wordBytes(word: number): Uint8Array {
  return Uint8Array.of(word, word >>> 8, word >>> 16, word >>> 24)
}
