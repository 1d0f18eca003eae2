import { NLMSG_DONE, NLMSG_ERROR } from '@nltool/nl-core'
import { type Errno, errnoName } from '@nltool/nl-core/errno'
import { splitMessages, toHex } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { bootCaptured, type Embedded } from './embedded.ts'
import { type Vector, vectors } from './load.ts'
import { outcomeOf } from './outcome.ts'
import { protocolNumber, restated } from './schemas.ts'
import { spoiledMessages } from './spoil.ts'

/**
 * What a spoiled datagram may do to a kernel:
 *
 * 1. send(2) takes it. Nothing throws inside the kernel: no EIO, no defect in the audit.
 * 2. Each answer is an object, an acknowledgement, or an error that the specification names.
 * 3. If no message of it was acknowledged, nothing has changed.
 * 4. If one was, it says something that is well-formed. What it says, encoded afresh from the decoded object without its
 *    odd bytes, has the same outcome and leaves the same state in a kernel that was set up the same way.
 */

/** Errnos that the handlers and parsers of the specification name. */
const named: ReadonlySet<Errno> = new Set<Errno>([
  'EPERM', // neither index nor name in NEWLINK
  'ENOENT', // an interface, address family's object or generic family that is not there
  'ESRCH', // a route that is not there
  'EEXIST',
  'ENODEV', // GETLINK of an interface that is not there
  'EINVAL',
  'ENOSPC', // a unit number that is too large
  'ERANGE',
  'EBADMSG', // a header that is too short
  'EOPNOTSUPP', // a message type, kind or attribute that is not supported; an address of unknown length
  'EAFNOSUPPORT',
  'EPFNOSUPPORT', // an address family that the Linux layer does not know
  'EADDRNOTAVAIL',
  'EADDRINUSE', // a pinned route
  'ENAMETOOLONG',
])

const requests = vectors.filter(({ send, abi }) => send.length > 0 && abi === 'linux')

/** One per request that differs from the others in more than its sequence number. */
function distinct(): Vector[] {
  const seen = new Map<string, Vector>()
  for (const vector of requests) {
    const [message] = splitMessages(vector.send)
    if (message !== undefined)
      seen.set(`${vector.protocol} ${message.type} ${message.flags} ${toHex(message.payload)}`, vector)
  }
  return [...seen.values()]
}

type Verdict = Errno | 'ACK' | 'EUNKNOWN'

/** The errors and acknowledgements among some answers. */
function errorsOf(datagrams: readonly Uint8Array[]): Verdict[] {
  const messagesOf = datagrams.flatMap(datagram => splitMessages(datagram))
  return messagesOf.flatMap(({ type, payload }): Verdict[] => {
    if (type !== NLMSG_ERROR && type !== NLMSG_DONE) return []
    const number = -new DataView(payload.buffer, payload.byteOffset).getInt32(0, true)
    if (number !== 0) return [errnoName(number, 'linux') ?? 'EUNKNOWN']
    return type === NLMSG_ERROR ? ['ACK'] : []
  })
}

/** The datagrams that a kernel refused, all of them together, must not have changed it. */
interface Run {
  embedded: Embedded
  refused: { readonly how: string; readonly bytes: Uint8Array }[]
}

async function ask(embedded: Embedded, { protocol }: Vector, bytes: Uint8Array): Promise<Uint8Array[]> {
  return embedded.ask(protocolNumber[protocol], bytes)
}

/** The state that a datagram leaves in a kernel of its own, and what it is answered. */
async function effectOf(
  vector: Vector,
  bytes: Uint8Array,
): Promise<{ readonly outcome: string; readonly state: string }> {
  const embedded = await bootCaptured()
  const outcome = outcomeOf(vector.protocol, await ask(embedded, vector, bytes))
  const state = toHex(embedded.state())
  await embedded.close()
  return { outcome, state }
}

