/**
 * Words of ifconfig(8) for which FreeBSD has ioctl requests and netlink has nothing: nd6 options, capabilities, media,
 * members of bridges and aggregates, tunnels.
 */
const words = `
  accept_rtadv auto_linklocal ifdisabled no_prefer_iface no_radr nud
  rxcsum rxcsum6 txcsum txcsum6 tso tso4 tso6 lro wol vlanmtu vlanhwtag vlanhwfilter vlanhwtso vlanhwcsum
  netcons polling txrtlmt hwstats mextpg txtls
  media mediaopt mode instance addm deletem laggproto laggport tunnel deletetunnel maclabel tunnelfib
`

const unavailable: ReadonlySet<string> = new Set(words.split(/\s+/).filter(word => word !== ''))

/** Whether a word of ifconfig(8), or its opposite with a dash, is about something that netlink does not carry. */
export function isUnavailable(word: string): boolean {
  return unavailable.has(word.replace(/^-/, ''))
}
