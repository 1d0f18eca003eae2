import { NETLINK_GET_STRICT_CHK } from '@nltool/nl-core'
import { splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { bootCaptured, bootEmbedded, type Embedded } from './embedded.ts'
import { capturedFamilies } from './families.ts'
import { type Vector, vectorNamed, vectors } from './load.ts'
import { outcomeOf } from './outcome.ts'
import { protocolNumber } from './schemas.ts'

/** Requests that come before another one, so that it meets what it met when it was captured. */
const before: { readonly [name: string]: readonly string[] } = {
  '07-link-add-exists': ['06-link-add-bridge'],
  '11-link-set-master': ['05-link-add-veth', '06-link-add-bridge'],
  '12-link-set-name': ['05-link-add-veth'],
  '13-link-del': ['05-link-add-veth'],
  '21-route-add-exists': ['20-route-add-v4'],
  '22-route-replace': ['20-route-add-v4'],
  '23-route-append': ['20-route-add-v4', '22-route-replace'],
  '34-route-get-v4': ['25-route-add-multipath'],
  '35-route-get-fibmatch': ['25-route-add-multipath'],
  '36-route-get-v6': ['30-route-add-v6'],
  '38-route-del': ['20-route-add-v4'],
  '41-nexthop-add-group': ['40-nexthop-add'],
  '43-nexthop-dump': ['40-nexthop-add'],
  '44-nexthop-get': ['40-nexthop-add', '41-nexthop-add-group'],
  '48-neigh-dump': ['47-neigh-add'],
  '52-rule-del': ['50-rule-add'],
  '61-monitor-addr-del': ['60-monitor-addr-add'],
  '63-monitor-route-replace': ['62-monitor-route-add'],
  '64-monitor-route-del': ['62-monitor-route-add'],
  '66-monitor-neigh-del': ['65-monitor-neigh-add'],
}

/** Where FreeBSD answers otherwise, what it answers, and why. */
const differences: { readonly [name: string]: readonly [outcome: string, why: string] } = {
  '01-newlink-probe': [
    'EPERM',
    'neither index nor name: FreeBSD says EPERM "empty ifi_index field"; iproute2 takes both for "supported"',
  ],
  '15-addr-add-v4-exists': [
    'ACK',
    'FreeBSD never looks at the flags of NEWADDR: an address that is there is set again',
  ],
  '24-route-change-absent': ['ESRCH', 'NEWROUTE without NLM_F_CREATE of an absent prefix'],
  '26-route-add-onlink-metrics': ['EINVAL', 'table 100 is beyond net.fibs: "invalid fib"'],
  '27-route-add-gw-unreachable': ['EINVAL', 'a gateway in the network of no interface address'],
  '28-route-add-host-bits': ['ACK', 'host bits below the mask are cleared silently'],
  '37-route-get-unreachable': ['ESRCH', 'RTM_GETROUTE without a match'],
  '53-strict-dump-error': ['RTM_NEWROUTE, end', 'strict checking of FreeBSD looks at the header of RTM_GETLINK only'],
  '55-policy-error': ['EOPNOTSUPP', 'an address of unknown length: "unknown IP len: 1 for rta type 1"'],
  '57-error-no-extack': ['ACK', 'host bits below the mask are cleared silently'],
  'err-getfamily-id-u8': ['EINVAL', 'getters of FreeBSD want the exact size, EINVAL else'],
  'err-getfamily-name-too-long': ['ENOENT', 'FreeBSD has no limit for a name that is asked for'],
  'err-getfamily-no-attrs': ['family 16, end', 'GETFAMILY without a selector lists all families'],
  'err-getpolicy-unknown-attr': [
    'family 16, end',
    'unknown attributes are refused on sockets with strict checking only',
  ],
  'err-netns-family-by-name': ['family 16, ACK', 'families are the same in every network stack'],
  'ok-getfamily-id-and-name-conflict': ['ENOENT', 'both selectors must name one family'],
  'ok-getfamily-id-u32': ['EINVAL', 'getters of FreeBSD want the exact size, EINVAL else'],
}

/** Objects and families that the embedded kernel need not have yet: it says so with EOPNOTSUPP, or serves them as captured. */
const optional: { readonly [name: string]: string } = {
  '06-link-add-bridge': 'bridge interfaces',
  '07-link-add-exists': 'bridge interfaces',
  '11-link-set-master': 'bridge interfaces',
  '40-nexthop-add': 'nexthop objects',
  '41-nexthop-add-group': 'nexthop objects',
  '42-nexthop-add-resilient': 'nexthop objects',
  '43-nexthop-dump': 'nexthop objects',
  '44-nexthop-get': 'nexthop objects',
  '46-nexthop-del-missing': 'nexthop objects',
  '47-neigh-add': 'neighbours',
  '48-neigh-dump': 'neighbours',
  '49-neigh-del-absent': 'neighbours',
  '50-rule-add': 'rules, which FreeBSD does not have',
  '52-rule-del': 'rules, which FreeBSD does not have',
}

/** Exchanges that cannot be served here at all, and why. */
const apart: { readonly [name: string]: string } = {
  '45-route-add-nhid': 'goes through nexthop group 10, which was made by 41-nexthop-add-group',
  '67-monitor-nexthop-del-in-use': 'nexthop objects: what it tells is told by the nexthop tests',
  '65-monitor-neigh-add': 'neighbours: what it tells is told by the neighbour tests',
  '66-monitor-neigh-del': 'neighbours: what it tells is told by the neighbour tests',
  'err-second-dump-busy': 'was sent while a dump was open: genetlink C11',
  'vm-autoload-getfamily-fou': 'the module was loaded on demand, which FreeBSD leaves to the client: genetlink C18',
  'vm-getpolicy-macsec-held-dump': 'the module macsec was loaded',
}

/** What a listener hears, where FreeBSD tells it in other words than Linux. */
const heardOtherwise: { readonly [name: string]: readonly [heard: string, why: string] } = {
  '68-monitor-link-down': [
    'RTM_DELROUTE, RTM_NEWLINK',
    'down keeps addresses; there are no multicast and neighbour messages',
  ],
}

/** Programs that stopped reading at the answer they wanted; the acknowledgement that follows was never captured. */
const stopped = new Set(['iproute2-get-id-0x10', 'iproute2-get-name-nlctrl'])

async function prepared({ name, protocol }: Vector): Promise<Embedded> {
  const embedded = await bootCaptured(capturedFamilies())
  if (name === '53-strict-dump-error') await embedded.setOption(protocolNumber[protocol], NETLINK_GET_STRICT_CHK)
  for (const earlier of before[name] ?? []) await embedded.ask(protocolNumber[protocol], vectorNamed(earlier).send)
  return embedded
}

async function served(vector: Vector): Promise<string> {
  const embedded = await prepared(vector)
  const answers = await embedded.ask(protocolNumber[vector.protocol], vector.send)
  await embedded.close()
  return outcomeOf(vector.protocol, answers)
}

function typeOf({ send }: Vector): number | undefined {
  return splitMessages(send)[0]?.type
}

const requests = vectors.filter(
  ({ send, abi, name }) => send.length > 0 && abi === 'linux' && apart[name] === undefined,
)
const monitored = requests.filter(({ name }) => name.includes('-monitor-'))
const answered = requests.filter(vector => !monitored.includes(vector))
const toOtherFamilies = answered.filter(vector => vector.protocol === 'genetlink' && typeOf(vector) !== 16)
const toKernel = answered.filter(vector => !toOtherFamilies.includes(vector))

describe('requests of real programs, served by the embedded kernel', () => {
  for (const vector of toKernel.filter(({ name }) => differences[name] === undefined && optional[name] === undefined)) {
    const captured = outcomeOf(vector.protocol, vector.recv) + (stopped.has(vector.name) ? ', ACK' : '')
    it(`have the captured outcome: ${vector.name}, ${captured}`, async () => {
      expect(await served(vector)).toBe(captured)
    })
  }

  for (const [name, [outcome, why]] of Object.entries(differences)) {
    it(`have FreeBSD's outcome: ${name}, ${outcome} (${why})`, async () => {
      const vector = vectorNamed(name)
      expect(outcomeOf(vector.protocol, vector.recv)).not.toBe(outcome)
      expect(await served(vector)).toBe(outcome)
    })
  }

  for (const [name, what] of Object.entries(optional)) {
    it(`are served or refused with EOPNOTSUPP: ${name} (${what})`, async () => {
      const vector = vectorNamed(name)
      expect([outcomeOf(vector.protocol, vector.recv), 'EOPNOTSUPP']).toContain(await served(vector))
    })
  }
})

describe('changes, as a second program hears of them', () => {
  for (const vector of monitored.filter(({ name }) => name !== '69-monitor-link-del')) {
    const heard = heardOtherwise[vector.name]?.[0] ?? outcomeOf(vector.protocol, vector.recv)
    it(`are told as ${heard}: ${vector.name}`, async () => {
      const embedded = await prepared(vector)
      const notifications = embedded.listen(protocolNumber[vector.protocol])
      expect(outcomeOf(vector.protocol, await embedded.ask(protocolNumber[vector.protocol], vector.send))).toBe('ACK')
      expect(outcomeOf(vector.protocol, notifications())).toBe(heard)
      await embedded.close()
    })
  }

  it('end with RTM_DELLINK of both ends of a pair: 69-monitor-link-del', async () => {
    const vector = vectorNamed('69-monitor-link-del')
    const embedded = await prepared(vector)
    const notifications = embedded.listen(protocolNumber.rtnetlink)
    expect(outcomeOf('rtnetlink', await embedded.ask(protocolNumber.rtnetlink, vector.send))).toBe('ACK')
    const deleted = notifications()
      .flatMap(datagram => splitMessages(datagram))
      .filter(({ type }) => type === 17)
    const captured = vector.recv.flatMap(datagram => splitMessages(datagram)).filter(({ type }) => type === 17)
    expect(deleted).toHaveLength(captured.length)
    await embedded.close()
  })
})

describe('requests to other families than nlctrl', () => {
  it.each(toOtherFamilies)(
    '$name: a kernel without the family answers EOPNOTSUPP, or EINVAL without room for genlmsghdr',
    async vector => {
      const embedded = bootEmbedded()
      const [answer] = [outcomeOf(vector.protocol, await embedded.ask(protocolNumber[vector.protocol], vector.send))]
      expect(answer).toBe(vector.name === 'err-short-no-genlmsghdr' ? 'EINVAL' : 'EOPNOTSUPP')
      await embedded.close()
    },
  )
})

describe('requests in FreeBSD’s own ABI', () => {
  it.each(['derived-bsd-getfamily-nlctrl', 'derived-bsd-getfamily-unknown'])(
    '%s has the derived answer',
    async name => {
      const vector = vectorNamed(name)
      const embedded = bootEmbedded([], 'freebsd')
      const answers = await embedded.ask(protocolNumber.genetlink, vector.send)
      expect(outcomeOf('genetlink', answers, 'freebsd')).toBe(outcomeOf('genetlink', vector.recv, 'freebsd'))
      await embedded.close()
    },
  )
})

it('every exchange with a request is in one of these groups', () => {
  const names = new Set([...requests.map(({ name }) => name), ...Object.keys(apart)])
  const all = vectors.filter(({ send, abi }) => send.length > 0 && abi === 'linux').map(({ name }) => name)
  expect([...names].sort()).toEqual(all.sort())
  for (const name of [
    ...Object.keys(differences),
    ...Object.keys(optional),
    ...Object.keys(apart),
    ...Object.keys(before),
  ]) {
    expect(all).toContain(name)
  }
})
