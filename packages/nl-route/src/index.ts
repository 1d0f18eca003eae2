/// <reference lib="esnext.disposable" preserve="true" />

export { IFA_F, IFAPROT, IN6_IFF, INFINITE_LIFETIME } from './addr/constants.ts'
export { type AddrAttrs, type AddrBody, addrAttrs, addrBody, type Ifaddrmsg, ifaddrmsg } from './addr/schema.ts'
export { type AnyBody, routeBodyOf } from './bodies.ts'
export { toEvent } from './client/events.ts'
export { toAddress, toLink, toRoute } from './client/objects.ts'
export { openRoute } from './client/open.ts'
export type {
  Address,
  AddressAdd,
  AddressClient,
  AddressDelete,
  AddressFilter,
  FamilyName,
  Link,
  LinkChange,
  LinkClient,
  LinkCreate,
  LinkCreated,
  LinkFilter,
  LinkRef,
  OnLink,
  OpenRouteOptions,
  Path,
  PathSpec,
  Route,
  RouteAdd,
  RouteClient,
  RouteDelete,
  RouteEvent,
  RouteFilter,
  RouteGet,
  RouteSubscribeOptions,
  RouteTableClient,
} from './client/types.ts'
export { type RouteGroup, RTNLGRP, routeGroups, rtnlGroupCount } from './groups.ts'
export {
  arphrdOfIft,
  IF_OPER,
  IFF,
  IFT,
  type LinkStat,
  linkStats,
  linuxIFF,
  type Operstate,
  operstates,
  RTEXT_FILTER,
} from './link/constants.ts'
export {
  bridgeAttrs,
  gifAttrs,
  greAttrs,
  linkinfoAttrs,
  vethAttrs,
  vlanAttrs,
} from './link/linkinfo.ts'
export { nltoolLinkAttrs } from './link/project.ts'
export {
  type Ifinfomsg,
  ifinfomsg,
  iflafAttrs,
  type LinkAttrs,
  type LinkBody,
  linkAttrs,
  linkBody,
} from './link/schema.ts'
export {
  addrTypes,
  linkTypes,
  neighTypes,
  nexthopTypes,
  type RtnlType,
  routeTypes,
  rtnlTypeName,
  rtnlTypes,
  rtnlVerb,
  ruleTypes,
} from './messages.ts'
export { NTF, NTF_EXT, NUD } from './neigh/constants.ts'
export { type Ndmsg, type NeighAttrs, type NeighBody, ndmsg, neighAttrs, neighBody } from './neigh/schema.ts'
export { NEXTHOP_GRP_TYPE, NHA_OP_FLAG } from './nexthop/constants.ts'
export { type NexthopAttrs, type NexthopBody, type Nhmsg, nexthopAttrs, nexthopBody, nhmsg } from './nexthop/schema.ts'
export {
  AF_INET,
  AF_INET6,
  AF_LINK,
  AF_UNSPEC,
  linuxRT_TABLE,
  type RouteKind,
  RT_SCOPE,
  RT_TABLE,
  RTF,
  RTM_F,
  RTN,
  RTNH_F,
  RTPROT,
  routeKinds,
} from './route/constants.ts'
export {
  type Leg,
  type LegAttrs,
  legAttrs,
  metricsAttrs,
  type RouteAttrs,
  type RouteBody,
  type Rtmsg,
  type Rtnexthop,
  routeAttrs,
  routeBody,
  rtmsg,
  rtnexthop,
} from './route/schema.ts'
export { FIB_RULE, FR_ACT } from './rule/constants.ts'
export { type FibRuleHdr, fibRuleHdr, type RuleAttrs, type RuleBody, ruleAttrs, ruleBody } from './rule/schema.ts'
