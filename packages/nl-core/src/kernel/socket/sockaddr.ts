import { abiConstants } from '../../abi.ts'
import { SocketError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'

/** `struct sockaddr_nl` without its layout, netlink(7). */
export interface SockaddrNl {
  /** `nl_pid`: a port; 0 is the kernel, or lets the kernel choose. */
  readonly portid: number
  /** `nl_groups`: bit g−1 stands for group g. */
  readonly groups: number
}

/** Bytes of `struct sockaddr_nl` on both systems. */
export const sockaddrNlSize = 12

/** The layout of an ABI: FreeBSD's `nl_len`, `nl_family` u8 each, Linux's `nl_family` u16. */
export function encodeSockaddr(address: SockaddrNl, abi: Abi): Uint8Array {
  const bytes = new Uint8Array(sockaddrNlSize)
  const family = abiConstants[abi].AF_NETLINK
  if (abi === 'freebsd') bytes.set([sockaddrNlSize, family])
  else bytes[0] = family
  const view = new DataView(bytes.buffer)
  view.setUint32(4, address.portid, true)
  view.setUint32(8, address.groups, true)
  return bytes
}

/**
 * Reads an address as bind(2) and connect(2) do. FreeBSD looks at `nl_len` only, Linux at length and family.
 * @throws SocketError EINVAL
 */
export function decodeSockaddr(address: SockaddrNl | Uint8Array, abi: Abi): SockaddrNl {
  if (!(address instanceof Uint8Array)) return { portid: address.portid >>> 0, groups: address.groups >>> 0 }
  if (address.length < sockaddrNlSize) throw new SocketError('EINVAL', `sockaddr_nl of ${address.length} bytes, not 12`)
  const view = new DataView(address.buffer, address.byteOffset, address.length)
  if (abi === 'freebsd' && address[0] !== sockaddrNlSize)
    throw new SocketError('EINVAL', `nl_len is ${address[0]}, not 12`)
  if (abi === 'linux' && view.getUint16(0, true) !== abiConstants.linux.AF_NETLINK) {
    throw new SocketError('EINVAL', `nl_family is ${view.getUint16(0, true)}, not AF_NETLINK`)
  }
  return { portid: view.getUint32(4, true), groups: view.getUint32(8, true) }
}
