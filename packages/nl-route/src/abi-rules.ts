import type { Errno } from '@nltool/nl-core/errno'
import type { Abi } from '@nltool/nl-core/model'
import { RTN } from './route/constants.ts'

/**
 * What the ABI of a socket decides in rtnetlink beside numbers and layouts: requests that its programs make and the
 * other system's do not. Everything else is the same for both.
 */
export interface RouteAbiRules {
  /** A route dump without a table: of the main one, or of all. */
  readonly dumpWithoutTable: 'main' | 'all'
  /** A deletion names the protocol and the type of the route too: a daemon deletes only its own. */
  readonly deletesOwnOnly: boolean
  /** Routes of type LOCAL, BROADCAST, ANYCAST and MULTICAST can be asked for; FreeBSD makes them unicast. */
  readonly refusedTypes: readonly number[]
  /** RTA_EXPIRES: seconds since 1970, or seconds from now. */
  readonly expires: 'absolute' | 'relative'
  /** RTM_SETLINK, and RTM_DELLINK by name. */
  readonly linkByName: boolean
  /** DELLINK of an interface that nobody created. */
  readonly notCloned: Errno
  /** NEWLINK of a kind that no cloner makes. */
  readonly unknownKind: readonly [code: Errno, text: string | undefined]
  /** A dump of rules answers the fixed ones; dumps of objects that are not modelled are empty. Else: unknown types. */
  readonly startupDumps: boolean
}

/** The rules of both ABIs. */
export const routeAbiRules: { readonly [abi in Abi]: RouteAbiRules } = {
  freebsd: {
    dumpWithoutTable: 'main',
    deletesOwnOnly: false,
    refusedTypes: [],
    expires: 'absolute',
    linkByName: false,
    notCloned: 'EINVAL',
    unknownKind: ['EINVAL', undefined],
    startupDumps: false,
  },
  linux: {
    dumpWithoutTable: 'all',
    deletesOwnOnly: true,
    refusedTypes: [RTN.RTN_LOCAL, RTN.RTN_BROADCAST, RTN.RTN_ANYCAST, RTN.RTN_MULTICAST],
    expires: 'relative',
    linkByName: true,
    notCloned: 'EOPNOTSUPP',
    unknownKind: ['EOPNOTSUPP', 'Unknown device type'],
    startupDumps: true,
  },
}
