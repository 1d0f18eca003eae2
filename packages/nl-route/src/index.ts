/// <reference lib="esnext.disposable" preserve="true" />
export { type RouteGroup, RTNLGRP, routeGroups, rtnlGroupCount } from './groups.ts'
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
export { IFA_F, IFAPROT, IN6_IFF, INFINITE_LIFETIME } from './addr/constants.ts'
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
export { addrTypes, linkTypes, neighTypes, nexthopTypes, type RtnlType, routeTypes, rtnlTypeName, rtnlTypes, rtnlVerb, ruleTypes } from './messages.ts'
export { NTF, NTF_EXT, NUD } from './neigh/constants.ts'
export { NEXTHOP_GRP_TYPE, NHA_OP_FLAG } from './nexthop/constants.ts'
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
export { FIB_RULE, FR_ACT } from './rule/constants.ts'
