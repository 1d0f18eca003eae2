/** Names of interfaces by index. */
export type LinkNames = ReadonlyMap<number, string>

/** Whether an IPv6 address or prefix is in fe80::/10. fe8::1 is not: leading zeros are left out. */
export function isLinkLocal(text: string): boolean {
  return /^fe[89ab][\da-f]:/i.test(text)
}

/** Link-local addresses mean something on one interface only: `fe80::2%em0`. */
export function scoped(address: string, ifname: string | undefined): string {
  return ifname !== undefined && isLinkLocal(address) ? `${address}%${ifname}` : address
}
