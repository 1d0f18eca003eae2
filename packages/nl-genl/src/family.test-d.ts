import { attributeSet, nulString, struct, u32, u64 } from '@nltool/nl-core/wire'
import { defineFamily, type Generic, type TypedFamily } from './index.ts'
import { serveFamily } from './kernel.ts'

/** Exactly the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only for `true`. */
function expectType<_T extends true>(): void {}

const counter = attributeSet({ ID: [1, 'id', u32], NAME: [2, 'name', nulString()], VALUE: [3, 'value', u64] })

const family = defineFamily({
  name: 'counters',
  version: 1,
  header: struct('scope', { scope: u32, mark: u32 }),
  groups: { changes: {}, ticks: {} },
  sets: { counter },
  ops: {
    get: { cmd: 1, set: 'counter', do: { request: ['id'], reply: ['id', 'value'] }, dump: { reply: ['id', 'name'] } },
    set: { cmd: 2, set: 'counter', do: { request: ['id', 'value'] } },
    changed: { cmd: 3, notify: 'get', group: 'changes' },
    tick: { cmd: 4, set: 'counter', event: ['id'], group: 'ticks' },
  },
})

export async function calls(client: TypedFamily<typeof family>): Promise<void> {
  const answer = await client.do('get', { id: 1 })
  expectType<Same<typeof answer.value, bigint | undefined>>()
  // @ts-expect-error `name` is no part of the answer
  answer.name

  const nothing = await client.do('set', { id: 1, value: 2n })
  expectType<Same<typeof nothing, undefined>>()
  // @ts-expect-error a request of `get` does not carry a value
  await client.do('get', { value: 1n })
  // @ts-expect-error a value is a bigint
  await client.do('set', { value: 1 })
  // @ts-expect-error there is no such operation
  await client.do('reset')
  // @ts-expect-error an event cannot be asked for
  await client.do('tick')
  // @ts-expect-error `set` has no dump
  client.dump('set')

  for await (const part of client.dump('get')) expectType<Same<typeof part.name, string | undefined>>()
  await client.do('get', { id: 1 }, { header: { scope: 1, mark: 2 } })
  // @ts-expect-error the fixed header has no such field
  await client.do('get', { id: 1 }, { header: { scope: 1, colour: 2 } })

  for await (const event of client.subscribe(['changes', 'ticks'])) {
    if (event.event === 'changed') expectType<Same<typeof event.attrs.value, bigint | undefined>>()
    if (event.event === 'tick') expectType<Same<typeof event.attrs.id, number | undefined>>()
    // @ts-expect-error no message has this name
    if (event.event === 'gone') return
  }
  // @ts-expect-error there is no such group
  client.subscribe(['errors'])
}

export async function opening(genl: Generic): Promise<void> {
  const typed = await genl.open(family)
  expectType<Same<typeof typed, TypedFamily<typeof family>>>()
}

serveFamily(family, host => ({
  get: {
    do({ attrs, header }, ctx) {
      expectType<Same<typeof attrs.id, number | undefined>>()
      expectType<Same<typeof header.scope, number>>()
      // @ts-expect-error requests of `get` have no name
      attrs.name
      host.notify(ctx, 'tick', { id: 1 })
      // @ts-expect-error a tick has no value
      host.notify(ctx, 'tick', { value: 1n })
      // @ts-expect-error there is no such group
      host.group('errors')
      return { id: attrs.id, value: 0n }
    },
    *dump() {
      yield { id: 1, name: 'one' }
    },
  },
  set: { do: () => undefined },
}))

// @ts-expect-error the handler of `set` is missing
serveFamily(family, () => ({ get: { do: () => ({}), dump: () => [] } }))

serveFamily(family, () => ({
  get: {
    // @ts-expect-error an answer's value is a bigint
    do: () => ({ value: 'much' }),
    dump: () => [],
  },
  set: { do: () => undefined },
}))

defineFamily({
  name: 'wrong',
  version: 1,
  groups: {},
  sets: { counter },
  ops: {
    // @ts-expect-error the set has no `colour`
    get: { cmd: 1, set: 'counter', do: { request: ['colour'] } },
    // @ts-expect-error there is no set of this name
    put: { cmd: 2, set: 'counters', do: {} },
    // @ts-expect-error there is no group of this name
    told: { cmd: 3, notify: 'get', group: 'changes' },
  },
})
