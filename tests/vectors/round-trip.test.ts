import { toHex } from '@nltool/nl-core/testing'
import { frameOf, messages } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { type Vector, vectors } from './load.ts'
import { copyOf, type Recode, recode, roundTrip } from './schemas.ts'

/** Exchanges that begin with a request made to be refused, and why the schema refuses it, or what it cannot write. */
const refused: { readonly [name: string]: string } = {
  '55-policy-error': 'EOPNOTSUPP: RTA_DST: 1 bytes are no IP address, which has 4 or 16 (offset 12)',
  'err-cap-ack': 'EINVAL: CTRL_ATTR_FAMILY_NAME: 6 bytes are not NULL-terminated (offset 4)',
  'err-getfamily-id-u8': 'EINVAL: CTRL_ATTR_FAMILY_ID: 1 bytes are not uint16 (offset 4)',
  'err-getfamily-name-not-terminated': 'EINVAL: CTRL_ATTR_FAMILY_NAME: 6 bytes are not NULL-terminated (offset 4)',
  'ok-getfamily-id-u32': 'EINVAL: CTRL_ATTR_FAMILY_ID: 4 bytes are not uint16 (offset 4)',
}
const unwritable: { readonly [name: string]: string } = {
  ...refused,
  'err-getfamily-name-too-long':
    "EINVAL: CTRL_ATTR_FAMILY_NAME: '1234567890123456' has 16 bytes, more than 15 (offset 8)",
}

/** Exchanges with messages that no schema describes, and whose they are. */
const untyped: { readonly [name: string]: string } = {
  '58-legacy-dump-1byte': 'a request of one byte',
  '68-monitor-link-down': 'RTM_DELMULTICAST',
  '69-monitor-link-del': 'RTM_DELMULTICAST, RTM_DELNETCONF',
  'derived-bsd-nlsysevent-newevent': 'nlsysevent',
  'derived-bsd-nlsysevent-newevent-data': 'nlsysevent',
  'err-netns-family-by-id': 'a family of another namespace',
  'err-short-no-genlmsghdr': 'a request without a body',
  'err-strict-length': 'netdev',
  'err-strict-missing-attr': 'netdev',
  'err-strict-nested-missing': 'ethtool',
  'err-strict-nested-offset': 'ethtool',
  'err-strict-nested-unexpected': 'netdev',
  'err-strict-nlmsg-flags': 'netdev',
  'err-strict-range': 'netdev',
  'err-strict-reserved': 'netdev',
  'err-strict-trailing': 'ethtool',
  'err-strict-unknown-attr': 'netdev',
  'err-unknown-family-id': 'no family',
  'err-unprivileged-admin-perm': 'SEG6',
  'err-unprivileged-uns-admin-perm': 'ethtool',
  'ethtool-features-get': 'ethtool',
  'ethtool-linkinfo-get': 'ethtool',
  'ethtool-linkmodes-get': 'ethtool',
  'ethtool-strset-get': 'ethtool',
  'ethtool-wol-get-unsupported': 'ethtool',
  'ntf-netdev-mgmt-add-del': 'netdev',
  'ok-netdev-dump-no-multi': 'netdev',
  'ynl-netdev-dev-get': 'netdev',
}

/** Through a copy: order, padding and flag bits of the original are gone, the meaning is not. */
const recodeCopy: Recode = (schema, bytes, abi) => {
  const decoded = schema.decode(bytes, abi)
  const again = schema.encode(copyOf(decoded), abi)
  expect(schema.decode(again, abi)).toEqual(decoded)
  return bytes
}

interface Checked {
  readonly name: string
  /** What the messages were decoded as: the schema's name for a typed object, or `tree`. */
  readonly decodedAs: string
  readonly expected: readonly string[]
  readonly actual: readonly string[]
}

function check({ name, protocol, abi, send, recv }: Vector, how: Recode): Checked {
  const decodedAs: string[] = []
  const expected: string[] = []
  const actual: string[] = []
  for (const datagram of [send, ...recv]) {
    for (const message of messages(frameOf(datagram))) {
      const result = roundTrip(protocol, abi, datagram, message, how)
      expected.push(toHex(datagram.slice(message.offset, message.end)))
      actual.push(toHex(result.bytes))
      decodedAs.push(result.decodedAs)
    }
  }
  return { name: `${protocol} ${name}`, decodedAs: counted(decodedAs), expected, actual }
}

/** `3 × nlctrl, 1 × NLMSG_DONE` */
function counted(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ')
}

// The titles name what each message was decoded as: typed objects by their schema, others as attribute trees.
describe('every message of every vector', () => {
  for (const vector of vectors) {
    const { name, decodedAs, expected, actual } = check(vector, recode)
    it(`decodes and encodes ${name} to the same bytes: ${decodedAs}`, () => {
      expect(actual).toEqual(expected)
      expect(expected.length).toBeGreaterThan(0)
      expect(reasonIn(decodedAs)).toBe(refused[vector.name])
    })

    it(`finds the same meaning in ${name} when it is encoded from a copy`, () => {
      expect(reasonIn(check(vector, recodeCopy).decodedAs)).toBe(unwritable[vector.name])
    })
  }

  it('is typed where there is a schema: rtnetlink whole, nlctrl, NLMSG_ERROR and NLMSG_DONE', () => {
    const trees = vectors.filter(vector => / × tree(?!, as)/.test(check(vector, recode).decodedAs))
    expect(trees.map(vector => vector.name).sort()).toEqual(Object.keys(untyped).sort())
  })
})

function reasonIn(decodedAs: string): string | undefined {
  return /tree, as (.*? \(offset \d+\))/.exec(decodedAs)?.[1]
}
