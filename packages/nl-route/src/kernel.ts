/// <reference lib="esnext.disposable" preserve="true" />
export { type RouteAbiRules, routeAbiRules } from './abi-rules.ts'
export { toAddrBody } from './addr/to-body.ts'
export { epairCloner } from './drivers/epair.ts'
export { loCloner } from './drivers/lo.ts'
export { type VlanParams, vlanCloner } from './drivers/vlan.ts'
export { toLinkBody } from './link/to-body.ts'
export { addAddress } from './net/addresses.ts'
export { createRouteNet, type RouteNet, type RouteNetOptions } from './net/net.ts'
export { routeProtocol } from './protocol.ts'
export {
  createNexthopStore,
  type Nexthop,
  type NexthopGroup,
  type NexthopOrGroup,
  type NexthopSpec,
  type NexthopStore,
  pathsOf,
  selectNexthop,
  type WeightedNexthop,
} from './rib/nexthop.ts'
export { createRib } from './rib/rib.ts'
export { dealSlots, MAX_SLOTS } from './rib/slots.ts'
export type { RibState, SavedGroup, SavedRoute } from './rib/state.ts'
export type {
  Cause,
  DeleteOptions,
  PathRequest,
  PutMode,
  Rib,
  RibAudit,
  RibChange,
  RibListener,
  RibRoute,
  RouteKey,
} from './rib/types.ts'
export { toRouteBody } from './route/to-body.ts'
