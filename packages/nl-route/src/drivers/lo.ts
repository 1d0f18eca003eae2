import {
  type Cloner,
  type DriverRequest,
  IFCAP_LINKSTATE,
  IFCAP_RXCSUM,
  IFCAP_RXCSUM_IPV6,
  IFCAP_TXCSUM,
  IFCAP_TXCSUM_IPV6,
  IFF_LOOPBACK,
  IFF_MULTICAST,
  IFT_LOOP,
  type Ifnet,
  type IfOwner,
  LINK_STATE_DOWN,
  LINK_STATE_UP,
} from '@nltool/ifnet'
import { runWhileUp } from './running.ts'

/** FreeBSD if_loop.c, LOMTU. */
const LOMTU = 16384
const capabilities = IFCAP_RXCSUM | IFCAP_TXCSUM | IFCAP_LINKSTATE | IFCAP_RXCSUM_IPV6 | IFCAP_TXCSUM_IPV6

/** The cloner of loopback interfaces, FreeBSD if_loop.c. `lo0` exists in every network stack and stays. */
export function loCloner(): Cloner {
  return {
    name: 'lo',
    minIfs: 1,
    create({ ctx, rtnl, name, alloc }) {
      let owner: IfOwner | undefined
      owner = alloc({
        name,
        type: IFT_LOOP,
        flags: IFF_LOOPBACK | IFF_MULTICAST,
        mtu: LOMTU,
        capabilities,
        methods: { ioctl: (_ifp, request) => applyTo(owner, request), transmit: loopBack },
      })
      owner.attach(ctx, rtnl)
      return { interfaces: [owner] }
    },
  }
}

/** It runs, and its link is up, as long as the interface is. */
function applyTo(owner: IfOwner | undefined, request: DriverRequest): undefined {
  if (request.request !== 'SIOCSIFFLAGS' || owner === undefined) return
  owner.linkState(runWhileUp(owner, request.flags) ? LINK_STATE_UP : LINK_STATE_DOWN)
}

function loopBack(ifp: Ifnet, packet: Uint8Array): undefined {
  ifp.input(packet)
}