/** What breaks one of the rules above, in words. */
async function faultsOf(vector: Vector, message: Uint8Array): Promise<string[]> {
  const faults: string[] = []
  const run: Run = { embedded: await bootCaptured(), refused: [] }
  const untouched = toHex(run.embedded.state())

  async function closeRun(): Promise<void> {
    faults.push(...run.embedded.kernel.audit().findings)
    if (toHex(run.embedded.state()) !== untouched) faults.push(...(await culprits(vector, run.refused, untouched)))
    await run.embedded.close()
  }

  for (const { how, bytes } of spoiledMessages(message)) {
    const answers = await ask(run.embedded, vector, bytes)
    for (const error of errorsOf(answers)) {
      if (error !== 'ACK' && (error === 'EUNKNOWN' || !named.has(error))) faults.push(`${how}: ${error}`)
    }
    if (!errorsOf(answers).includes('ACK')) {
      run.refused.push({ how, bytes })
      continue
    }
    const effect = { outcome: outcomeOf(vector.protocol, answers), state: toHex(run.embedded.state()) }
    const expected = await effectOf(vector, restated(vector.protocol, vector.abi, bytes))
    if (effect.outcome !== expected.outcome) faults.push(`${how}: ${effect.outcome}, but restated ${expected.outcome}`)
    // Refused requests before it may have used up random numbers, of which MAC addresses are made: tried alone, then.
    if (effect.state !== expected.state && (await effectOf(vector, bytes)).state !== expected.state) {
      faults.push(`${how}: another state than the same request restated`)
    }
    if (effect.state === untouched) continue
    faults.push(...run.embedded.kernel.audit().findings)
    await run.embedded.close()
    Object.assign(run, { embedded: await bootCaptured(), refused: [] })
  }
  await closeRun()
  return faults
}

/** Which of the refused datagrams changed the state, each tried alone. */
async function culprits(vector: Vector, refused: Run['refused'], untouched: string): Promise<string[]> {
  const found: string[] = []
  for (const { how, bytes } of refused) {
    const { state } = await effectOf(vector, bytes)
    if (state !== untouched) found.push(`${how}: refused, and yet the state changed`)
  }
  return found.length > 0 ? found : ['refused datagrams changed the state together']
}

describe('a kernel that is sent spoiled requests', () => {
  for (const vector of distinct()) {
    it(`answers with the errnos of the specification and changes nothing: ${vector.protocol} ${vector.name}`, async () => {
      const [message] = splitMessages(vector.send)
      expect((await faultsOf(vector, message?.bytes ?? new Uint8Array())).slice(0, 10)).toEqual([])
    }, 60_000)
  }
})

describe('a datagram that is cut', () => {
  const several = requests.filter(
    ({ send }) => splitMessages(send).length > 1 || splitMessages(send)[0]?.bytes.length !== send.length,
  )

  it('is there with several messages, and with the tail of zeros that iproute2 sends', () => {
    expect(several.map(({ name }) => name)).toContain('batch-three-messages')
    expect(several.length).toBeGreaterThan(3)
  })

  it.each(several)(
    'is answered for the messages that are whole, and for nothing else: $protocol $name',
    async vector => {
      const embedded = await bootCaptured() // these requests only read, so one kernel does for all
      const all = (await ask(embedded, vector, vector.send)).flatMap(datagram => splitMessages(datagram))
      for (let at = 1; at <= vector.send.length; at++) {
        const cut = vector.send.slice(0, at)
        const expected = new Set(splitMessages(cut).map(({ seq }) => seq))
        const answers = (await ask(embedded, vector, cut)).flatMap(datagram => splitMessages(datagram))
        const kept = all.filter(({ seq }) => expected.has(seq))
        expect(
          answers.map(({ seq, type }) => [seq, type]),
          `cut to ${at}`,
        ).toEqual(kept.map(({ seq, type }) => [seq, type]))
      }
      expect(embedded.kernel.audit().findings).toEqual([])
      await embedded.close()
    },
    60_000,
  )
})
