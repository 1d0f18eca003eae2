import { createKernel, type Process } from '@nltool/kernel'
import {
  abiConstants,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_EXT_ACK,
  NETLINK_GENERIC,
  SOCK_RAW,
  SOL_NETLINK,
} from '@nltool/nl-core'
import { hex, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import * as wire from '@nltool/nl-core/wire'
import * as route from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { createWorld, drain, ITEM_GET, itemBody, itemOf, NLM_F_REQUEST, request } from './fixture.ts'

/** FreeBSD's own test programs (tests/sys/netlink), with the requests that they send, on a kernel. */

const { AF_NETLINK, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_DONTWAIT } = abiConstants.freebsd

function openSocket(protocol = 0): { proc: Process; fd: number } & AsyncDisposable {
  const kernel = createKernel()
  const proc = kernel.spawn()
  const fd = proc.socket(AF_NETLINK, SOCK_RAW, protocol)
  return { proc, fd, [Symbol.asyncDispose]: () => kernel.close() }
}

describe('NS 11.2 netlink_socket.c', () => {
  it('peek: a header-only RTM_GETLINK; its length, then as many bytes', async () => {
    await using test = openSocket()
    const { proc, fd } = test
    await proc.send(fd, messageBytes({ type: 18, flags: 5, seq: 0 }))
    const peeked = await proc.recv(fd, { size: 0, flags: MSG_WAITALL | MSG_PEEK | MSG_TRUNC })
    const { data, length } = await proc.recv(fd, { size: peeked.length, flags: MSG_WAITALL })
    expect(length).toBe(peeked.length)
    expect(splitMessages(data)).toMatchObject([{ type: 16, bytes: { length } }])
  })

  it('membership: NEWROUTE, DELROUTE of 127.0.0.127/32 and what a member of RTNLGRP_IPV4_ROUTE reads', async () => {
    await using test = openSocket()
    const { proc, fd } = test
    await proc.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 7)
    const rtmsg = hex`02 20 00 00 00 04 00 01 00000000` // AF_INET /32 RTPROT_STATIC RTN_UNICAST
    const dst = hex`0800 0100 7f00007f`
    const added = messageBytes(
      { type: 24, flags: 0x601, seq: 0 },
      Uint8Array.of(...rtmsg, ...dst, ...hex`0800 0400 01000000`),
    )
    const removed = messageBytes({ type: 25, flags: 1, seq: 0 }, Uint8Array.of(...rtmsg, ...dst))
    for (const sent of [added, removed]) {
      await proc.send(fd, sent)
      const { data, length } = await proc.recv(fd, { size: added.length })
      expect(length).toBe(added.length)
      const view = new DataView(data.buffer, data.byteOffset)
      expect(view.getUint16(4, true)).toBe(sent[4]) // type
      expect([data[17], data[23]]).toEqual([32, 1]) // rtm_dst_len, rtm_type
      expect(data.subarray(36, 44)).toEqual(dst) // RTA_DST, behind RTA_TABLE
    }
    await expect(async () => proc.recv(fd, { size: 100, flags: MSG_DONTWAIT })).rejects.toThrow('EAGAIN')
  })

  it('sync: FIONWRITE 0 and the 36 bytes of an answer as soon as send returns', async () => {
    await using test = openSocket(NETLINK_GENERIC)
    const { proc, fd } = test
    await proc.setsockopt(fd, SOL_NETLINK, 258, 1)
    const invalid = messageBytes({ type: 18, flags: 5, seq: 0 })
    expect(await proc.send(fd, invalid)).toBe(16)
    expect(await proc.recv(fd, { size: 1000, flags: MSG_DONTWAIT })).toMatchObject({ length: 36 })
    await proc.setsockopt(fd, SOL_NETLINK, 258, 0)
    expect(await proc.send(fd, invalid)).toBe(16)
    expect((await proc.recv(fd, { size: 1000 })).length).toBeGreaterThan(16)
  })
})

describe('NS 11.3 test_snl.c', () => {
  const sets = (module: object): wire.AttributeSetSpec[] =>
    Object.values(module).filter(value => typeof value === 'object' && value !== null && 'attributes' in value)

  it.each([
    ['snl_verify_core_parsers', wire],
    ['snl_verify_route_parsers', route],
  ])('%s: no table has a number twice', (_name, module) => {
    expect(sets(module).length).toBeGreaterThan(0)
    for (const { attributes } of sets(module)) {
      for (const abi of ['freebsd', 'linux'] as const) {
        const numbers = attributes.map(({ number }) => number[abi]).filter(number => number !== undefined)
        expect(new Set(numbers).size).toBe(numbers.length)
      }
    }
  })

  it('snl_list_ifaces: RTM_GETLINK with a zero ifinfomsg', async () => {
    await using test = openSocket()
    const { proc, fd } = test
    await proc.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)
    await proc.send(fd, messageBytes({ type: 18, flags: 5, seq: 1 }, new Uint8Array(16)))
    const messages = splitMessages((await proc.recv(fd, { size: 65536 })).data)
    expect(messages[0]?.type).toBe(16)
    expect(messages.at(-1)).toMatchObject({ type: 3, payload: new Uint8Array(4) })
  })
})

describe('NS 11.5 test_nlbuf_writer_allocation', () => {
  it.each([128, 2048, 2304])('a message of %i bytes is written in one piece', async size => {
    const world = createWorld()
    const data = Uint8Array.from({ length: size }, (_, index) => index)
    world.items.set(1, { ...itemOf(1), attrs: { name: 'x', data } })
    const socket = world.open()
    socket.send(request(ITEM_GET, { item: itemOf(1), flags: NLM_F_REQUEST }))
    await world.settle()
    const [answer] = drain(socket, 8192)
    expect(itemBody.decode(answer?.payload ?? data, 'freebsd').attrs.data).toEqual(data)
  })
})
