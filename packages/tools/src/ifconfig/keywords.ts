import { IFF, IN6_IFF } from '@nltool/nl-route'
import { usage } from '../failure.ts'
import { type Family, inetAton, isInet6, prefixlenOf } from '../inet.ts'
import { alone, type Keyword, type Keywords, withValue } from '../keyword.ts'
import { meant } from '../nearest.ts'
import { parseNumber } from '../number.ts'
import type { Draft } from './draft.ts'
import type { AddressWords } from './types.ts'

const set = alone<Draft>
const take = withValue<Draft>

function family(name: Family): Keyword<Draft> {
  return set(draft => {
    draft.family = name
    draft.shown = name
  })
}

function link<K extends keyof Draft['link']>(name: K, value: Draft['link'][K]): Keyword<Draft> {
  return set(draft => {
    draft.link[name] = value
  })
}

function setFlag(bit: number): Keyword<Draft> {
  return set(draft => {
    draft.link.setFlags = (draft.link.setFlags ?? 0) | bit
  })
}

function clearFlag(bit: number): Keyword<Draft> {
  return set(draft => {
    draft.link.clearFlags = (draft.link.clearFlags ?? 0) | bit
  })
}

/** The address that words such as `netmask` and `delete` are about: the last one. */
function lastAddress(draft: Draft, word: string): Draft['addresses'][number] {
  const last = draft.addresses.at(-1)
  if (last === undefined) throw usage(`${word}: no address before it`)
  return last
}

function ofAddress(word: string, change: (address: Draft['addresses'][number]) => void): Keyword<Draft> {
  return set(draft => change(lastAddress(draft, word)))
}

function withAddress(
  word: string,
  change: (address: Draft['addresses'][number], value: string) => void,
): Keyword<Draft> {
  return take((draft, value) => change(lastAddress(draft, word), value))
}

function mode(word: string, value: AddressWords['mode']): Keyword<Draft> {
  return ofAddress(word, address => {
    address.mode = value
  })
}

function flag6(word: string, bit: number): Keyword<Draft> {
  return ofAddress(word, address => {
    address.flags6 |= bit
  })
}

function unflag6(word: string, bit: number): Keyword<Draft> {
  return ofAddress(word, address => {
    address.flags6 &= ~bit
  })
}

const seconds = (text: string, word: string) => (text === 'infty' ? undefined : parseNumber(text, word))

/** Names of groups do not end in a digit, or they would look like interfaces: ifconfig(8). IFNAMSIZ is 16 with the NUL. */
function groupName(name: string): string {
  if (/\d$/.test(name)) throw usage(`group ${name}: the name of a group does not end in a digit`)
  if (name === '' || name.length > 15) throw usage(`group ${name}: the name of a group has 1 to 15 characters`)
  return name
}

const lladdr = take((draft, value) => {
  if (!/^([\da-f]{1,2}[:-]){5}[\da-f]{1,2}$/i.test(value))
    throw usage(`${value}: not a link-level address such as 02:00:00:00:00:0a`)
  draft.link.address = value.replaceAll('-', ':')
})

const descr = take((draft, value) => {
  draft.link.ifalias = value
})

