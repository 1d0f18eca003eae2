/** Text of IP addresses: RFC 4291 §2.2 in, RFC 5952 out. */

/** What {@link formatIp} needs of an address. */
interface Octets {
  readonly size: 4 | 16
  readonly isV4Mapped: boolean
  byte(index: number): number
}

/** One word for IPv4, four for IPv6, each as loaded from network order on a little-endian host. */
type Words = readonly [number] | readonly [number, number, number, number]

/** Reads an address; `undefined` for anything that is not exactly one. */
export function parseIpWords(text: string): Words | undefined {
  if (!text.includes(':')) {
    const word = parseDotted(text)
    return word === undefined ? undefined : [word]
  }
  const groups = parseGroups(text)
  if (groups === undefined) return undefined
  const word = (index: number): number => pair(groups[2 * index] ?? 0, groups[2 * index + 1] ?? 0)
  return [word(0), word(1), word(2), word(3)]
}

/** Two 16-bit groups in network order, as one word loaded from the wire. */
function pair(first: number, second: number): number {
  return (first >> 8) | ((first & 0xff) << 8) | ((second >> 8) << 16) | ((second & 0xff) << 24)
}

function parseDotted(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  let word = 0
  for (let index = 0; index < 4; index++) {
    const part = match[index + 1] ?? ''
    // A leading zero would be octal to inet_aton(3) and decimal to others, so nobody may write one.
    if (part.length > 1 && part.startsWith('0')) return undefined
    const byte = Number(part)
    if (byte > 255) return undefined
    word |= byte << (8 * index)
  }
  return word
}

/** The eight groups of an IPv6 address. */
function parseGroups(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseHalf(halves[0] ?? '', halves.length === 1)
  if (halves.length === 1) return head?.length === 8 ? head : undefined
  const tail = parseHalf(halves[1] ?? '', true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  // `::` stands for at least one group of zeros (RFC 4291 §2.2).
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail]
}

/** Groups between colons; the last two may be a dotted IPv4 address where the half ends the text. */
function parseHalf(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const word = last && index === parts.length - 1 ? parseDotted(part) : undefined
    if (word === undefined) return undefined
    groups.push(((word & 0xff) << 8) | ((word >>> 8) & 0xff), ((word >>> 8) & 0xff00) | (word >>> 24))
  }
  return groups
}

/** Dotted decimal, or RFC 5952 text: the longest run of zero groups, the first of equals, is shortened. */
export function formatIp(ip: Octets): string {
  if (ip.size === 4) return dotted(ip, 0)
  if (ip.isV4Mapped) return `::ffff:${dotted(ip, 12)}`
  const groups: number[] = []
  for (let index = 0; index < 16; index += 2) groups.push((ip.byte(index) << 8) | ip.byte(index + 1))
  const { start, length } = longestZeros(groups)
  if (length < 2) return hex(groups)
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

function dotted(ip: Octets, at: number): string {
  return `${ip.byte(at)}.${ip.byte(at + 1)}.${ip.byte(at + 2)}.${ip.byte(at + 3)}`
}

function hex(groups: readonly number[]): string {
  return groups.map(group => group.toString(16)).join(':')
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (let end = 0; end <= groups.length; end++) {
    if (groups[end] === 0) continue
    if (end - start > best.length) best = { start, length: end - start }
    start = end + 1
  }
  return best
}
