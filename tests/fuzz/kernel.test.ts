import { createKernel, type Kernel } from '@nltool/kernel'
import { NETLINK_GENERIC, NETLINK_ROUTE, NLMSG_ERROR, type Transport } from '@nltool/nl-core'
import { type Errno, errnoName, SocketError } from '@nltool/nl-core/errno'
import { type Abi, abis } from '@nltool/nl-core/model'
import { below } from '@nltool/nl-core/scheduler'
import { messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { openRoute } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { type VectorProtocol, vectors } from '../vectors/load.ts'
import { cases, chanceOf, failedCase, sameBytes } from './run.ts'
import { invent, spoil } from './spoil.ts'

const numbers = { rtnetlink: NETLINK_ROUTE, genetlink: NETLINK_GENERIC } as const satisfies Record<
  VectorProtocol,
  number
>
const protocols = Object.keys(numbers) as VectorProtocol[]

const requests = {
  rtnetlink: vectors
    .filter(({ protocol, send }) => protocol === 'rtnetlink' && send.length > 0)
    .map(({ send }) => send),
  genetlink: vectors
    .filter(({ protocol, send }) => protocol === 'genetlink' && send.length > 0)
    .map(({ send }) => send),
} as const
/** Types of made-up requests: rtnetlink's, and those around them; the ids of generic families. */
const types = {
  rtnetlink: Array.from({ length: 110 }, (_, i) => 16 + i),
  genetlink: Array.from({ length: 24 }, (_, i) => 14 + i),
} as const

/** What send(2) may say to bytes that make no sense. */
const sendErrors: readonly Errno[] = ['EINVAL', 'ENOBUFS', 'ENODATA', 'EMSGSIZE']
/** An answer that says a handler threw what is no answer: a defect. */
const defect: Errno = 'EIO'

/** Sends a datagram, then a message that is always acknowledged, and receives up to that. Returns the errnos of answers. */
async function converse(transport: Transport, datagram: Uint8Array): Promise<(Errno | undefined)[]> {
  try {
    await transport.send(datagram)
  } catch (error) {
    if (!(error instanceof SocketError) || !sendErrors.includes(error.code)) throw error
  }
  const last = 0xfeed_beef
  await transport.send(messageBytes({ type: 1, flags: 5, seq: last })) // NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK
  const errnos: (Errno | undefined)[] = []
  for (;;) {
    const { bytes } = await transport.recv()
    const messages = splitMessages(bytes)
    const length = messages.reduce((sum, message) => sum + ((message.bytes.length + 3) & ~3), 0)
    if (length !== bytes.length) throw new Error(`the kernel sent ${bytes.length} bytes, ${length} of them messages`)
    for (const message of messages) {
      if (message.type !== NLMSG_ERROR) continue
      const number = Math.abs(new DataView(message.payload.buffer).getInt32(0, true))
      if (message.seq === last && number === 0) return errnos
      if (number !== 0) errnos.push(errnoName(number, transport.abi))
    }
  }
}

/** A kernel with something in it: a pair of interfaces with addresses, and what they imply. */
async function furnished(seed: number): Promise<Kernel> {
  const kernel = createKernel({ seed })
  await using route = await openRoute(kernel.spawn())
  await route.link.create({ kind: 'epair', name: 'epair0' })
  for (const [ifname, address] of [
    ['epair0a', '192.0.2.1/24'],
    ['epair0b', '2001:db8::1/64'],
  ] as const) {
    await route.link.set({ ifname, up: true })
    await route.addr.add({ ifname, address })
  }
  await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
  return kernel
}

/** Ends a kernel. Throws if what it has cannot be listed, or anything has leaked. */
async function examined(kernel: Kernel): Promise<void> {
  {
    await using route = await openRoute(kernel.spawn())
    for (const object of [route.link, route.addr, route.route]) expect(await object.dump().collect()).not.toEqual([])
  }
  await kernel.settle()
  expect(kernel.audit().findings).toEqual([])
  await kernel.close()
}

/** Sockets of one process, by protocol. */
async function socketsOf(kernel: Kernel, abi: Abi, uid: number): Promise<{ [protocol in VectorProtocol]: Transport }> {
  const process = kernel.spawn({ uid, abi })
  const [rtnetlink, genetlink] = await Promise.all([process.open(NETLINK_ROUTE), process.open(NETLINK_GENERIC)])
  for (const transport of [rtnetlink, genetlink]) await transport.setOption('extAck', true)
  return { rtnetlink, genetlink }
}

function datagramOf(index: number): { protocol: VectorProtocol; bytes: Uint8Array } {
  const random = chanceOf(index)
  const protocol = protocols[below(random, 8) === 0 ? 1 : 0] as VectorProtocol
  const list = requests[protocol]
  const original =
    below(random, 3) === 0 ? invent(random, types[protocol]) : (list[below(random, list.length)] as Uint8Array)
  return { protocol, bytes: spoil(original, random, list) }
}

describe.each(abis)('a kernel that is sent nonsense through a %s socket', abi => {
  it('answers errnos that mean something, never stops, and stays whole', async () => {
    const seen = new Map<string, number>()
    let kernel = await furnished(1)
    let sockets = await socketsOf(kernel, abi, 0)
    for (let index = 0; index < cases(6_000); index++) {
      if (index % 2_000 === 1_999) {
        await examined(kernel)
        kernel = await furnished(index)
        sockets = await socketsOf(kernel, abi, 0)
      }
      const { protocol, bytes } = datagramOf(index)
      try {
        for (const errno of await converse(sockets[protocol], bytes)) {
          if (errno === undefined || errno === defect) throw new Error(`answered ${errno ?? 'an errno without a name'}`)
          seen.set(errno, (seen.get(errno) ?? 0) + 1)
        }
      } catch (error) {
        throw failedCase(index, `${protocol} ${abi}`, bytes, error)
      }
    }
    await examined(kernel)
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['EINVAL', 'EOPNOTSUPP']))
  }, 3_600_000)

  it('changes nothing for who may change nothing', async () => {
    const kernel = await furnished(1)
    const sockets = await socketsOf(kernel, abi, 1000)
    const before = kernel.save()
    for (let index = 0; index < cases(2_000); index++) {
      const { protocol, bytes } = datagramOf(index)
      try {
        await converse(sockets[protocol], bytes)
        if (index % 50 === 0 && !sameBytes(kernel.save(), before)) throw new Error('the state has changed')
      } catch (error) {
        throw failedCase(index, `${protocol} ${abi}`, bytes, error)
      }
    }
    expect(kernel.save()).toEqual(before)
    await kernel.close()
  }, 3_600_000)
})
