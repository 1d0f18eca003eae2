import { usage } from '../failure.ts'
import type { Family } from '../inet.ts'
import { lookUp } from '../keyword.ts'
import { readOptions } from '../options.ts'
import { type Draft, emptyDraft } from './draft.ts'
import { addressWord, keywords } from './keywords.ts'
import type { IfconfigCommand, IfconfigOptions, ShownFamily } from './types.ts'
import { isUnavailable } from './unavailable.ts'

const unnamed = 'an interface must be named before what to change'

/** Reads the words behind `ifconfig`. @throws Failure */
export function parseIfconfig(argv: readonly string[]): IfconfigCommand {
  const { options, rest } = parseOptions(argv)
  const draft = emptyDraft()
  const [first, ...others] = rest
  const ifname = options.all || options.list || first === undefined || isFamily(first) ? undefined : first
  try {
    readWords(ifname === undefined ? rest : others, draft)
  } catch (error) {
    // `up em0`: the keyword stands where the interface should.
    throw ifname !== undefined && lookUp(keywords, ifname) !== undefined ? usage(unnamed) : error
  }
  const { create, destroy, vlan, link, addresses } = draft
  if (ifname === undefined && (create || destroy || addresses.length > 0 || Object.keys(link).length > 0)) {
    throw usage(unnamed)
  }
  if (!create && (vlan.id !== undefined || vlan.dev !== undefined)) throw usage('vlan and vlandev go with create')
  for (const { family, prefixlen, address, mode } of addresses) {
    if (prefixlen === undefined && mode !== 'delete' && family === 'inet')
      throw usage(`${address}: a prefix length is needed, as in ${address}/24`)
  }
  const family = addresses.length === 0 ? draft.shown : undefined
  return { options, ifname, family, create, destroy, vlan, link, addresses }
}

function isFamily(word: string): word is ShownFamily {
  return word === 'inet' || word === 'inet6' || word === 'ether'
}

function readWords(words: readonly string[], draft: Draft): void {
  const rest = [...words]
  let follows = false // the word before was an address
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const keyword = lookUp(keywords, word)
    if (keyword === undefined) {
      if (isUnavailable(word)) throw usage(`${word}: netlink carries no such property of an interface`)
      etherOrAddress(draft, word, follows)
      follows = !follows
      continue
    }
    follows = false
    if (keyword.takes === 'nothing') keyword.apply(draft)
    else keyword.apply(draft, needValue(word, rest))
  }
}

/** `ether` is a family of the output, and with an address behind it a change. */
function etherOrAddress(draft: Draft, word: string, follows: boolean): void {
  const lladdr = lookUp(keywords, 'lladdr')
  if (draft.shown === 'ether' && lladdr?.takes === 'word') lladdr.apply(draft, word)
  else addressWord(draft, word, follows)
}

function needValue(word: string, rest: string[]): string {
  const value = rest.shift()
  if (value === undefined) throw usage(`${word}: a value must follow`)
  return value
}

function parseOptions(argv: readonly string[]): { options: IfconfigOptions; rest: readonly string[] } {
  const isWord = (word: string) => lookUp(keywords, word) !== undefined
  const { letters, values, rest } = readOptions(argv, { switches: 'aduLlmCnv', valued: 'fgG', isWord })
  const up = letters.has('u')
  const down = letters.has('d')
  if (up && down) throw usage('-u and -d exclude each other')
  const options: IfconfigOptions = {
    all: letters.has('a') || values.has('g') || values.has('G') || up || down,
    list: letters.has('l'),
    up,
    down,
    cloners: letters.has('C'),
    group: values.get('g'),
    notGroup: values.get('G'),
    capabilities: letters.has('m'),
    lifetimes: letters.has('L'),
    maskStyle: parseMaskStyle(values.get('f') ?? ''),
  }
  return { options, rest }
}

/** `inet:cidr,inet6:cidr`. */
function parseMaskStyle(text: string): IfconfigOptions['maskStyle'] {
  const styles: Record<Family, 'classic' | 'cidr' | 'dotted'> = { inet: 'classic', inet6: 'classic' }
  for (const part of text.split(',').filter(word => word !== '')) {
    const [family, style] = part.split(':')
    if (family === 'inet' && (style === 'cidr' || style === 'dotted')) styles.inet = style
    else if (family === 'inet6' && style === 'cidr') styles.inet6 = style
    else throw usage(`-f ${part}: not one of inet:cidr, inet:dotted, inet6:cidr`)
  }
  return styles
}
