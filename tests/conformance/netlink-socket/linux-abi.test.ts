import { type Errno, errnoNumber, errnoRows } from '@nltool/nl-core/errno'
import { decodeSockaddr, encodeSockaddr } from '@nltool/nl-core/kernel'
import { hex, messageBytes } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  createWorld,
  drain,
  errorOf,
  fill,
  ITEM_GET,
  ITEM_GROUP,
  ITEM_NEW,
  itemOf,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_DONE,
  request,
  SOL_NETLINK,
} from './fixture.ts'

describe('NS 1.1 sockaddr_nl', () => {
  it('FreeBSD: nl_len 12, nl_family 38; Linux: nl_family 16 in two bytes', () => {
    const address = { portid: 0x01020304, groups: 0x80000001 }
    expect(encodeSockaddr(address, 'freebsd')).toEqual(hex`0c 26 0000 04030201 01000080`)
    expect(encodeSockaddr(address, 'linux')).toEqual(hex`1000 0000 04030201 01000080`)
    for (const abi of ['freebsd', 'linux'] as const) {
      expect(decodeSockaddr(encodeSockaddr(address, abi), abi)).toEqual(address)
    }
  })
})

describe('NS 10.2 Linux → kernel', () => {
  it('the address family of the header, the numbers of attributes, and what the hook of the body says', () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    const body = hex`
      0a 000000 05000000                            // AF_INET6 of Linux
      0e00 0100 6c696e75782d666f6f00 0000          // ITEM_NAME "linux-foo"
      0800 0c00 07000000                            // ITEM_VALUE, 12 on Linux`
    socket.send(messageBytes({ type: ITEM_NEW, flags: NLM_F_REQUEST | NLM_F_ACK, seq: 1 }, body))
    expect(errorOf(drain(socket)[0] as { payload: Uint8Array })).toBe(0)
    expect(world.items.get(5)).toMatchObject({ header: { family: 28 }, attrs: { name: 'foo', value: 7 } })
  })
})

describe('NS 10.3 kernel → Linux', () => {
  it('replies: family, numbers, hook; header fields are kept and lengths recomputed', () => {
    const world = createWorld()
    world.items.set(5, { header: { family: 28, id: 5 }, attrs: { name: 'foo', value: 7 } })
    const socket = world.open({ abi: 'linux' })
    socket.send(messageBytes({ type: ITEM_GET, flags: NLM_F_REQUEST, seq: 3 }, hex`00 000000 05000000`))
    expect(drain(socket)[0]?.bytes).toEqual(hex`
      30000000 1000 0000 03000000 64000000
      0a 000000 05000000
      0e00 0100 6c696e75782d666f6f00 0000
      0800 0c00 07000000`)
  })

  it('limits and lengths count the bytes that the listener reads', () => {
    const world = createWorld()
    const [bsd, linux] = [world.open(), world.open({ abi: 'linux' })]
    for (const socket of [bsd, linux]) socket.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    world.notify(1)
    expect([bsd.fionread, linux.fionread]).toEqual([36, 40]) // "item1" and "linux-item1"
    expect(drain(linux)[0]?.bytes.length).toBe(40)
  })

  it('NLMSG_ERROR: −(Linux errno), and the original bytes', () => {
    const world = createWorld()
    const socket = world.open({ abi: 'linux' })
    const sent = request(ITEM_NEW, { item: itemOf(5, 'bad'), abi: 'linux' })
    socket.send(sent)
    const [answer] = drain(socket)
    expect(errorOf(answer as { payload: Uint8Array })).toBe(-17)
    expect(answer?.payload.subarray(4)).toEqual(sent)
  })

  it('NLMSG_DONE: its result is translated too', () => {
    const world = createWorld()
    fill(world, 1)
    world.dump = function* () {
      yield itemOf(1)
      throw new (class extends Error {})()
    }
    const socket = world.open({ abi: 'linux' })
    socket.send(request(ITEM_GET, { abi: 'linux' }))
    const done = drain(socket).at(-1)
    expect([done?.type, errorOf(done as { payload: Uint8Array })]).toEqual([NLMSG_DONE, -5])
  })
})

describe('NS 10.4 errno map', () => {
  it.each([
    ['EAGAIN', 35, 11],
    ['EDEADLK', 11, 35],
    ['ENOTSOCK', 38, 88],
    ['EMSGSIZE', 40, 90],
    ['EPROTOTYPE', 41, 91],
    ['ENOPROTOOPT', 42, 92],
    ['EPROTONOSUPPORT', 43, 93],
    ['ESOCKTNOSUPPORT', 44, 94],
    ['EOPNOTSUPP', 45, 95],
    ['EPFNOSUPPORT', 46, 96],
    ['EAFNOSUPPORT', 47, 97],
    ['EADDRINUSE', 48, 98],
    ['EADDRNOTAVAIL', 49, 99],
    ['ENETDOWN', 50, 100],
    ['ENETUNREACH', 51, 101],
    ['ENOBUFS', 55, 105],
    ['EISCONN', 56, 106],
    ['ENOTCONN', 57, 107],
    ['ETIMEDOUT', 60, 110],
    ['ECONNREFUSED', 61, 111],
    ['ENAMETOOLONG', 63, 36],
    ['EHOSTUNREACH', 65, 113],
    ['EOVERFLOW', 84, 75],
    ['EBADMSG', 89, 74],
  ] as const)('%s: %i, %i', (name, freebsd, linux) => {
    expect([errnoNumber(name, 'freebsd'), errnoNumber(name, 'linux')]).toEqual([freebsd, linux])
  })

  it('every name has a number in both', () => {
    for (const name of Object.keys(errnoRows) as Errno[]) {
      expect(errnoNumber(name, 'freebsd'), name).toBeGreaterThan(0)
      expect(errnoNumber(name, 'linux'), name).toBeGreaterThan(0)
    }
  })
})
