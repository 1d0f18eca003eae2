import { NetlinkError } from '@nltool/nl-core/errno'
import { createNetlink, handler } from '@nltool/nl-core/kernel'
import { rootCred, vnet0 } from '@nltool/nl-core/model'
import { manualScheduler, seededRandom } from '@nltool/nl-core/scheduler'
import { messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { array, attributeSet, body, headed, nested, nulString, records, struct, u16, u32 } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { received } from './fixture.ts'

const hopAttrs = attributeSet({ HOP_GATEWAY: [5, 'gateway', u32] })
const hop = struct('hop', { length: u16, flags: u16, ifindex: u32 })
const peerAttrs = attributeSet({ PEER_NAME: [3, 'name', nulString()] })
const attrs = attributeSet({
  TOP_VALUE: [1, 'value', u32],
  TOP_HOPS: [2, 'hops', records(hop, 'length', () => hopAttrs)],
  TOP_PEER: [3, 'peer', headed(struct('peer', { ifindex: u32 }), () => peerAttrs)],
  TOP_LIST: [4, 'list', array(nested(() => hopAttrs))],
})
const topBody = body(struct('topmsg', { id: u32 }), attrs)
const hops = [1, 2].map(ifindex => ({ header: { flags: 0, ifindex }, attrs: { gateway: ifindex } }))

/** The offset that a refusal with this path quotes. */
function offsetOf(path: string | readonly string[]): number | undefined {
  const scheduler = manualScheduler()
  const netlink = createNetlink({ scheduler, clock: scheduler.clock, random: seededRandom(1) })
  const row = handler({
    body: topBody,
    do(): void {
      throw new NetlinkError('EINVAL', undefined, { attr: path })
    },
  })
  netlink.register({ number: 0, name: 'top', handlerOf: () => row, replyType: () => 16, groups: () => 1 })
  const socket = netlink.open({ protocol: 0, cred: rootCred, pid: 1, vnet: vnet0, abi: 'freebsd' })
  for (const option of [10, 11]) socket.setsockopt(270, option, 1)
  const payload = topBody.encode(
    {
      header: { id: 1 },
      attrs: {
        value: 1,
        hops,
        peer: { header: { ifindex: 3 }, attrs: { name: 'p' } },
        list: [{ gateway: 1 }, { gateway: 2 }],
      },
    },
    'freebsd',
  )
  socket.send(messageBytes({ type: 16, flags: 1, seq: 1 }, payload))
  scheduler.runUntilIdle()
  const [answer] = splitMessages(received(socket.recv(1000)).data)
  if (answer === undefined || answer.payload.length < 28) return undefined
  return new DataView(answer.payload.buffer, answer.payload.byteOffset).getUint32(24, true)
}

describe('NLMSGERR_ATTR_OFFS by the path that a handler names', () => {
  it.each([
    ['an attribute', 'TOP_VALUE', 20],
    ['a list of records', 'TOP_HOPS', 28],
    ['one of them', 'TOP_HOPS[1]', 28 + 4 + 16],
    ['an attribute of one of them', ['TOP_HOPS[1]', 'HOP_GATEWAY'], 28 + 4 + 16 + 8],
    ['an attribute behind a structure', ['TOP_PEER', 'PEER_NAME'], 64 + 4 + 4],
    ['an entry of an array', 'TOP_LIST[1]', 80 + 4 + 12],
    ['an attribute of an entry', ['TOP_LIST[1]', 'HOP_GATEWAY'], 80 + 4 + 12 + 4],
    ['what the request has of a path', ['TOP_PEER', 'NO_SUCH'], 64],
    ['an entry that is not there', ['TOP_HOPS[2]'], undefined],
    ['an attribute that is not there', 'NO_SUCH', undefined],
  ] as const)('%s: %j at %s', (_what, path, offset) => {
    expect(offsetOf(path)).toBe(offset)
  })
})
