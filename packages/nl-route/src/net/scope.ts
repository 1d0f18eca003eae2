import { IpAddress } from '@nltool/nl-core/model'

/**
 * A link-local IPv6 address with the index of its interface in bytes 2 and 3, the form in which FreeBSD's RIB tells the
 * `fe80::/64` of one interface from that of another (in6_setscope). Others are returned as they are.
 */
export function embedScope(address: IpAddress, ifindex: number): IpAddress {
  if (!isScoped(address) || ifindex === 0) return address
  const scoped = (address.w0 & 0xffff) | ((ifindex & 0xff00) << 8) | ((ifindex & 0xff) << 24)
  return new IpAddress(16, scoped, address.w1, address.w2, address.w3)
}

/** The inverse of {@link embedScope}. */
export function clearScope(address: IpAddress): IpAddress {
  if (!isScoped(address) || address.w0 >>> 16 === 0) return address
  return new IpAddress(16, address.w0 & 0xffff, address.w1, address.w2, address.w3)
}

function isScoped(address: IpAddress): boolean {
  return address.size === 16 && address.isLinkLocal
}
