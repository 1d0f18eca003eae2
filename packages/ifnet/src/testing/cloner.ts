import type { Errno } from '@nltool/nl-core/errno'
import type { Cloner } from '../clone/clone.ts'
import { IFF_BROADCAST, IFF_MULTICAST, IFF_SIMPLEX, IFT_ETHER } from '../constants.ts'
import type { DriverRequest, Ifnet, IfOwner } from '../types.ts'

/** Options of {@link etherCloner}. */
export interface EtherOptions {
  readonly minIfs?: number
  readonly maxUnit?: number
  /** Two interfaces per unit, with `a` and `b` behind the unit, as epair(4). */
  readonly pair?: boolean
  /** What the driver answers to a request; default: it does everything. */
  readonly refuse?: (request: DriverRequest) => Errno | undefined
  /** Hears of every packet that reaches the driver. */
  readonly onTransmit?: (ifp: Ifnet, packet: Uint8Array) => void
}

/** A cloner of plain Ethernet interfaces whose driver does nothing but listen. */
export function etherCloner(name: string, options: EtherOptions = {}): Cloner {
  const { refuse, onTransmit, pair = false } = options
  const names = (unit: number): readonly [string, ...string[]] =>
    pair ? [`${name}${unit}a`, `${name}${unit}b`] : [`${name}${unit}`]
  return {
    name,
    names,
    minIfs: options.minIfs ?? 0,
    ...(options.maxUnit === undefined ? {} : { maxUnit: options.maxUnit }),
    create({ ctx, rtnl, unit, alloc }) {
      const make = (ifname: string, end: number): IfOwner =>
        alloc({
          name: ifname,
          type: IFT_ETHER,
          flags: IFF_BROADCAST | IFF_SIMPLEX | IFF_MULTICAST,
          lladdr: Uint8Array.of(2, 0, 0, unit >> 8, unit, end),
          methods: {
            ioctl: (_ifp, request) => refuse?.(request),
            transmit(ifp: Ifnet, packet) {
              onTransmit?.(ifp, packet)
              return undefined
            },
          },
        })
      const [first, ...rest] = names(unit)
      const interfaces: [IfOwner, ...IfOwner[]] = [make(first, 1), ...rest.map((ifname, i) => make(ifname, i + 2))]
      for (const owner of interfaces) owner.attach(ctx, rtnl)
      return { interfaces }
    },
  }
}
