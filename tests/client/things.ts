import { type Operation, operation } from '@nltool/nl-core'
import { messageBytes, type SentMessage } from '@nltool/nl-core/testing'
import {
  array,
  attributeSet,
  type BodyOf,
  be32,
  body,
  type Infer,
  nested,
  string,
  struct,
  u32,
  u64,
} from '@nltool/nl-core/wire'

const innerAttrs = attributeSet({
  THING_INNER_PORT: [1, 'port', u32],
  THING_INNER_ADDRESS: [2, 'address', be32],
})

const thingAttrs = attributeSet({
  THING_NAME: [1, 'name', string({ max: 15 })],
  THING_SIZE: [2, 'size', u32, { linux: 12 }],
  THING_COUNT: [3, 'count', u64],
  THING_INNER: [4, 'inner', nested(innerAttrs)],
  THING_LIST: [5, 'list', array(nested(innerAttrs))],
})

const thinghdr = struct('thinghdr', { id: u32 })

/** A made-up object for tests of what is common to all: one header field, attributes of several kinds. */
export interface Thing extends BodyOf<Infer<typeof thinghdr>, Infer<typeof thingAttrs>> {}

/** Its schema. `THING_SIZE` has another number on Linux, and counts from 1 there. */
export const thingBody = body(thinghdr, thingAttrs, {
  name: 'thing',
  linux: {
    fromAbi: thing => resized(thing, -1),
    toAbi: thing => resized(thing, 1),
  },
})

function resized(thing: Thing, by: number): Thing {
  const { size } = thing.attrs
  return size === undefined ? thing : { header: thing.header, attrs: { ...thing.attrs, size: size + by } }
}

/** Message types of the made-up object. */
export const thingTypes = { THING_NEW: 0x20, THING_DEL: 0x21, THING_GET: 0x22 } as const

/** Requests of the made-up object. */
export const thingOperations = {
  new: operation({ name: 'THING_NEW', type: thingTypes.THING_NEW, body: thingBody }),
  delete: operation({ name: 'THING_DEL', type: thingTypes.THING_DEL, body: thingBody }),
  get: operation({ name: 'THING_GET', type: thingTypes.THING_GET, body: thingBody }),
} as const satisfies Record<string, Operation<Thing>>

/** A thing. */
export function thing(id: number, attrs: Thing['attrs'] = {}): Thing {
  return { header: { id }, attrs }
}

/** A THING_NEW message that answers a request. */
export function thingAnswer(request: SentMessage, value: Thing, flags = 0): Uint8Array {
  return messageBytes({ type: thingTypes.THING_NEW, flags, seq: request.seq }, thingBody.encode(value, 'freebsd'))
}

/** A notification of a thing. */
export function thingNews(
  value: Thing,
  type: number = thingTypes.THING_NEW,
  header: { seq?: number; portid?: number } = {},
): Uint8Array {
  return messageBytes({ type, ...header }, thingBody.encode(value, 'freebsd'))
}
