/**
 * Message types of NETLINK_ROUTE, linux/rtnetlink.h; the same numbers on both systems. They come in fours:
 * `16 + 4 * object + { NEW: 0, DEL: 1, GET: 2, SET: 3 }`.
 */

/** Types with an `ifinfomsg`. */
export const linkTypes = { RTM_NEWLINK: 16, RTM_DELLINK: 17, RTM_GETLINK: 18, RTM_SETLINK: 19 } as const
/** Types with an `ifaddrmsg`. */
export const addrTypes = { RTM_NEWADDR: 20, RTM_DELADDR: 21, RTM_GETADDR: 22 } as const
/** Types with an `rtmsg`. */
export const routeTypes = { RTM_NEWROUTE: 24, RTM_DELROUTE: 25, RTM_GETROUTE: 26 } as const
/** Types with an `ndmsg`. */
export const neighTypes = { RTM_NEWNEIGH: 28, RTM_DELNEIGH: 29, RTM_GETNEIGH: 30 } as const
/** Types with a `fib_rule_hdr`. */
export const ruleTypes = { RTM_NEWRULE: 32, RTM_DELRULE: 33, RTM_GETRULE: 34 } as const
/** Types with an `nhmsg`. */
export const nexthopTypes = { RTM_NEWNEXTHOP: 104, RTM_DELNEXTHOP: 105, RTM_GETNEXTHOP: 106 } as const

/** Every named type, for printing and for `unknown message type`. */
export const rtnlTypes = {
  ...linkTypes,
  ...addrTypes,
  ...routeTypes,
  ...neighTypes,
  ...ruleTypes,
  RTM_NEWQDISC: 36,
  RTM_DELQDISC: 37,
  RTM_GETQDISC: 38,
  RTM_NEWTCLASS: 40,
  RTM_DELTCLASS: 41,
  RTM_GETTCLASS: 42,
  RTM_NEWTFILTER: 44,
  RTM_DELTFILTER: 45,
  RTM_GETTFILTER: 46,
  RTM_NEWACTION: 48,
  RTM_DELACTION: 49,
  RTM_GETACTION: 50,
  RTM_NEWPREFIX: 52,
  RTM_NEWMULTICAST: 56,
  RTM_DELMULTICAST: 57,
  RTM_GETMULTICAST: 58,
  RTM_NEWANYCAST: 60,
  RTM_DELANYCAST: 61,
  RTM_GETANYCAST: 62,
  RTM_NEWNEIGHTBL: 64,
  RTM_GETNEIGHTBL: 66,
  RTM_SETNEIGHTBL: 67,
  RTM_NEWNDUSEROPT: 68,
  RTM_NEWADDRLABEL: 72,
  RTM_DELADDRLABEL: 73,
  RTM_GETADDRLABEL: 74,
  RTM_GETDCB: 78,
  RTM_SETDCB: 79,
  RTM_NEWNETCONF: 80,
  RTM_DELNETCONF: 81,
  RTM_GETNETCONF: 82,
  RTM_NEWMDB: 84,
  RTM_DELMDB: 85,
  RTM_GETMDB: 86,
  RTM_NEWNSID: 88,
  RTM_DELNSID: 89,
  RTM_GETNSID: 90,
  RTM_NEWSTATS: 92,
  RTM_GETSTATS: 94,
  RTM_SETSTATS: 95,
  RTM_NEWCACHEREPORT: 96,
  RTM_NEWCHAIN: 100,
  RTM_DELCHAIN: 101,
  RTM_GETCHAIN: 102,
  ...nexthopTypes,
  RTM_NEWLINKPROP: 108,
  RTM_DELLINKPROP: 109,
  RTM_GETLINKPROP: 110,
  RTM_NEWVLAN: 112,
  RTM_DELVLAN: 113,
  RTM_GETVLAN: 114,
  RTM_NEWNEXTHOPBUCKET: 116,
  RTM_GETNEXTHOPBUCKET: 118,
  RTM_NEWTUNNEL: 120,
  RTM_DELTUNNEL: 121,
  RTM_GETTUNNEL: 122,
} as const

/** Name of a message type, such as `RTM_NEWROUTE`. */
export type RtnlType = keyof typeof rtnlTypes

/** What the two lowest bits of a message type say. */
export const rtnlVerb = { NEW: 0, DEL: 1, GET: 2, SET: 3 } as const

const typeNames = new Map<number, RtnlType>((Object.keys(rtnlTypes) as RtnlType[]).map(name => [rtnlTypes[name], name]))

/** The name of a message type, or `undefined` for a number without one. */
export function rtnlTypeName(type: number): RtnlType | undefined {
  return typeNames.get(type)
}
