import type { InetAddr } from '@nltool/ifnet'
import { IFA_F, IN6_IFF } from './constants.ts'

/** Flags that both numberings have, FreeBSD nl_flags_to_in6. */
const pairs: readonly (readonly [ifaF: number, in6Iff: number])[] = [
  [IFA_F.IFA_F_NODAD, IN6_IFF.IN6_IFF_NODAD],
  [IFA_F.IFA_F_DEPRECATED, IN6_IFF.IN6_IFF_DEPRECATED],
  [IFA_F.IFA_F_TENTATIVE, IN6_IFF.IN6_IFF_TENTATIVE],
  [IFA_F.IFA_F_TEMPORARY, IN6_IFF.IN6_IFF_TEMPORARY],
  [IFA_F.IFA_F_DADFAILED, IN6_IFF.IN6_IFF_DUPLICATED],
]

/** Where an address keeps IN6_IFF_* among its flags; below are IFA_ROUTE and its fellows. */
const in6Shift = 16

/** IN6_IFF_* for what IFA_F_* say. */
export function flags6From(ifaFlags: number): number {
  return pairs.reduce((flags, [ifaF, in6]) => ((ifaFlags & ifaF) === 0 ? flags : flags | in6), 0)
}

/** IFA_F_* for IN6_IFF_*. */
export function ifaFlagsOf(flags6: number): number {
  return pairs.reduce((flags, [ifaF, in6]) => ((flags6 & in6) === 0 ? flags : flags | ifaF), 0)
}

/** IN6_IFF_* of an address. */
export function flags6Of({ flags }: InetAddr): number {
  return flags >>> in6Shift
}

/** What {@link flags6Of} reads back. */
export function keepFlags6(flags6: number): number {
  return (flags6 << in6Shift) >>> 0
}
