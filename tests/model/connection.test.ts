import { connect } from '@nltool/nl-core'
import { KernelError } from '@nltool/nl-core/errno'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createThingKernel, NETLINK_THING } from '../client/thing-kernel.ts'
import { thing, thingOperations } from '../client/things.ts'

/** What a client may do; `wait` lets everything before it finish. */
type Op =
  | { readonly kind: 'set' | 'bad' | 'get' | 'delete'; readonly id: number; readonly size: number }
  | { readonly kind: 'batch'; readonly ids: readonly number[] }
  | { readonly kind: 'collect' | 'stream' | 'leave' | 'abort' | 'wait' }

const id = fc.integer({ min: 0, max: 20 })
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constantFrom('set', 'bad', 'get', 'delete'), id, size: fc.nat(1000) }),
  fc.record({ kind: fc.constant('batch'), ids: fc.array(id, { maxLength: 30 }) }),
  fc.record({ kind: fc.constantFrom('collect', 'stream', 'leave', 'abort', 'wait') }),
)

/** What an operation gave: a value, or the errno of its refusal. */
type Outcome = unknown

/** The same on a plain Map. Requests are carried out in the order in which they were made. */
function expected(model: Map<number, number>, step: Op): Outcome {
  switch (step.kind) {
    case 'set':
      model.set(step.id, step.size)
      return 'done'
    case 'bad':
      return 'EINVAL'
    case 'get':
      return model.get(step.id) ?? 'ENOENT'
    case 'delete':
      return model.delete(step.id) ? 'done' : 'ENOENT'
    case 'batch':
      return step.ids.map(each => (model.delete(each) ? 'done' : 'ENOENT'))
    default:
      return undefined
  }
}

const code = (error: unknown): Outcome => {
  if (error instanceof KernelError) return error.code
  throw error
}

describe.each([
  ['freebsd', false],
  ['freebsd', true],
  ['linux', false],
] as const)('a connection (%s, synchronous: %s) under random use', (abi, sendSync) => {
  it('gives every request its own answer, in the order of the requests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 40 }), async steps => {
        const kernel = createThingKernel()
        const connection = await connect(kernel.host(abi, { sendSync }), NETLINK_THING)
        const model = new Map<number, number>()
        const { new: add, get, delete: remove } = thingOperations
        const outcomes: Promise<Outcome>[] = []
        const wanted: Outcome[] = []

        function perform(step: Op): Promise<Outcome> {
          switch (step.kind) {
            case 'set':
              return connection.request(add, thing(step.id, { size: step.size })).then(() => 'done')
            case 'bad':
              return connection.request(add, thing(step.id, { name: 'bad' }))
            case 'get':
              return connection.requestReply(get, thing(step.id)).then(({ attrs }) => attrs.size)
            case 'delete':
              return connection.request(remove, thing(step.id)).then(() => 'done')
            case 'batch': {
              const batch = connection.batch({ bytesMax: 200 })
              for (const each of step.ids) batch.add(remove, thing(each))
              return batch.send().then(results => results.map(result => (result.ok ? 'done' : result.error.code)))
            }
            case 'collect':
              return connection
                .dump(get, thing(0))
                .snapshot()
                .then(() => undefined)
            case 'stream':
              return stream(Infinity)
            case 'leave':
              return stream(2)
            case 'abort':
              return connection
                .requestReply(get, thing(1), { signal: AbortSignal.abort('enough') })
                .catch(() => undefined)
            case 'wait':
              return Promise.all(outcomes).then(() => undefined)
          }
        }

        async function stream(most: number): Promise<undefined> {
          let left = most
          for await (const _thing of connection.dump(get, thing(0))) if (--left <= 0) break
        }

        for (const step of steps) {
          wanted.push(expected(model, step))
          const outcome = perform(step).catch(code)
          outcomes.push(outcome)
          if (step.kind === 'wait') await outcome
        }
        expect(await Promise.all(outcomes)).toEqual(wanted)
        const present = await connection.dump(get, thing(0)).collect()
        expect(new Map(present.map(({ header, attrs }) => [header.id, attrs.size]))).toEqual(model)
        await connection.close()
        expect(kernel.netlink.stats()).toMatchObject({ sockets: 0, dumps: 0, defects: 0 })
      }),
      { numRuns: 400 },
    )
  }, 60_000)
})
