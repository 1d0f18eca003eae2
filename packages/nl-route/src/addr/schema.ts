import {
  attributeSet,
  type Body,
  body,
  family,
  type Infer,
  i32,
  ip,
  nested,
  nulString,
  struct,
  u8,
  u32,
} from '@nltool/nl-core/wire'
import { addrHooks } from './abi.ts'

/** `struct ifaddrmsg`, rtnetlink(7): 8 bytes. */
export const ifaddrmsg = struct('ifaddrmsg', {
  family,
  prefixlen: u8,
  flags: u8, // low 8 bits of IFA_F_*
  scope: u8, // RT_SCOPE_*
  ifindex: u32,
})

/** `struct ifa_cacheinfo`: lifetimes in seconds, times in 1/100 s since boot. */
export const ifaCacheinfo = struct('ifa_cacheinfo', { prefered: u32, valid: u32, cstamp: u32, tstamp: u32 })

/** IFAF_*, inside IFA_FREEBSD. */
export const ifafAttrs = attributeSet({
  IFAF_VHID: [1, 'vhid', u32],
  IFAF_FLAGS: [2, 'flags', u32], // IN6_IFF_*
})

/** IFA_*, linux/if_addr.h and FreeBSD netlink/route/ifaddrs.h, in the order in which FreeBSD writes them. */
export const addrAttrs = attributeSet({
  IFA_ADDRESS: [1, 'address', ip],
  IFA_LOCAL: [2, 'local', ip],
  IFA_BROADCAST: [4, 'broadcast', ip],
  IFA_LABEL: [3, 'label', nulString({ max: 15 })],
  IFA_ANYCAST: [5, 'anycast', ip],
  IFA_MULTICAST: [7, 'multicast', ip],
  IFA_FLAGS: [8, 'flags', u32],
  IFA_CACHEINFO: [6, 'cacheinfo', ifaCacheinfo],
  IFA_RT_PRIORITY: [9, 'rtPriority', u32],
  IFA_TARGET_NETNSID: [10, 'targetNetnsid', i32],
  IFA_FREEBSD: [11, 'freebsd', nested(ifafAttrs), { linux: null }],
  IFA_PROTO: [11, 'proto', u8, { freebsd: null }],
})

export interface Ifaddrmsg extends Infer<typeof ifaddrmsg> {}
export interface AddrAttrs extends Infer<typeof addrAttrs> {}

/** Header and attributes of RTM_*ADDR. */
export interface AddrBody {
  readonly header: Ifaddrmsg
  readonly attrs: AddrAttrs
}

/** RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR. */
export const addrBody: Body<AddrBody> = body(ifaddrmsg, addrAttrs, { name: 'addr', linux: addrHooks })
