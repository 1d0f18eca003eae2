import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, IpAddress, RtnlHeld } from '@nltool/nl-core/model'
import {
  IF_MAXMTU,
  IF_MINMTU,
  IFCAP_CANTCHANGE,
  IFDESCR_MAXLEN,
  IFF_UP,
  IFT_BRIDGE,
  IFT_ETHER,
  IFT_IEEE8023ADLAG,
  IFT_L2VLAN,
} from './constants.ts'
import { type AddressAmendment, addAddress, amendAddress, removeAddress, renewLinkAddr } from './data/address.ts'
import { checkGroupName, joinGroup, leaveGroup } from './data/group.ts'
import { checkUserGroup, joinMulticast, leaveMulticast, type MulticastGroup, membershipIn } from './data/multicast.ts'
import { emit } from './events.ts'
import { countFlag, setFlags } from './life/admin.ts'
import { askDriver, callDriver } from './life/driver.ts'
import { assertHeld } from './life/lifecycle.ts'
import { rename } from './life/rename.ts'
import { utf8Length } from './name.ts'
import type { NetState } from './net-state.ts'
import { netOf } from './net-state.ts'
import type { IfRecord } from './record.ts'
import type { IfTarget, InetAddr, InetAddrSpec } from './types.ts'
import { recordOf, stackOf } from './view.ts'

/**
 * Changes of an interface. All take the held RTNL and are done when they return, or have changed nothing. Each throws
 * NetlinkError ENXIO for an interface that is not attached and EBUSY while its network stack is shutting down, beside
 * the errnos that it names itself. Privilege is for the caller to check.
 */
export interface IfConfig {
  /** Sets the flag word; bits that users cannot change keep their values. The driver's refusal is ignored, as FreeBSD does. */
  setFlags(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, flags: number): void
  /** Sets or clears IFF_UP. Nothing happens if it is so already. */
  up(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget): void
  down(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget): void
  /** Bytes. @throws NetlinkError EINVAL outside 72 to 65535, EOPNOTSUPP or the driver's errno. */
  setMtu(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, mtu: number): void
  setMetric(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, metric: number): void
  /** The routing table of received packets. Its existence is for the caller to check. */
  setFib(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, fib: number): void
  /** An empty text removes it. @throws NetlinkError ENAMETOOLONG above 1023 bytes. */
  setDescription(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, description: string): void
  /** @throws NetlinkError EINVAL for a wrong length, ENODEV for a type without one, or the driver's errno. */
  setLinkAddress(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, lladdr: Uint8Array): void
  /** The word of capabilities that are to be on. @throws NetlinkError EINVAL for an unsupported one, or the driver's errno. */
  setCapabilities(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, capenable: number): void
  /** @throws NetlinkError EINVAL for a bad name, EEXIST for a member. */
  addGroup(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, group: string): void
  /** @throws NetlinkError ENOENT if it is not in the group. */
  deleteGroup(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, group: string): void
  /** Counts a user of promiscuous mode in or out. @throws NetlinkError with the driver's errno. */
  promisc(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, on: boolean): void
  /** Counts a user of all-multicast mode in or out. @throws NetlinkError with the driver's errno. */
  allmulti(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, on: boolean): void
  /** @throws NetlinkError EINVAL for an empty name, ENAMETOOLONG above 15 bytes, EEXIST for a name in use. */
  rename(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, name: string): void
  /**
   * Adds an address, or replaces the one of the same value. Validators are asked first.
   * @throws NetlinkError EINVAL, EDESTADDRREQ for a point-to-point interface, a validator's or the driver's errno.
   */
  addAddress(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, spec: InetAddrSpec): InetAddr
  /** @throws NetlinkError EADDRNOTAVAIL. */
  removeAddress(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, address: IpAddress): InetAddr
  /** Changes what a family keeps in an address, without an event. @throws NetlinkError EADDRNOTAVAIL. */
  amendAddress(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, address: IpAddress, change: AddressAmendment): InetAddr
  /** Joins a multicast group, or counts one more user of it. */
  joinMulticast(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, group: MulticastGroup): void
  /** @throws NetlinkError ENOENT if nobody has joined. */
  leaveMulticast(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, group: MulticastGroup): void
  /** A user's SIOCADDMULTI. @throws NetlinkError EOPNOTSUPP without multicast, EINVAL, EADDRINUSE for a present one. */
  addMulti(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, group: MulticastGroup): void
  /** A user's SIOCDELMULTI. @throws NetlinkError EOPNOTSUPP, EINVAL, ENOENT. */
  deleteMulti(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, group: MulticastGroup): void
}

/** Types whose link-layer address can be set (`if_setlladdr`). */
const lladdrTypes: readonly number[] = [IFT_ETHER, IFT_L2VLAN, IFT_BRIDGE, IFT_IEEE8023ADLAG]

/** The checks that every change begins with. */
export function editable(ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget): IfRecord {
  const record = recordOf(ifp)
  assertHeld(ctx, rtnl)
  if (!record.attached && record.world.defects.addsStayOpen !== true) {
    throw new NetlinkError('ENXIO', `${record.name} is ${record.state}`)
  }
  // A reference speaks for the network stack in which it was taken: the interface may be somebody else's by now.
  if (record.vnet !== stackOf(ifp)) throw new NetlinkError('ENXIO', `${record.name} has moved to another network stack`)
  if (netOf(record).dying) throw new NetlinkError('EBUSY', `network stack ${record.vnet} is shutting down`)
  return record
}

type Change<Args extends unknown[], Result> = (
  ctx: Ctx,
  net: NetState,
  record: IfRecord,
  rtnl: RtnlHeld,
  ...args: Args
) => Result

