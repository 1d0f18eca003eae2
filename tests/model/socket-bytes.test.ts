import { concatBytes, messageBytes } from '@nltool/nl-core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createWorld,
  drain,
  fill,
  ITEM_DEL,
  ITEM_GET,
  ITEM_NEW,
  itemBody,
  NLM_F_ACK,
  NLMSG_DONE,
  NLMSG_ERROR,
  SOL_NETLINK,
} from '../conformance/netlink-socket/fixture.ts'

const { NLTOOL_FUZZ_CASES } = process.env
/** NLTOOL_FUZZ_CASES=1000000 is the long run. */
const numRuns = Number(NLTOOL_FUZZ_CASES ?? 2000)

const modes = ['asynchronous', 'synchronous', 'linux'] as const
const sentinel = 0x7ffffff1

/** A message whose body may be anything, with a header that is nearly right. */
const message = fc
  .record({
    type: fc.oneof(fc.constantFrom(ITEM_NEW, ITEM_DEL, ITEM_GET, 1, 3, 15, 99), fc.nat(0xffff)),
    flags: fc.oneof(fc.constantFrom(1, 5, 0x301, 0x305, 0xd), fc.nat(0xffff)),
    seq: fc.integer({ min: 1, max: 1000 }),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .record({ id: fc.nat(20), name: fc.string({ maxLength: 12 }).map(text => text.replaceAll('\0', '')) })
        .map(({ id, name }) => itemBody.encode({ header: { family: 0, id }, attrs: { name } }, 'freebsd')),
    ),
    /** Added to nlmsg_len. */
    lie: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -40, max: 70000 }) },
    ),
  })
  .map(({ type, flags, seq, body, lie }) => {
    const bytes = messageBytes({ type, flags, seq }, body)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, view.getUint32(0, true) + lie, true)
    return bytes
  })

/** Several of them, with some bytes overwritten and the end cut. */
const datagram = fc
  .record({
    messages: fc.array(message, { minLength: 1, maxLength: 5 }),
    spoil: fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }),
    cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
  })
  .map(({ messages, spoil, cut }) => {
    const bytes = concatBytes(...messages)
    for (const [at, value] of spoil) if (at < bytes.length) bytes[at] = value
    return bytes.subarray(0, Math.max(bytes.length - cut, 16))
  })

describe('netlink sockets given any bytes', () => {
  it.each(modes)(
    `answer in order, report no defect and go on (%s, ${numRuns} datagrams)`,
    { timeout: 20_000 + numRuns * 10 },
    async mode => {
      await fc.assert(
        fc.asyncProperty(datagram, async bytes => {
          const world = createWorld()
          fill(world, 3)
          const socket = world.open({ abi: mode === 'linux' ? 'linux' : 'freebsd' })
          if (mode === 'synchronous') socket.setsockopt(SOL_NETLINK, 258, 1)
          socket.setsockopt(SOL_NETLINK, 11, 1)
          const before = bytes.slice()
          const sent = lengthOrCode(() => socket.send(bytes))
          expect(bytes).toEqual(before)
          const last = socket.send(messageBytes({ type: 1, flags: NLM_F_ACK, seq: sentinel }))
          for (await world.settle(); world.waiting > 0; await world.settle()) world.proceed()
          expect(await sent).toBeOneOf([bytes.length, 'EINVAL'])
          expect(await last).toBe(16)
          await world.settle()
          const answers = drain(socket)
          expect(world.defects).toEqual([])
          expect(answers.at(-1)).toMatchObject({ type: NLMSG_ERROR, seq: sentinel })
          const finished = answers.filter(({ type }) => type === NLMSG_ERROR || type === NLMSG_DONE)
          expect(
            isSubsequence(
              finished.slice(0, -1).map(({ seq }) => seq),
              sequence(bytes),
            ),
          ).toBe(true)
          expect(world.netlink.rtnl.locked).toBe(false)
          expect(world.scheduler.waiting).toEqual([])
        }),
        { numRuns },
      )
    },
  )
})

async function lengthOrCode(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    return (error as { code?: string }).code
  }
}

/** Sequence numbers of the messages up to the first header that cannot be. */
function sequence(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const seqs: number[] = []
  for (let at = 0; bytes.length - at >= 16; ) {
    const length = view.getUint32(at, true)
    if (length < 16 || length > bytes.length - at) break
    seqs.push(view.getUint32(at + 8, true))
    at += (length + 3) & ~3
  }
  return seqs
}

function isSubsequence(part: readonly number[], whole: readonly number[]): boolean {
  let at = 0
  for (const value of whole) if (part[at] === value) at += 1
  return at === part.length
}
