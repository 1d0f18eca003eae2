import { rootCred, userCred, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { splitMessages } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import {
  bareCtx,
  createWorld,
  drain,
  ITEM_GROUP,
  ITEM_NEW,
  itemBody,
  itemOf,
  NLM_F_ACK,
  NLM_F_ECHO,
  NLMSG_ERROR,
  received,
  request,
  SOL_NETLINK,
  type World,
} from './fixture.ts'

const abis = ['freebsd', 'linux'] as const
const vnet1 = 1 as VnetId

function member(world: World, options: Parameters<World['open']>[0] = {}, group = ITEM_GROUP) {
  const socket = world.open(options)
  socket.setsockopt(SOL_NETLINK, 1, group)
  return socket
}

describe('NS 9.1 delivery', () => {
  it('to each socket of the vnet whose protocol matches and which is a member', () => {
    const world = createWorld()
    world.netlink.register({
      number: 16,
      name: 'other',
      handlerOf: () => {
        throw new Error()
      },
      replyType: () => 0,
      groups: () => 32,
    })
    const [a, b] = [member(world), member(world)]
    const others = [world.open(), member(world, {}, 8), member(world, { vnet: vnet1 }), member(world, { protocol: 16 })]
    world.notify(1)
    expect([a, b].map(socket => drain(socket).map(({ type }) => type))).toEqual([[ITEM_NEW], [ITEM_NEW]])
    expect(others.map(socket => socket.fionread)).toEqual([0, 0, 0, 0])
  })

  it('newest socket first, whatever the order of joining', () => {
    const world = createWorld()
    const sockets = [1, 2, 3, 4].map(pid => world.open({ pid }))
    for (const index of [2, 0, 3, 1]) sockets[index]?.setsockopt(SOL_NETLINK, 1, ITEM_GROUP)
    const order: number[] = []
    world.netlink.tap(({ pid }) => order.push(pid))
    world.notify(1)
    expect(order).toEqual([4, 3, 2, 1])
  })

  it('encoded once per ABI that listens; the listeners of one share the frame', () => {
    const world = createWorld()
    let encodings = 0
    const counted = {
      ...itemBody,
      codec(abi: 'freebsd' | 'linux') {
        encodings += 1
        return itemBody.codec(abi)
      },
    }
    const listeners = Array.from({ length: 5 }, () => member(world))
    listeners.push(member(world, { abi: 'linux' }), member(world, { abi: 'linux' }))
    world.netlink.notify(bareCtx(world, vnet0), {
      vnet: vnet0,
      protocol: 0,
      group: ITEM_GROUP,
      type: ITEM_NEW,
      schema: counted,
      body: itemOf(1),
    })
    expect(encodings).toBe(2)
    expect(listeners.map(socket => drain(socket).length)).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  it('no match: nothing is encoded', () => {
    const world = createWorld()
    expect(world.netlink.hasListeners(vnet0, 0, ITEM_GROUP)).toBe(false)
    const unusable = {
      ...itemBody,
      codec: () => {
        throw new Error('encoded')
      },
    }
    world.netlink.notify(bareCtx(world, vnet0), {
      vnet: vnet0,
      protocol: 0,
      group: ITEM_GROUP,
      type: ITEM_NEW,
      schema: unusable,
      body: itemOf(1),
    })
    expect(world.defects).toEqual([])
  })

  it('thousands of unread messages are read in order, whatever comes meanwhile', () => {
    const world = createWorld()
    const socket = member(world)
    socket.setsockopt(0xffff, 0x1002, 1 << 20)
    const read: number[] = []
    for (let id = 1; id <= 6000; id++) {
      world.notify(id)
      if (id > 3000) read.push(...splitMessages(received(socket.recv(44)).data).map(({ payload }) => idOf(payload)))
    }
    read.push(...drain(socket).map(({ payload }) => idOf(payload)))
    expect(read).toEqual(Array.from({ length: 6000 }, (_, index) => index + 1))
  })

  it('the requesting socket is not excluded', async () => {
    const world = createWorld()
    for (const abi of abis) {
      const socket = member(world, { abi })
      socket.send(request(ITEM_NEW, { item: itemOf(1), flags: NLM_F_ACK, abi }))
      await world.settle()
      expect(drain(socket).map(({ type }) => type)).toEqual([ITEM_NEW, NLMSG_ERROR])
    }
  })

  it('what an ABI cannot express is lost for its listeners only, and counted', () => {
    const world = createWorld()
    const [bsd, linux] = [member(world), member(world, { abi: 'linux' })]
    world.items.set(1, { header: { family: 0, id: 1 }, attrs: { name: 'x'.repeat(65528) } })
    world.notify(1)
    expect([drain(bsd, 70000).length, drain(linux, 70000).length]).toEqual([1, 0])
    expect(world.netlink.stats().unencodable).toBe(1)
  })
})

function idOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(4, true)
}

describe('NS 9.2 message fields', () => {
  it('pid 0, seq 0 unless the emitter passes values', () => {
    const world = createWorld()
    const socket = member(world)
    const base = { vnet: vnet0, protocol: 0, group: ITEM_GROUP, type: ITEM_NEW, schema: itemBody, body: itemOf(1) }
    world.netlink.notify(bareCtx(world, vnet0), base)
    world.netlink.notify(bareCtx(world, vnet0), { ...base, flags: 0x500, seq: 7, portid: 8 })
    expect(drain(socket).map(({ flags, seq, portid }) => [flags, seq, portid])).toEqual([
      [0, 0, 0],
      [0x500, 7, 8],
    ])
  })
})

describe('NS 9.3 scoping and privileges', () => {
  it('privileged group: checked at delivery; members without it get nothing', () => {
    const world = createWorld()
    const [root, user] = [member(world), member(world, { cred: userCred(1001) })]
    world.netlink.notify(bareCtx(world, vnet0), {
      vnet: vnet0,
      protocol: 0,
      group: ITEM_GROUP,
      type: ITEM_NEW,
      schema: itemBody,
      body: itemOf(1),
      priv: 'net-route',
    })
    expect([root.fionread > 0, user.fionread]).toEqual([true, 0])
  })

  it('jails without vnet cannot join', () => {
    const world = createWorld()
    const socket = member(world, { cred: { ...rootCred, ownVnet: false } })
    world.notify(1)
    expect(socket.fionread).toBe(0)
  })

  it('a group with another number in an ABI is joined, bound, listed and reported by that number', () => {
    const world = createWorld({
      protocol: {
        groupNumber: (group, abi) => (abi === 'linux' && group === 48 ? 16 : group),
        groupOf: (number, abi) => (abi === 'linux' && number === 16 ? 48 : number),
      },
    })
    const joined = member(world, { abi: 'linux' }, 16)
    const bound = world.open({ abi: 'linux' })
    bound.bind({ portid: 0, groups: 1 << 15 })
    const native = member(world, {}, 48)
    world.notify(1, { group: 48 })
    expect(received(joined.recv(100)).from.groups).toBe(1 << 15)
    expect([drain(bound).length, drain(native).length]).toEqual([1, 1])
    expect(joined.getsockname().groups).toBe(1 << 15)
    expect([...joined.getsockopt(SOL_NETLINK, 9, 4).bytes]).toEqual([0, 0x80, 0, 0])
  })
})

describe('R-RT-10 NLM_F_ECHO', () => {
  it.each(abis)('one unicast copy with the requester’s seq and port, then the ACK (%s)', async abi => {
    const world = createWorld()
    const socket = world.open({ abi })
    socket.bind({ portid: 50, groups: 0 })
    socket.send(request(ITEM_NEW, { item: itemOf(1), flags: NLM_F_ACK | NLM_F_ECHO, seq: 9, abi }))
    await world.settle()
    expect(drain(socket).map(({ type, seq, portid }) => [type, seq, portid])).toEqual([
      [ITEM_NEW, 9, 50],
      [NLMSG_ERROR, 9, 50],
    ])
  })

  it('a requester that is a member gets the multicast copy as well', async () => {
    const world = createWorld()
    const socket = member(world)
    socket.send(request(ITEM_NEW, { item: itemOf(1), flags: NLM_F_ACK | NLM_F_ECHO, seq: 9 }))
    await world.settle()
    const got = drain(socket)
    expect(got.map(({ type, seq }) => [type, seq])).toEqual([
      [ITEM_NEW, 0],
      [ITEM_NEW, 9],
      [NLMSG_ERROR, 9],
    ])
  })
})
