import { usage } from '../failure.ts'
import { lookUp } from '../keyword.ts'
import { meant } from '../nearest.ts'
import { readOptions } from '../options.ts'
import { parseDestination, parseGateway } from './destination.ts'
import { type Draft, emptyDraft } from './draft.ts'
import { type Modifier, modifiers, words as plainWords, verbs } from './keywords.ts'
import type { Gateway, RouteCommand, RouteOptions, RouteVerb } from './types.ts'

/** The usage line of route(8), which names the program twice. */
const usageLine = 'usage: route [-46dnqtv] command [[modifiers] args]'

function complain(what: string): Error {
  return usage(`${what}; ${usageLine}`)
}

/** Reads the words behind `route`. @throws Failure with route(8)'s sentence */
export function parseRoute(argv: readonly string[]): RouteCommand {
  const draft = emptyDraft()
  const { options, rest } = parseOptions(argv, draft)
  const [word, ...args] = rest
  if (word === undefined) throw usage(usageLine)
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
  if (verb === undefined) throw complain(`bad keyword: ${word}${meant(word, verbs)}`)
  readModifiers(args, draft)
  return finish(draft, verb, word, options)
}

function parseOptions(argv: readonly string[], draft: Draft): { options: RouteOptions; rest: readonly string[] } {
  const { letters, rest } = readOptions(argv, { switches: '46dnqtv', valued: '' })
  if (letters.has('4')) draft.family = 'inet'
  if (letters.has('6')) draft.family = 'inet6'
  return {
    options: { numeric: letters.has('n'), quiet: letters.has('q'), dry: letters.has('d') || letters.has('t') },
    rest,
  }
}

/** Positional words in their order. */
const positions = ['dst', 'gateway', 'netmask'] as const

function readModifiers(args: readonly string[], draft: Draft): void {
  const rest = [...args]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const modifier = findModifier(word)
    if (modifier !== undefined) applyModifier(draft, word, modifier, rest)
    else placeWord(draft, word)
  }
}

function findModifier(word: string): Modifier | undefined {
  const [table, name] = word.startsWith('-') ? [modifiers, word.slice(1)] : [plainWords, word]
  const found = lookUp(table, name)
  if (found === undefined && word.startsWith('-')) throw complain(`bad keyword: ${name}${meant(name, modifiers)}`)
  return found
}

function applyModifier(draft: Draft, word: string, modifier: Modifier, rest: string[]): void {
  if (modifier.takes === 'nothing') {
    modifier.apply(draft)
    return
  }
  const value = rest.shift()
  if (value === undefined) throw complain(`${word} needs a value`)
  modifier.apply(draft, value)
}

function placeWord(draft: Draft, word: string): void {
  const place = positions.find(position => draft[position] === undefined)
  // A mask has digits; what has none is a word of another program, and not the one behind it is to blame.
  if (place === undefined || (place === 'netmask' && !/\d/.test(word))) throw complain(`unexpected word: ${word}`)
  draft[place] = word
}

/** Verbs that are about one destination. */
const needDestination: ReadonlySet<RouteVerb> = new Set(['add', 'delete', 'change', 'get'])

function finish(draft: Draft, found: RouteVerb, word: string, options: RouteOptions): RouteCommand {
  const verb = word === 'show' && draft.dst === undefined ? 'list' : found
  const { dst, kind, netmask, prefixlen, type, flags, mtu, weight, expire, fibs } = draft
  if (dst === undefined && needDestination.has(verb)) throw complain('destination parameter required')
  const gateway = gatewayOf(draft)
  const family = draft.family ?? (dst === 'default' && gateway?.address?.includes(':') ? 'inet6' : undefined)
  const destination = dst === undefined ? undefined : parseDestination({ text: dst, family, kind, netmask, prefixlen })
  if (gateway === undefined && type === 'unicast' && (verb === 'add' || verb === 'change')) {
    throw complain('gateway parameter required')
  }
  return { verb, word, options, family, destination, gateway, type, flags, mtu, weight, expire, fibs }
}

function gatewayOf({ gateway, viaInterface, ifname }: Draft): Gateway | undefined {
  if (gateway === undefined) return ifname === undefined ? undefined : { typed: ifname, address: undefined, ifname }
  if (viaInterface) return { typed: gateway, address: undefined, ifname: gateway }
  const parsed = parseGateway(gateway)
  return ifname === undefined ? parsed : { ...parsed, ifname }
}
