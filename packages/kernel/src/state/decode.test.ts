import { IpAddress } from '@nltool/nl-core/model'
import { addrBody, linkBody, routeBody } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { restoreKernel } from '../restore.ts'
import { createStateWriter } from './envelope.ts'
import * as schema from './schema.ts'

type Record = readonly [type: number, bytes: Uint8Array]
const { stateTypes: types } = schema

const kernelOf = (personality: string): Record => [
  types.STATE_KERNEL,
  schema.kernelRecord.encode({ header: { vnet: 0 }, attrs: { personality, fibs: 1, bootAt: 0 } }, 'freebsd'),
]
const kernel = kernelOf('freebsd')
const sysctl = (name: string, value: number): Record => [
  types.STATE_SYSCTL,
  schema.sysctlRecord.encode({ header: { vnet: 0 }, attrs: { name, value } }, 'freebsd'),
]
const vnet: Record = [
  types.STATE_VNET,
  schema.vnetRecord.encode({ header: { vnet: 0 }, attrs: { name: 'vnet0' } }, 'freebsd'),
]
const clone = (cloner: string, indexes: readonly number[], unit = 0): Record => [
  types.STATE_CLONE,
  schema.cloneRecord.encode({ header: { vnet: 0 }, attrs: { cloner, unit, indexes } }, 'freebsd'),
]

function link(ifindex: number, ifname: string, changes: Partial<schema.LinkState> = {}, fib = 0): Record {
  const header = { family: 0, type: 24, ifindex, flags: 0, change: 0 }
  const message = linkBody.encode(
    { header, attrs: { ifname, mtu: 16384, freebsd: { group: { names: ['all', 'lo'] } }, nltool: { fib } } },
    'freebsd',
  )
  const state: schema.LinkState = {
    home: 0,
    moves: 0,
    flags: 8,
    drvFlags: 0,
    linkState: 0,
    attachedAt: 0,
    lastChange: 0,
    allmulti: 0,
    ...changes,
  }
  return [types.RTM_NEWLINK, schema.linkRecord.encode({ header: { vnet: 0 }, attrs: { message, state } }, 'freebsd')]
}

function address(ifindex: number, prefixlen = 8): Record {
  const own = IpAddress.parse('127.0.0.1')
  const message = addrBody.encode(
    { header: { family: 2, prefixlen, flags: 0, scope: 0, ifindex }, attrs: { local: own } },
    'freebsd',
  )
  const state = { flags: 0, createdAt: 0, updatedAt: 0 }
  return [types.RTM_NEWADDR, schema.addrRecord.encode({ header: { vnet: 0 }, attrs: { message, state } }, 'freebsd')]
}

const group = (name: string, members: readonly number[]): Record => [
  types.STATE_GROUP,
  schema.groupRecord.encode({ header: { vnet: 0 }, attrs: { name, members } }, 'freebsd'),
]

function nexthop(index: number, ifindex = 1, changes: { origin?: number; type?: number } = {}): Record {
  const attrs = {
    index,
    family: 2,
    ifindex,
    aifindex: ifindex,
    flags: 0,
    mtu: 1500 + index,
    origin: 0,
    expires: 0,
    type: 1,
    priority: 0,
    nhid: 0,
    ...changes,
  }
  return [types.STATE_KNHOP, schema.knhopRecord.encode({ header: { vnet: 0 }, attrs }, 'freebsd')]
}

const nexthopGroup = (index: number, members: readonly number[]): Record => [
  types.STATE_KNHGRP,
  schema.knhgrpRecord.encode(
    { header: { vnet: 0 }, attrs: { index, members: members.map(member => ({ nexthop: member, weight: 1 })) } },
    'freebsd',
  ),
]

function route(target: number, dstLen = 8, table = 0): Record {
  const header = { family: 2, dstLen, srcLen: 0, tos: 0, table: 0, protocol: 2, scope: 0, type: 1, flags: 0 }
  const message = routeBody.encode({ header, attrs: { table, dst: IpAddress.parse('10.0.0.0') } }, 'freebsd')
  return [
    types.RTM_NEWROUTE,
    schema.routeRecord.encode({ header: { vnet: 0 }, attrs: { message, state: { target } } }, 'freebsd'),
  ]
}

function fileOf(records: readonly Record[]): Uint8Array {
  const file = createStateWriter()
  for (const [type, bytes] of records) {
    file.record(type, writer => {
      writer.reserve(bytes.length)
      writer.bytes.set(bytes, writer.pos)
      writer.pos += bytes.length
    })
  }
  return file.finish()
}

const lo0 = [clone('lo', [1]), link(1, 'lo0'), group('all', [1]), group('lo', [1])]
const base = [kernel, vnet, ...lo0]

