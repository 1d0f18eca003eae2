import { connect } from '@nltool/nl-core'
import { NltoolError } from '@nltool/nl-core/errno'
import { below } from '@nltool/nl-core/scheduler'
import { manualEnv, scriptedTransport } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { thing, thingBody, thingOperations } from '../client/things.ts'
import { vectors } from '../vectors/load.ts'
import { cases, chanceOf, failedCase } from './run.ts'
import { spoil } from './spoil.ts'

const answers = vectors.flatMap(({ recv }) => recv.filter(bytes => bytes.length >= 16))

describe('a client whose kernel talks nonsense', () => {
  it('settles every call with a result or an error of its own, and keeps no timer', async () => {
    const seen = { resolved: 0, rejected: 0 }
    for (let index = 0; index < Math.min(cases(1_500), 20_000); index++) {
      const random = chanceOf(index)
      const env = manualEnv(index + 1)
      const spoiled: Uint8Array[] = []
      const transport = scriptedTransport({
        abi: 'linux',
        onMessage(message, self) {
          for (let count = below(random, 4); count > 0; count--) {
            const bytes = spoil(answers[below(random, answers.length)] as Uint8Array, random, answers)
            if (bytes.length >= 16) new DataView(bytes.buffer).setUint32(8, message.seq, true)
            if (bytes.length >= 16) new DataView(bytes.buffer).setUint32(12, 0, true)
            spoiled.push(bytes)
            self.deliver(bytes)
          }
        },
      })
      const connection = await connect(transport, 0, { env })
      const events = connection.subscribe([1], { decode: message => message.decode(thingBody) })
      const batch = connection.batch()
      batch.add(thingOperations.new, thing(1))
      batch.get(thingOperations.get, thing(2))
      const calls = [
        connection.request(thingOperations.new, thing(1)),
        connection.requestReply(thingOperations.get, thing(1)),
        batch.send(),
        connection.dump(thingOperations.get, thing(1)).collect(),
        events.next(),
      ]
      const settled = Promise.allSettled(calls)
      await env.advance(60_000)
      await connection.close()
      try {
        for (const result of await settled) {
          if (result.status === 'fulfilled') seen.resolved++
          else {
            seen.rejected++
            expect(result.reason).toBeInstanceOf(NltoolError)
          }
        }
        expect(env.held).toBe(0)
      } catch (error) {
        throw failedCase(index, 'client', spoiled[0] ?? new Uint8Array(0), error)
      }
    }
    expect(seen.resolved).toBeGreaterThan(0)
    expect(seen.rejected).toBeGreaterThan(0)
  }, 600_000)
})
