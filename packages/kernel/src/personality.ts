import { SocketError } from '@nltool/nl-core/errno'

/** Names of the systems whose rules a kernel can follow. */
export type PersonalityName = 'freebsd' | 'linux'

/**
 * The rules of one system, as rows: what the systems do differently although both understand the request. Numbers and
 * layouts are not here: they belong to the ABI of each socket, and any personality serves sockets of both.
 */
export interface Personality {
  readonly name: PersonalityName
  /** Loopback interface made at boot. */
  readonly loopback: LoopbackRules
  /** `kern.ostype`, as uname(1) prints it. */
  readonly ostype: string
}

/** The loopback interface that exists from boot. */
export interface LoopbackRules {
  readonly name: string
  readonly mtu: number
  /** Addresses set at boot, in this order; what follows from them (`fe80::1/64`) comes by itself. */
  readonly addresses: readonly string[]
}

/** FreeBSD: lo0 as /etc/rc.d/netif leaves it in every vnet that boots with the default rc.conf. */
export const freebsdPersonality: Personality = {
  name: 'freebsd',
  ostype: 'FreeBSD',
  loopback: { name: 'lo0', mtu: 16384, addresses: ['127.0.0.1/8', '::1/128'] },
}

/** Personalities that exist. */
const personalities: { readonly [name in PersonalityName]?: Personality } = { freebsd: freebsdPersonality }

/** The rules of a system. @throws SocketError EOPNOTSUPP for one that this version does not have. */
export function personalityOf(name: PersonalityName): Personality {
  const found = personalities[name]
  if (found !== undefined) return found
  throw new SocketError(
    'EOPNOTSUPP',
    `there is no ${name} personality yet: create the kernel with personality 'freebsd'; Linux programs still find their own numbers and layouts there (spawn({ abi: 'linux' }))`,
  )
}
