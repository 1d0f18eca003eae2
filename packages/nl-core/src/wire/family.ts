import type { Abi } from '../model/abi.ts'

/** FreeBSD's number and Linux's of the families that both have: sys/socket.h, FreeBSD compat/linux/linux.c. */
const rows = [
  [0, 0], // AF_UNSPEC
  [1, 1], // AF_LOCAL
  [2, 2], // AF_INET
  [10, 3], // AF_CCITT as AF_AX25, so FreeBSD's table
  [16, 5], // AF_APPLETALK
  [18, 17], // AF_LINK, AF_PACKET
  [23, 4], // AF_IPX
  [28, 10], // AF_INET6
  [38, 16], // AF_NETLINK
] as const

/** What is added to the number of a family that only Linux has: AF_BRIDGE, 7, is decoded to 0x107. */
export const linuxFamilyBase = 0x100

const toFreebsd: ReadonlyMap<number, number> = new Map(rows.map(([freebsd, linux]) => [linux, freebsd]))
const toLinux: ReadonlyMap<number, number> = new Map(rows)

/**
 * The model's number of an address family that stands in a message: FreeBSD's. A family that only Linux has becomes
 * `linuxFamilyBase` + its number, so that it is no FreeBSD family and can be written back.
 */
export function familyFromAbi(number: number, abi: Abi): number {
  return abi === 'freebsd' ? number : (toFreebsd.get(number) ?? linuxFamilyBase + number)
}

/** The inverse of {@link familyFromAbi}; `undefined` for a family that the system lacks. */
export function familyToAbi(family: number, abi: Abi): number | undefined {
  if (abi === 'freebsd') return family
  return toLinux.get(family) ?? (family >= linuxFamilyBase ? family - linuxFamilyBase : undefined)
}