/** A change whose beginning is {@link editable}. */
function change<Args extends unknown[], Result>(apply: Change<Args, Result>) {
  return (ctx: Ctx, rtnl: RtnlHeld, ifp: IfTarget, ...args: Args): Result => {
    const record = editable(ctx, rtnl, ifp)
    return apply(ctx, netOf(record), record, rtnl, ...args)
  }
}

const touch = (record: IfRecord): void => {
  record.lastChange = record.world.clock.uptime()
}

/** The changes. They keep no state of their own: what they change is the interface. */
export const ifConfig: IfConfig = {
  setFlags: change((ctx, net, record, _rtnl, flags: number) => setFlags(ctx, net, record, flags)),
  up: change((ctx, net, record) => {
    if ((record.flags & IFF_UP) === 0) setFlags(ctx, net, record, record.flags | IFF_UP)
  }),
  down: change((ctx, net, record) => {
    if ((record.flags & IFF_UP) !== 0) setFlags(ctx, net, record, record.flags & ~IFF_UP)
  }),
  setMtu: change((ctx, net, record, _rtnl, mtu: number) => {
    if (!Number.isInteger(mtu) || mtu < IF_MINMTU || mtu > IF_MAXMTU) {
      throw new NetlinkError('EINVAL', `MTU ${mtu} is not ${IF_MINMTU} to ${IF_MAXMTU}`)
    }
    askDriver(ctx, record, { request: 'SIOCSIFMTU', mtu })
    const old = record.mtu
    record.mtu = mtu
    touch(record)
    emit(ctx, net, record, 'message', { change: 0 })
    if (old !== mtu) emit(ctx, net, record, 'mtu', { old })
  }),
  setMetric: change((_ctx, _net, record, _rtnl, metric: number) => {
    record.metric = metric
    touch(record)
  }),
  setFib: change((_ctx, _net, record, _rtnl, fib: number) => {
    record.fib = fib
  }),
  setDescription: change((_ctx, _net, record, _rtnl, description: string) => {
    if (utf8Length(description) >= IFDESCR_MAXLEN) {
      throw new NetlinkError('ENAMETOOLONG', `a description has at most ${IFDESCR_MAXLEN - 1} bytes`)
    }
    record.description = description === '' ? undefined : description
    touch(record)
  }),
  setLinkAddress: change((ctx, net, record, _rtnl, lladdr: Uint8Array) => {
    if (!lladdrTypes.includes(record.type)) throw new NetlinkError('ENODEV', `${record.name} has no link-layer address`)
    if (lladdr.length !== record.addrlen) {
      throw new NetlinkError('EINVAL', `a link-layer address of ${record.name} has ${record.addrlen} bytes`)
    }
    const refused = callDriver(ctx, record, { request: 'SIOCSIFLLADDR', lladdr })
    if (refused !== undefined && refused !== 'EOPNOTSUPP') {
      throw new NetlinkError(refused, `${record.name} refuses the link-layer address`)
    }
    const old = record.lladdr
    record.lladdr = lladdr.slice()
    renewLinkAddr(record)
    touch(record)
    emit(ctx, net, record, 'lladdr', { old })
  }),
  setCapabilities: change((ctx, _net, record, _rtnl, capenable: number) => {
    const wanted = (capenable & ~IFCAP_CANTCHANGE) | (record.capenable & IFCAP_CANTCHANGE)
    const unsupported = wanted & ~record.capabilities
    if (unsupported !== 0) {
      throw new NetlinkError('EINVAL', `${record.name} lacks capabilities 0x${(unsupported >>> 0).toString(16)}`)
    }
    askDriver(ctx, record, { request: 'SIOCSIFCAP', capenable: wanted })
    record.capenable = wanted
    touch(record)
  }),
  addGroup: change((ctx, net, record, _rtnl, group: string) => {
    checkGroupName(group)
    joinGroup(ctx, net, record, group)
  }),
  deleteGroup: change((ctx, net, record, _rtnl, group: string) => leaveGroup(ctx, net, record, group)),
  promisc: change((ctx, net, record, _rtnl, on: boolean) => countFlag(ctx, net, record, 'promisc', on)),
  allmulti: change((ctx, net, record, _rtnl, on: boolean) => countFlag(ctx, net, record, 'allmulti', on)),
  rename: change((ctx, net, record, _rtnl, name: string) => rename(ctx, net, record, name)),
  addAddress: change((ctx, _net, record, rtnl, spec: InetAddrSpec) => addAddress(ctx, rtnl, record, spec)),
  removeAddress: change((ctx, _net, record, rtnl, address: IpAddress) => removeAddress(ctx, rtnl, record, address)),
  amendAddress: change((_ctx, _net, record, _rtnl, address: IpAddress, amendment: AddressAmendment) =>
    amendAddress(record, address, amendment),
  ),
  joinMulticast: change((ctx, _net, record, rtnl, group: MulticastGroup) => joinMulticast(ctx, rtnl, record, group)),
  leaveMulticast: change((ctx, _net, record, rtnl, group: MulticastGroup) => leaveMulticast(ctx, rtnl, record, group)),
  addMulti: change((ctx, _net, record, rtnl, group: MulticastGroup) => {
    checkUserGroup(record, group)
    if (membershipIn(record, group) !== undefined)
      throw new NetlinkError('EADDRINUSE', `${record.name} is in the group`)
    joinMulticast(ctx, rtnl, record, group)
  }),
  deleteMulti: change((ctx, _net, record, rtnl, group: MulticastGroup) => {
    checkUserGroup(record, group)
    leaveMulticast(ctx, rtnl, record, group)
  }),
}
