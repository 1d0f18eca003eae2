import type { PathSpec, RouteAdd } from '@nltool/nl-route'
import type { Dice } from './network-dice.ts'

/** Few values, so that requests meet each other; some are invalid. */
const families = {
  inet: {
    stems: ['192.0.2.', '10.0.0.', '10.0.1.'],
    lengths: [24, 24, 25, 31, 32, 8],
    dsts: [
      '203.0.113.0/24',
      '203.0.113.0/25',
      '203.0.113.9/32',
      '0.0.0.0/0',
      '192.0.2.0/24',
      '192.0.2.1/32',
      '10.0.0.0/8',
    ],
  },
  inet6: {
    stems: ['2001:db8::', '2001:db8:1::', 'fe80::'],
    lengths: [64, 64, 127, 128],
    dsts: ['2001:db9::/32', '2001:db9::1/128', '::/0', '2001:db8::/64'],
  },
} as const

type Family = keyof typeof families

export const familyOf = (dice: Dice): Family => (dice.once(3) ? 'inet6' : 'inet')

export const dstOf = (dice: Dice, family: Family): string => dice.pick<string>(families[family].dsts)

export const gatewayOf = (dice: Dice, family: Family): string =>
  `${dice.pick<string>(families[family].stems)}${1 + dice.below(8)}`

export function addressOf(dice: Dice): string {
  const { stems, lengths } = families[familyOf(dice)]
  return `${dice.pick<string>(stems)}${1 + dice.below(4)}/${dice.pick<number>(lengths)}`
}

/** Where a route leads: nowhere, to a link, to a gateway, to several. */
function viaOf(dice: Dice, family: Family, ifname: string): Partial<RouteAdd> {
  const on = (): PathSpec => (dice.once(2) ? { ifname } : {})
  switch (dice.below(6)) {
    case 0:
      return { type: dice.pick(['blackhole', 'unreachable', 'prohibit']) }
    case 1:
      return { ifname }
    case 2:
      return {
        nexthops: Array.from({ length: 1 + dice.below(4) }, () => ({
          gateway: gatewayOf(dice, family),
          weight: 1 + dice.below(5),
          ...on(),
        })),
      }
    default:
      return {
        gateway: gatewayOf(dice, dice.once(8) ? 'inet6' : family), // RFC 8950
        weight: dice.once(3) ? 1 + dice.below(9) : undefined,
        ...on(),
      }
  }
}

/** A route that may name the interface. `seconds` is the time of the kernel. */
export function routeOf(dice: Dice, ifname: string, seconds: number): RouteAdd {
  const family = familyOf(dice)
  return {
    dst: dstOf(dice, family),
    table: dice.once(4) ? 1 : 0,
    ...viaOf(dice, family, ifname),
    protocol: dice.once(10) ? dice.pick([2, 11, 42]) : undefined, // RTPROT_KERNEL, ZEBRA, BABEL
    rtflags: dice.once(10) ? dice.pick([0, 0x800, 0x8000, 0x100000]) : undefined, // RTF_STATIC, PROTO1, PINNED
    mtu: dice.once(10) ? 1400 : undefined,
    expires: dice.once(12) ? Math.floor(seconds) + dice.below(20) : undefined,
  }
}
