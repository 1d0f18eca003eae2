import {
  attributeSet,
  type Body,
  be16,
  body,
  bytes,
  family,
  type Infer,
  i32,
  ip,
  nested,
  pad,
  struct,
  u8,
  u16,
  u32,
} from '@nltool/nl-core/wire'
import { neighHooks } from './abi.ts'

/** `struct ndmsg`, rtnetlink(7): 12 bytes. */
export const ndmsg = struct('ndmsg', {
  family,
  pad: pad(3),
  ifindex: i32,
  state: u16, // NUD_*
  flags: u8, // NTF_*
  type: u8, // RTN_*
})

/** `struct nda_cacheinfo`: ages in 1/100 s. */
export const ndaCacheinfo = struct('nda_cacheinfo', { confirmed: u32, used: u32, updated: u32, refcnt: u32 })

const ndafAttrs = attributeSet({
  NDAF_NEXT_STATE_TS: [1, 'nextStateTs', u32],
})

/** NDA_*, linux/neighbour.h and FreeBSD netlink/route/neigh.h, in the order in which FreeBSD writes them. */
export const neighAttrs = attributeSet({
  NDA_DST: [1, 'dst', ip],
  NDA_LLADDR: [2, 'lladdr', bytes({ max: 32 })],
  NDA_PROBES: [4, 'probes', u32],
  NDA_CACHEINFO: [3, 'cacheinfo', ndaCacheinfo],
  NDA_FREEBSD: [18, 'freebsd', nested(ndafAttrs), { linux: null }],
  NDA_VLAN: [5, 'vlan', u16],
  NDA_PORT: [6, 'port', be16],
  NDA_VNI: [7, 'vni', u32],
  NDA_IFINDEX: [8, 'ifindex', u32],
  NDA_MASTER: [9, 'master', u32],
  NDA_LINK_NETNSID: [10, 'linkNetnsid', i32],
  NDA_SRC_VNI: [11, 'srcVni', u32],
  NDA_PROTOCOL: [12, 'protocol', u8],
  NDA_NH_ID: [13, 'nhid', u32],
  NDA_FDB_EXT_ATTRS: [14, 'fdbExtAttrs', bytes()],
  NDA_FLAGS_EXT: [15, 'flagsExt', u32],
  NDA_NDM_STATE_MASK: [16, 'ndmStateMask', u16],
  NDA_NDM_FLAGS_MASK: [17, 'ndmFlagsMask', u8],
})

export interface Ndmsg extends Infer<typeof ndmsg> {}
export interface NeighAttrs extends Infer<typeof neighAttrs> {}

/** Header and attributes of RTM_*NEIGH. */
export interface NeighBody {
  readonly header: Ndmsg
  readonly attrs: NeighAttrs
}

/** RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH. */
export const neighBody: Body<NeighBody> = body(ndmsg, neighAttrs, { name: 'neigh', linux: neighHooks })