describe('a state file that is whole', () => {
  it('is loaded when it is consistent', async () => {
    await using copy = restoreKernel(
      fileOf([...base, address(1), nexthop(3), nexthop(5), nexthopGroup(2, [3, 5]), route(3), route(-2, 16)]),
    )
    expect(copy.audit().findings).toEqual([])
    expect(copy.vnets()).toEqual([{ id: 0, name: 'vnet0' }])
  })

  it.each<[string, readonly Record[], string]>([
    ['no kernel', [vnet, ...lo0], 'STATE_KERNEL is missing'],
    ['the kernel twice', [kernel, ...base], 'the kernel is described twice'],
    ['no network stack', [kernel], 'the initial network stack is missing'],
    ['a network stack twice', [...base, vnet], 'network stack 0 is declared twice'],
    ['an unknown record', [...base, [0x5399, new Uint8Array(4)]], 'a record of the unknown type 21401'],
    ['a record that is too short', [...base, [types.STATE_VNET, new Uint8Array(2)]], 'STATE_VNET: '],
    ['an unknown personality', [kernelOf('plan9'), vnet, ...lo0], 'there is no plan9 personality'],
    ['a personality that JavaScript has', [kernelOf('toString'), vnet, ...lo0], 'there is no toString personality'],
    ['an unknown sysctl', [...base, sysctl('net.nope', 1)], 'there is no sysctl net.nope'],
    [
      'a sysctl out of range',
      [...base, sysctl('kern.ipc.maxsockbuf', 2303)],
      'kern.ipc.maxsockbuf is 2303, less than 2304',
    ],
    ['an interface that no cloner made', [kernel, vnet, link(1, 'lo0')], 'no cloner made interface 1'],
    ['an interface twice', [...base, link(1, 'lo1')], 'interface 1 is there twice'],
    ['an index that was made twice', [...base, clone('lo', [1], 1)], 'interface 1 was made twice'],
    ['an index out of range', [kernel, vnet, clone('lo', [65536])], '65536 is no interface index'],
    ['a made interface that is missing', [...base, clone('lo', [2], 1)], 'interface 2 is missing'],
    [
      'two interfaces of one name',
      [...base, clone('lo', [2], 1), link(2, 'lo0')],
      'network stack 0 has two interfaces lo0',
    ],
    [
      'a cloner that this kernel lacks',
      [kernel, vnet, clone('wg', [1]), link(1, 'wg0'), ...lo0.slice(2)],
      'there is no cloner wg',
    ],
    [
      'a cloner that makes two where one is',
      [kernel, vnet, clone('epair', [1]), link(1, 'lo0'), ...lo0.slice(2)],
      'cloner epair makes 2 interfaces, not 1',
    ],
    ['a link state out of range', [kernel, vnet, clone('lo', [1]), link(1, 'lo0', { linkState: 7 })], 'link state 7'],
    [
      'a home that is not there',
      [kernel, vnet, clone('lo', [1]), link(1, 'lo0', { home: 4 })],
      'network stack 4 has not been declared',
    ],
    ['an address of no interface', [...base, address(9)], 'an address of interface 9, which is not there'],
    ['an impossible prefix', [...base, address(1, 33)], '127.0.0.1/33'],
    ['a group of no interface', [...base, group('lo', [9])], 'interface 9 of group lo is not there'],
    [
      'a group that its member does not know',
      [...base, group('egress', [1])],
      'lo0 does not know that it is in group egress',
    ],
    ['a nexthop twice', [...base, nexthop(1), nexthop(1)], 'nexthop 1 is there twice'],
    ['a nexthop of no interface', [...base, nexthop(1, 9)], 'nexthop 1 is on interface 9, which is not there'],
    ['a nexthop of no protocol', [...base, nexthop(1, 1, { origin: 256 })], 'nexthop 1 is of protocol 256 and type 1'],
    ['a nexthop of no type', [...base, nexthop(1, 1, { type: 256 })], 'nexthop 1 is of protocol 0 and type 256'],
    [
      'an interface in a table that is not there',
      [kernel, vnet, clone('lo', [1]), link(1, 'lo0', {}, 1), group('all', [1]), group('lo', [1])],
      'lo0 is in fib 1 of 1',
    ],
    [
      'a group of nexthops that are not there',
      [...base, nexthop(1), nexthopGroup(1, [1, 2])],
      'nexthop 2 of group 1 is not there',
    ],
    ['a route to nowhere', [...base, nexthop(1), route(7)], 'leads to nexthop 7, which is not there'],
    ['a route twice', [...base, nexthop(1), route(1), route(1)], '10.0.0.0/8 is there twice'],
    ['a route in a table that is not there', [...base, nexthop(1), route(1, 8, 5)], 'invalid fib'],
  ])('is refused with %s, and says where', (_what, records, message) => {
    const bytes = fileOf(records)
    expect(() => restoreKernel(bytes)).toThrow(
      expect.objectContaining({ name: 'StateError', code: 'EINVAL', message: expect.stringContaining(message) }),
    )
    expect(() => restoreKernel(bytes)).toThrow(/\(at byte \d+ of the state file\)$/)
  })

  it('is refused or taken, and never crashes, with any byte of a record changed', () => {
    const records = [...base, address(1), nexthop(3), route(3)]
    for (const [at, [type, bytes]] of records.entries()) {
      for (let byte = 0; byte < bytes.length; byte++) {
        const spoiled = bytes.slice()
        spoiled[byte] = (spoiled[byte] as number) ^ 0x55
        const file = fileOf(records.with(at, [type, spoiled]))
        let refused: unknown
        try {
          void restoreKernel(file).close()
        } catch (error) {
          refused = error
        }
        if (refused !== undefined) expect(refused).toMatchObject({ name: 'StateError' })
      }
    }
  })

  it('carries doubles exactly', () => {
    const body = schema.kernelRecord
    for (const bootAt of [0, 1763647423123.25, Number.MIN_VALUE, -0]) {
      const bytes = body.encode({ header: { vnet: 0 }, attrs: { bootAt } }, 'freebsd')
      expect(body.decode(bytes, 'freebsd').attrs.bootAt).toBe(bootAt)
    }
  })
})
