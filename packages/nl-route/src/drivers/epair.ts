import {
  type Cloner,
  type DriverRequest,
  IFCAP_LINKSTATE,
  IFCAP_VLAN_MTU,
  IFF_BROADCAST,
  IFF_MULTICAST,
  IFF_SIMPLEX,
  IFF_UP,
  IFT_ETHER,
  type IfOwner,
  type IfSpec,
  LINK_STATE_DOWN,
  LINK_STATE_UP,
} from '@nltool/ifnet'
import type { Random } from '@nltool/nl-core/model'
import { runWhileUp } from './running.ts'

/** One end of a pair. Whether it is up is the interface's to say: it changes without the driver, as on a move. */
interface End {
  owner: IfOwner | undefined
}

/**
 * The cloner of virtual back-to-back Ethernet interfaces, FreeBSD epair(4): unit 0 makes `epair0a` and `epair0b`, which
 * come and go together. The link of both is up when both ends are.
 */
export function epairCloner(): Cloner {
  return {
    name: 'epair',
    names: unit => [`epair${unit}a`, `epair${unit}b`],
    create({ ctx, rtnl, unit, random, alloc }) {
      const a: End = { owner: undefined }
      const b: End = { owner: undefined }
      const [lladdrA, lladdrB] = addresses(random)
      const ownerA = alloc(spec(`epair${unit}a`, lladdrA, request => apply(a, b, request)))
      const ownerB = alloc(spec(`epair${unit}b`, lladdrB, request => apply(b, a, request)))
      a.owner = ownerA
      b.owner = ownerB
      ownerA.attach(ctx, rtnl)
      ownerB.attach(ctx, rtnl)
      return { interfaces: [ownerA, ownerB] }
    },
  }
}

function spec(name: string, lladdr: Uint8Array, ioctl: (request: DriverRequest) => undefined): IfSpec {
  return {
    name,
    type: IFT_ETHER,
    flags: IFF_BROADCAST | IFF_SIMPLEX | IFF_MULTICAST,
    lladdr,
    capabilities: IFCAP_VLAN_MTU | IFCAP_LINKSTATE,
    linkState: LINK_STATE_DOWN,
    methods: { ioctl: (_ifp, request) => ioctl(request) },
  }
}

function apply(end: End, peer: End, request: DriverRequest): undefined {
  if (request.request !== 'SIOCSIFFLAGS') return
  const up = runWhileUp(end.owner, request.flags)
  const peerUp = ((peer.owner?.ifp.flags ?? 0) & IFF_UP) !== 0
  const state = up && peerUp ? LINK_STATE_UP : LINK_STATE_DOWN
  end.owner?.linkState(state)
  peer.owner?.linkState(state)
}

/** Locally administered addresses, alike but for their last octets, 0a and 0b. */
function addresses(random: Random): readonly [Uint8Array, Uint8Array] {
  const word = random.u32()
  const common = [0x02, word >>> 24, word >>> 16, word >>> 8, word]
  return [Uint8Array.of(...common, 0x0a), Uint8Array.of(...common, 0x0b)]
}
