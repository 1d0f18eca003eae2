import { usage } from '../failure.ts'
import { alone, type Keyword, type Keywords, withValue } from '../keyword.ts'
import { parseNumber } from '../number.ts'
import type { Draft } from './draft.ts'
import type { RouteVerb } from './types.ts'

/** Command words of route(8). `show` without a destination lists the table. */
export const verbs: Readonly<Record<string, RouteVerb>> = {
  add: 'add',
  delete: 'delete',
  del: 'delete',
  change: 'change',
  get: 'get',
  show: 'get',
  flush: 'flush',
  monitor: 'monitor',
}

/** A modifier of route(8). */
export type Modifier = Keyword<Draft>

const set = alone<Draft>
const take = withValue<Draft>

/** Largest weight of a path: RT_MAX_WEIGHT, FreeBSD net/route.h. */
const weightMax = 16_777_215

/** Keywords of route(8) that FreeBSD's program or netlink has no meaning for, with what to say. */
function unavailable(word: string, why: string): Modifier {
  return set(() => {
    throw usage(`-${word}: ${why}`)
  })
}

const notInNetlink = 'netlink carries no such property of a route'
const gone = 'bad keyword' // in the table of keywords, refused by the program: route(8)

const inet = set(draft => {
  draft.family = 'inet'
})
const inet6 = set(draft => {
  draft.family = 'inet6'
})
const viaInterface = set(draft => {
  draft.viaInterface = true
})
const dev = take((draft, value) => {
  draft.ifname = value
})
const gateway = take((draft, value) => {
  draft.gateway = value
})
const mtu = take((draft, value) => {
  draft.mtu = parseNumber(value, 'mtu')
})
const fib = take((draft, value) => {
  draft.fibs = parseFibs(value)
})

function type(type: Draft['type']): Modifier {
  return set(draft => {
    draft.type = type
  })
}

function flag(name: keyof Draft['flags'], on: boolean): Modifier {
  return set(draft => {
    draft.flags[name] = on
  })
}

/** Modifiers of route(8), written with a dash in front. */
export const modifiers: Keywords<Draft> = {
  '4': inet,
  inet,
  '6': inet6,
  inet6,
  net: set(draft => {
    draft.kind = 'net'
  }),
  host: set(draft => {
    draft.kind ??= 'host' // -net wins over -host
  }),
  dst: take((draft, value) => {
    draft.dst = value
  }),
  gateway,
  netmask: take((draft, value) => {
    draft.netmask = value
  }),
  prefixlen: take((draft, value) => {
    draft.prefixlen = value
  }),
  interface: viaInterface,
  iface: viaInterface,
  ifp: dev,
  static: flag('static', true),
  nostatic: flag('static', false),
  proto1: flag('proto1', true),
  proto2: flag('proto2', true),
  reject: type('prohibit'),
  blackhole: type('blackhole'),
  mtu,
  weight: take((draft, value) => {
    draft.weight = parseNumber(value, '-weight', weightMax)
  }),
  expire: take((draft, value) => {
    draft.expire = parseNumber(value.replace(/^\+/, ''), '-expire')
  }),
  fib,
  genmask: unavailable('genmask', notInNetlink),
  ifa: unavailable('ifa', notInNetlink),
  sa: unavailable('sa', notInNetlink),
  link: unavailable('link', notInNetlink),
  proxy: unavailable('proxy', notInNetlink),
  xresolve: unavailable('xresolve', notInNetlink),
  sticky: unavailable('sticky', notInNetlink),
  nostick: unavailable('nostick', notInNetlink),
  hopcount: unavailable('hopcount', notInNetlink),
  recvpipe: unavailable('recvpipe', notInNetlink),
  sendpipe: unavailable('sendpipe', notInNetlink),
  ssthresh: unavailable('ssthresh', notInNetlink),
  rtt: unavailable('rtt', notInNetlink),
  rttvar: unavailable('rttvar', notInNetlink),
  lock: unavailable('lock', notInNetlink),
  lockrest: unavailable('lockrest', notInNetlink),
  mask: unavailable('mask', gone),
  cloning: unavailable('cloning', gone),
  llinfo: unavailable('llinfo', gone),
  iso: unavailable('iso', gone),
  osi: unavailable('osi', gone),
  x25: unavailable('x25', gone),
  xns: unavailable('xns', gone),
}

/** Words of ip-route(8) that are understood as well, written without a dash. */
export const words: Keywords<Draft> = {
  via: gateway,
  dev,
  mtu,
  table: fib,
  blackhole: type('blackhole'),
  prohibit: type('prohibit'),
}

/** `3`, `0,2-4`, `all`, `default`. @throws Failure `invalid fib number` */
function parseFibs(text: string): Draft['fibs'] {
  if (text === 'all' || text === 'default') return text
  const fibs = text.split(',').flatMap(range => {
    const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? []
    const count = Number(to) - Number(from) + 1
    if (from === '' || count < 1 || Number(to) > 65_534) throw usage(`invalid fib number: ${text}`)
    return Array.from({ length: count }, (_, i) => Number(from) + i)
  })
  return [...new Set(fibs)].sort((a, b) => a - b)
}
