import {
  type Cloner,
  IF_MAXMTU,
  IFCAP_LINKSTATE,
  IFCAP_VLAN_MTU,
  IFF_BROADCAST,
  IFF_MULTICAST,
  IFF_SIMPLEX,
  IFT_BRIDGE,
  IFT_ETHER,
  IFT_IEEE8023ADLAG,
  IFT_L2VLAN,
  type IfIndex,
  type Ifnet,
  type IfOwner,
  LINK_STATE_DOWN,
  type Net,
  type Section,
} from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, VnetId } from '@nltool/nl-core/model'
import { ETHERTYPE_QINQ, ETHERTYPE_VLAN } from '../link/constants.ts'
import { runWhileUp } from './running.ts'

/** What makes a VLAN: IFLA_VLAN_* and the interface that it is on. */
export interface VlanParams {
  /** 1 to 4094. */
  readonly id: number
  /** Ethertype: 0x8100 (802.1q) or 0x88a8 (802.1ad). */
  readonly protocol: number
  /** Index of the parent; of an interface that has lost its own, `undefined`. */
  readonly parent: number | undefined
}

/** What an absent IFLA_VLAN_ID reads as (FreeBSD if_vlan.c, DOT1Q_VID_NULL). */
export const noVlanId = 0xfefe
/** Bytes of the tag, which a parent without room for it takes from the MTU. */
const tagBytes = 4

const parentTypes: readonly number[] = [IFT_ETHER, IFT_L2VLAN, IFT_BRIDGE, IFT_IEEE8023ADLAG]

/** A VLAN as it is now; without a parent once that has gone. */
interface Vlan extends Omit<VlanParams, 'parent'> {
  parent: VlanParams['parent']
}

/**
 * The cloner of IEEE 802.1Q interfaces, FreeBSD if_vlan.c. `netOf` gives the network stack of a number: parents are
 * looked up and followed there. To be registered after the cloners whose interfaces may be parents.
 */
export function vlanCloner(netOf: (vnet: VnetId) => Net | undefined): Cloner {
  const vlans = new Map<IfIndex, Vlan>()
  return {
    name: 'vlan',
    describe(ifp) {
      const vlan = vlans.get(ifp.index)
      return vlan === undefined ? undefined : { id: vlan.id, protocol: vlan.protocol, parent: vlan.parent }
    },
    create({ ctx, rtnl, vnet, name, params, alloc }) {
      const net = netOf(vnet)
      if (net === undefined) throw new NetlinkError('ENXIO', `there is no network stack ${vnet}`)
      const wanted = checked(params)
      using section = net.epoch.enter(ctx)
      const parent = wanted.parent === undefined ? undefined : parentOf(net, section, wanted.parent)
      if (parent !== undefined) checkParent(parent, wanted, vlans)
      const vlan: Vlan = { ...wanted }
      const owner = allocate(alloc, name, parent)
      vlans.set(owner.ifp.index, vlan) // whoever hears of the arrival may ask for its description
      try {
        owner.attach(ctx, rtnl)
      } catch (error) {
        vlans.delete(owner.ifp.index)
        throw error
      }
      return { interfaces: [owner], destroy: destroyer(vlans, owner, follow(net, owner, vlan)) }
    },
  }
}

function parentOf(net: Net, section: Section, index: number): Ifnet {
  const parent = net.interfaces.byIndexAttached(section, index)
  if (parent === undefined) throw new NetlinkError('ENOENT')
  return parent
}

/** FreeBSD's checks of IFLA_VLAN_*, in its order. */
function checked(params: unknown): VlanParams {
  if (params === undefined) throw new NetlinkError('EOPNOTSUPP', 'vlan id is required, guessing not supported')
  const wanted = params as VlanParams
  if (wanted.id > 4095) throw new NetlinkError('EINVAL', `Invalid VID: ${wanted.id}`)
  if (wanted.protocol !== ETHERTYPE_VLAN && wanted.protocol !== ETHERTYPE_QINQ) {
    const ethertype = wanted.protocol.toString(16).toUpperCase().padStart(4, '0')
    throw new NetlinkError('EOPNOTSUPP', `Unsupported ethertype: 0x${ethertype}`)
  }
  return { id: wanted.id, protocol: wanted.protocol, parent: wanted.parent }
}

function checkParent(parent: Ifnet, { id, protocol }: VlanParams, vlans: ReadonlyMap<IfIndex, Vlan>): void {
  if (id === 0 || id === 4095) throw new NetlinkError('EINVAL', `VLAN id ${id} is reserved`)
  if (!parentTypes.includes(parent.type)) throw new NetlinkError('EPROTONOSUPPORT', `${parent.name} carries no VLANs`)
  for (const other of vlans.values()) {
    if (other.parent === parent.index && other.id === id && other.protocol === protocol) {
      throw new NetlinkError('EEXIST', `${parent.name} has VLAN ${id}`)
    }
  }
}

/** Without a parent: of a state file, which gives it its own addresses and MTU. */
function allocate(alloc: Parameters<Cloner['create']>[0]['alloc'], name: string, parent: Ifnet | undefined): IfOwner {
  const mtu = mtuOn(parent)
  const owner: IfOwner = alloc({
    name,
    type: IFT_L2VLAN,
    flags: IFF_BROADCAST | IFF_SIMPLEX | IFF_MULTICAST,
    mtu,
    ...(parent === undefined
      ? { addrlen: 6 }
      : { addrlen: parent.addrlen, lladdr: parent.lladdr, broadcast: parent.broadcast }),
    capabilities: IFCAP_LINKSTATE,
    linkState: parent?.linkState ?? LINK_STATE_DOWN,
    methods: {
      ioctl(_ifp, request) {
        if (request.request === 'SIOCSIFMTU' && request.mtu > mtu) return 'EINVAL'
        if (request.request === 'SIOCSIFFLAGS') runWhileUp(owner, request.flags)
        return undefined
      },
    },
  })
  return owner
}

/** Bytes. */
function mtuOn(parent: Ifnet | undefined): number {
  if (parent === undefined) return IF_MAXMTU
  return (parent.capenable & IFCAP_VLAN_MTU) !== 0 ? parent.mtu : parent.mtu - tagBytes
}

/** The link is that of the parent; without one it is down (vlan_link_state, vlan_ifdetach). */
function follow(net: Net, owner: IfOwner, vlan: Vlan): () => void {
  const stops = [
    net.events.on('link', ({ ifp, state }) => {
      if (ifp.index === vlan.parent) owner.linkState(state)
    }),
    net.events.on('departure', ({ ifp, reason }) => {
      if (ifp.index !== vlan.parent || reason === 'rename') return
      vlan.parent = undefined
      owner.linkState(LINK_STATE_DOWN)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function destroyer(vlans: Map<IfIndex, Vlan>, owner: IfOwner, stop: () => void) {
  const { index } = owner.ifp
  return async (ctx: Ctx, held: Parameters<IfOwner['detach']>[1]): Promise<void> => {
    await owner.detach(ctx, held)
    owner.free(ctx)
    vlans.delete(index)
    stop()
  }
}
