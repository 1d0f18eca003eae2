import type { Abi } from '@nltool/nl-core/model'
import { IFT, linuxIFF, NUD, operstates, RT_SCOPE, RTPROT, routeKinds } from '@nltool/nl-route'
import { type BitNames, bitNames } from '../flag-names.ts'
import { linkFlagNames } from '../ifconfig/flags.ts'
import { routeFlagNames } from '../route/flags.ts'

/** What a number means: a word, or the names of its bits. */
type Meaning = (value: number, abi: Abi) => string | undefined

function word(words: readonly string[]): Meaning {
  return value => words[value]
}

/** Constants by number: `{ RTPROT_STATIC: 4 }` without the prefix, in lower case. */
function constant(constants: Readonly<Record<string, number>>, prefix: string): Meaning {
  const names = new Map(
    Object.entries(constants).map(([name, value]) => [value, name.slice(prefix.length).toLowerCase()]),
  )
  return value => names.get(value)
}

function bits(names: BitNames): Meaning {
  return value => `<${bitNames(value, names).join(',')}>`
}

/** IFF_* of Linux: the common ones, and two with other numbers. */
const linuxLinkFlags: BitNames = [
  ...linkFlagNames.filter(([bit]) => (bit & linuxIFF.common) !== 0),
  [linuxIFF.IFF_MULTICAST, 'MULTICAST'],
  [linuxIFF.IFF_LOWER_UP, 'LOWER_UP'],
]

const linkFlags: Meaning = (value, abi) => bits(abi === 'linux' ? linuxLinkFlags : linkFlagNames)(value, abi)

const nudNames: BitNames = Object.entries(NUD).flatMap(([name, bit]) =>
  bit === 0 ? [] : [[bit, name.slice('NUD_'.length)]],
)

/** Numbers that have a meaning, by structure and field or by attribute. */
const meanings: Readonly<Record<string, Meaning>> = {
  'ifinfomsg.type': (value, abi) => (abi === 'linux' ? undefined : constant(IFT, 'IFT_')(value, abi)),
  'ifinfomsg.flags': linkFlags,
  'ifinfomsg.change': linkFlags,
  'ifaddrmsg.scope': constant(RT_SCOPE, 'RT_SCOPE_'),
  'rtmsg.protocol': constant(RTPROT, 'RTPROT_'),
  'rtmsg.scope': constant(RT_SCOPE, 'RT_SCOPE_'),
  'rtmsg.type': word(routeKinds),
  'ndmsg.state': bits(nudNames),
  IFLA_OPERSTATE: word(operstates),
  NL_RTA_RTFLAGS: bits(routeFlagNames),
}

/** What a number means, where that is known. */
export function meaningOf(name: string, value: unknown, abi: Abi): string | undefined {
  return typeof value === 'number' && Object.hasOwn(meanings, name) ? meanings[name]?.(value, abi) : undefined
}
