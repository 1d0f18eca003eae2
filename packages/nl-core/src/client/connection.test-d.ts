import { expectTypeOf } from 'vitest'
import type { NltoolError } from '../errno.ts'
import { type BatchResult, type Connection, type Dump, type Operation, operation, type Watch } from '../index.ts'
import { attributeSet, body, string, struct, u32 } from '../wire.ts'

const thingBody = body(
  struct('thinghdr', { id: u32 }),
  attributeSet({ THING_NAME: [1, 'name', string()], THING_SIZE: [2, 'size', u32] }),
)
type Thing = ReturnType<typeof thingBody.decode>
const get = operation({ name: 'THING_GET', type: 0x22, body: thingBody })
declare const connection: Connection
const countBody = body(struct('counthdr', { count: u32 }), attributeSet({ COUNT_UNIT: [1, 'unit', string()] }))
const count = operation({ name: 'THING_COUNT', type: 0x30, body: thingBody }, countBody)

// An operation's answers have the schema of its request, or the one that is given.
expectTypeOf(get).toEqualTypeOf<Operation<Thing, Thing>>()
expectTypeOf(connection.requestReply(get, { header: { id: 1 }, attrs: {} })).resolves.toEqualTypeOf<Thing>()
expectTypeOf(connection.requestReply(count, { header: { id: 1 }, attrs: {} })).resolves.toHaveProperty('header')
const counted = await connection.requestReply(count, { header: { id: 1 }, attrs: {} })
expectTypeOf(counted.header.count).toEqualTypeOf<number>()
expectTypeOf(counted.attrs.unit).toEqualTypeOf<string | undefined>()

// A request's value is what its schema says.
// @ts-expect-error an attribute of another type
void connection.request(get, { header: { id: 1 }, attrs: { size: 'large' } })
// @ts-expect-error an attribute that does not exist
void connection.request(get, { header: { id: 1 }, attrs: { colour: 1 } })
// @ts-expect-error a header without its field
void connection.request(get, { header: {}, attrs: {} })

// Dumps keep the type of their objects through map, which may leave some out.
const dump = connection.dump(get, { header: { id: 0 }, attrs: {} })
expectTypeOf(dump).toEqualTypeOf<Dump<Thing>>()
const names = dump.map(({ attrs }) => attrs.name)
expectTypeOf(names).toEqualTypeOf<Dump<string>>()
expectTypeOf(names.collect()).resolves.toEqualTypeOf<string[]>()
for await (const name of names) expectTypeOf(name).toEqualTypeOf<string>()

// A subscription yields what `decode` gives, and resync.
const events = connection.subscribe([1], {
  decode: message => (message.type === 1 ? { event: 'set' as const, thing: message.decode(thingBody) } : undefined),
})
for await (const event of events) {
  if (event.event === 'resync') expectTypeOf(event).not.toHaveProperty('thing')
  else expectTypeOf(event.thing).toEqualTypeOf<Thing>()
}

// A watch is keyed by what `key` gives.
const watch = connection.watch({
  groups: [1],
  dump: () => dump,
  decode: message => ({ event: 'set', item: message.decode(thingBody) }),
  key: ({ header }) => header.id,
})
expectTypeOf(watch).toEqualTypeOf<Watch<Thing, number>>()

// The results of a batch tell success from failure.
const batch = connection.batch()
const [result] = await batch.send()
if (result?.ok === false) expectTypeOf(result.error).toEqualTypeOf<NltoolError>()
expectTypeOf(batch.send()).resolves.toEqualTypeOf<BatchResult[]>()