/** Words of ifconfig(8) behind the interface. */
export const keywords: Keywords<Draft> = {
  create: set(draft => {
    draft.create = true
  }),
  plumb: set(draft => {
    draft.create = true
  }),
  destroy: set(draft => {
    draft.destroy = true
  }),
  unplumb: set(draft => {
    draft.destroy = true
  }),
  up: link('up', true),
  down: link('up', false),
  promisc: link('promisc', true),
  '-promisc': link('promisc', false),
  arp: clearFlag(IFF.IFF_NOARP),
  '-arp': setFlag(IFF.IFF_NOARP),
  staticarp: setFlag(IFF.IFF_STATICARP),
  '-staticarp': clearFlag(IFF.IFF_STATICARP),
  debug: setFlag(IFF.IFF_DEBUG),
  '-debug': clearFlag(IFF.IFF_DEBUG),
  monitor: setFlag(IFF.IFF_MONITOR),
  '-monitor': clearFlag(IFF.IFF_MONITOR),
  link0: setFlag(IFF.IFF_LINK0),
  '-link0': clearFlag(IFF.IFF_LINK0),
  link1: setFlag(IFF.IFF_LINK1),
  '-link1': clearFlag(IFF.IFF_LINK1),
  link2: setFlag(IFF.IFF_LINK2),
  '-link2': clearFlag(IFF.IFF_LINK2),
  mtu: take((draft, value) => {
    draft.link.mtu = parseNumber(value, 'mtu')
  }),
  metric: take((draft, value) => {
    draft.link.metric = parseNumber(value, 'metric')
  }),
  fib: take((draft, value) => {
    draft.link.fib = parseNumber(value, 'fib', 65_534)
  }),
  description: descr,
  descr,
  '-description': link('ifalias', ''),
  '-descr': link('ifalias', ''),
  name: take((draft, value) => {
    draft.link.rename = value
  }),
  vnet: take((draft, value) => {
    draft.link.vnet = value
  }),
  group: take((draft, value) => {
    draft.link.join = [...(draft.link.join ?? []), groupName(value)]
  }),
  '-group': take((draft, value) => {
    draft.link.leave = [...(draft.link.leave ?? []), value]
  }),
  ether: set(draft => {
    draft.shown = 'ether'
  }),
  lladdr,
  link: lladdr,
  vlan: take((draft, value) => {
    draft.vlan.id = parseNumber(value, 'vlan', 4094)
  }),
  vlandev: take((draft, value) => {
    draft.vlan.dev = value
  }),
  inet: family('inet'),
  inet6: family('inet6'),
  alias: mode('alias', 'alias'),
  add: mode('add', 'alias'),
  '-alias': mode('-alias', 'delete'),
  delete: mode('delete', 'delete'),
  remove: mode('remove', 'delete'),
  netmask: withAddress('netmask', (address, value) => {
    address.prefixlen = prefixlenOf(value)
    if (address.prefixlen === undefined) throw usage(`netmask ${value}: its ones must stand together at the front`)
  }),
  prefixlen: withAddress('prefixlen', (address, value) => {
    address.prefixlen = parseNumber(value, 'prefixlen', 128)
  }),
  broadcast: withAddress('broadcast', (address, value) => {
    address.broadcast = inetAton(value)
    if (address.broadcast === undefined) throw usage(`broadcast ${value}: bad value`)
  }),
  vhid: withAddress('vhid', (address, value) => {
    address.vhid = parseNumber(value, 'vhid', 255)
  }),
  pltime: withAddress('pltime', (address, value) => {
    address.preferredSeconds = seconds(value, 'pltime')
  }),
  vltime: withAddress('vltime', (address, value) => {
    address.validSeconds = seconds(value, 'vltime')
  }),
  anycast: flag6('anycast', IN6_IFF.IN6_IFF_ANYCAST),
  tentative: flag6('tentative', IN6_IFF.IN6_IFF_TENTATIVE),
  '-tentative': unflag6('-tentative', IN6_IFF.IN6_IFF_TENTATIVE),
  deprecated: flag6('deprecated', IN6_IFF.IN6_IFF_DEPRECATED),
  '-deprecated': unflag6('-deprecated', IN6_IFF.IN6_IFF_DEPRECATED),
  autoconf: flag6('autoconf', IN6_IFF.IN6_IFF_AUTOCONF),
  '-autoconf': unflag6('-autoconf', IN6_IFF.IN6_IFF_AUTOCONF),
  no_dad: flag6('no_dad', IN6_IFF.IN6_IFF_NODAD),
  '-no_dad': unflag6('-no_dad', IN6_IFF.IN6_IFF_NODAD),
  prefer_source: flag6('prefer_source', IN6_IFF.IN6_IFF_PREFER_SOURCE),
  '-prefer_source': unflag6('-prefer_source', IN6_IFF.IN6_IFF_PREFER_SOURCE),
}

/** A word that is no keyword is an address; the second one in a row is the other end of the line. */
export function addressWord(draft: Draft, word: string, follows: boolean): void {
  const [text = '', length] = word.split('/')
  if (isOfOther(draft, text)) throw usage(`${word}: not an ${draft.shown} address`)
  const family: Family = text.includes(':') ? 'inet6' : draft.family
  const address = family === 'inet' ? inetAton(text) : isInet6(text) ? text : undefined
  if (address === undefined) throw usage(`${word}: neither a keyword nor an address${meant(word, keywords)}`)
  const prefixlen = length === undefined ? undefined : lengthOf(length, family, word)
  const last = draft.addresses.at(-1)
  if (follows && last !== undefined && length === undefined && last.peer === undefined) {
    last.peer = address
    return
  }
  draft.addresses.push({
    family,
    address: address.split('%')[0] ?? address,
    prefixlen,
    peer: undefined,
    broadcast: undefined,
    mode: 'set',
    vhid: undefined,
    preferredSeconds: undefined,
    validSeconds: undefined,
    flags6: 0,
  })
}

/** The family was named, and the notation is that of the other one. */
function isOfOther({ shown }: Draft, text: string): boolean {
  return (shown === 'inet' && isInet6(text)) || (shown === 'inet6' && inetAton(text) !== undefined)
}

function lengthOf(text: string, family: Family, word: string): number {
  const max = family === 'inet' ? 32 : 128
  if (!/^\d{1,3}$/.test(text) || Number(text) > max) throw usage(`${word}: the prefix length is from 0 to ${max}`)
  return Number(text)
}
