import { NetlinkError } from '@nltool/nl-core/errno'
import { linuxFamilyBase } from '@nltool/nl-core/wire'
import { AF_INET, AF_INET6, AF_UNSPEC } from '../route/constants.ts'

/**
 * Checks that a family has addresses and routes. A family without a number in FreeBSD is refused as FreeBSD's Linux layer
 * does (linux_netlink.c). @throws NetlinkError EAFNOSUPPORT; EPFNOSUPPORT for a family that only Linux has
 */
export function checkFamily(family: number): void {
  if (family === AF_INET || family === AF_INET6) return
  throw new NetlinkError(family >= linuxFamilyBase ? 'EPFNOSUPPORT' : 'EAFNOSUPPORT')
}

/** The family of a dump: one that only Linux has means all of them, for pyroute2 sends 255. */
export function dumpedFamily(family: number): number {
  return family >= linuxFamilyBase ? AF_UNSPEC : family
}
