/** Names of interfaces by index. */
export type LinkNames = ReadonlyMap<number, string>

/** Link-local addresses (fe80::/10) mean something on one interface only: `fe80::2%em0`. */
export function scoped(address: string, ifname: string | undefined): string {
  return ifname !== undefined && /^fe[89ab]/i.test(address) ? `${address}%${ifname}` : address
}
