import { SocketError } from '@nltool/nl-core/errno'
import { freebsdSockets, type SocketPersonality } from '@nltool/nl-core/kernel'
import { type GenericPersonality, genericPersonalities } from '@nltool/nl-genl/kernel'

/** Names of the systems whose rules a kernel can follow. */
export type PersonalityName = 'freebsd' | 'linux'

/**
 * The rules of one system, as rows: what the systems do differently although both understand the request. What a
 * program of the other system needs in order to be understood at all is not here: numbers, layouts, port rules and
 * datagram borders belong to the ABI of each socket, and any personality serves sockets of both.
 */
export interface Personality {
  readonly name: PersonalityName
  /** `kern.ostype`, as uname(1) prints it. */
  readonly ostype: string
  /** Sockets: congestion, privileges, failed dumps. */
  readonly sockets: SocketPersonality
  /** Generic netlink: order of checks, the controller's answers. */
  readonly generic: GenericPersonality
  /**
   * Addresses of the loopback interface with which every network stack begins, in this order; what follows from them
   * comes by itself.
   */
  readonly loopbackAddresses: readonly string[]
}

/** FreeBSD's rules. */
export const freebsdPersonality: Personality = {
  name: 'freebsd',
  ostype: 'FreeBSD',
  sockets: freebsdSockets,
  generic: genericPersonalities.freebsd,
  loopbackAddresses: ['127.0.0.1/8', '::1/128'], // /etc/rc.d/netif; in6_ifattach adds fe80::1/64
}

/** Personalities that exist. */
const personalities: { readonly [name in PersonalityName]?: Personality } = { freebsd: freebsdPersonality }

/** The rules of a system. @throws SocketError EOPNOTSUPP for one that this version does not have. */
export function personalityOf(name: PersonalityName): Personality {
  const found = Object.hasOwn(personalities, name) ? personalities[name] : undefined
  if (found !== undefined) return found
  throw new SocketError(
    'EOPNOTSUPP',
    `there is no ${name} personality yet: create the kernel with personality 'freebsd'; Linux programs still find their own numbers and layouts there (spawn({ abi: 'linux' }))`,
  )
}
