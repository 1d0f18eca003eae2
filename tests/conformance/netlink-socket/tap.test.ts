import type { TappedDatagram } from '@nltool/nl-core/kernel'
import { splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  createWorld,
  drain,
  ITEM_GROUP,
  ITEM_NEW,
  itemOf,
  NLM_F_ACK,
  NLMSG_ERROR,
  request,
  SOL_NETLINK,
} from './fixture.ts'

describe('a tap', () => {
  it('sees what every socket sends and is given, with who, when and which group', async () => {
    const world = createWorld()
    const seen: TappedDatagram[] = []
    const cancel = world.netlink.tap(datagram => seen.push(datagram))
    const [sender, listener] = [world.open({ pid: 7 }), world.open({ pid: 8, abi: 'linux' })]
    listener.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    const sent = request(ITEM_NEW, { item: itemOf(1), flags: NLM_F_ACK })
    sender.send(sent)
    world.scheduler.advance(5)
    await world.settle()
    expect(
      seen.map(({ direction, pid, abi, group, bytes }) => [direction, pid, abi, group, splitMessages(bytes)[0]?.type]),
    ).toEqual([
      ['sent', 7, 'freebsd', 0, ITEM_NEW],
      ['received', 8, 'linux', ITEM_GROUP, ITEM_NEW],
      ['received', 7, 'freebsd', 0, NLMSG_ERROR],
    ])
    expect(seen[0]?.bytes).toEqual(sent)
    cancel()
    world.notify(2)
    expect(seen).toHaveLength(3)
  })

  it('that throws is reported and stops nobody', async () => {
    const world = createWorld()
    world.netlink.tap(() => {
      throw new Error('spilt')
    })
    const socket = world.open()
    socket.send(request(99))
    await world.settle()
    expect(drain(socket)).toHaveLength(1)
    expect(world.defects.map(String)).toEqual(['Error: spilt', 'Error: spilt'])
  })
})
