import { errnoName, NetlinkError } from '@nltool/nl-core/errno'
import { required } from '@nltool/nl-core/kernel'
import type { Ctx } from '@nltool/nl-core/model'
import {
  type AttributeSet,
  type AttributeSetSpec,
  attributeSet,
  be16,
  bitfield32,
  bytes,
  flag,
  type Infer,
  i32,
  i64,
  nested,
  nulString,
  range,
  u8,
  u16,
  u32,
  u64,
} from '@nltool/nl-core/wire'
import { defineFamily, sint, uint } from '@nltool/nl-genl'
import { serveFamily } from '@nltool/nl-genl/kernel'

/**
 * The reference test family: every attribute type, every kind of error, dumps, notifications, a privileged group, slow
 * and broken handlers.
 */

/** What a test reads of a nest in `echo`, which may hold another of its kind. */
interface Inner {
  readonly aU8?: number | undefined
  readonly inner?: Inner | undefined
}

/** The set itself: a type cannot contain itself by inference. */
function innerSet(): AttributeSet<Inner> {
  const set: AttributeSetSpec = echoSet
  return set
}

const echoSet = attributeSet({
  A_U8: [1, 'aU8', u8],
  A_U16: [2, 'aU16', u16],
  A_U32: [3, 'aU32', u32],
  A_U64: [4, 'aU64', u64],
  A_S32: [5, 'aS32', i32],
  A_S64: [6, 'aS64', i64],
  TEXT: [7, 'text', nulString({ max: 255 })],
  BLOB: [8, 'blob', bytes()],
  PRESENT: [9, 'present', flag],
  BIG: [10, 'big', uint],
  DELTA: [11, 'delta', sint],
  LEVEL: [12, 'level', range(u32, { max: 3 })], // debug, info, notice, error
  MASK: [13, 'mask', range(u32, { mask: 0x3 })], // cloexec, readonly
  INNER: [14, 'inner', nested(innerSet, { flagged: true })],
  LIST: [15, 'list', u32, { multi: true }],
  PORT: [16, 'port', be16],
  BITS: [17, 'bits', bitfield32(0xf)],
  FIXED: [18, 'fixed', bytes({ length: 4 })],
  SHORT: [19, 'short', bytes({ min: 2, max: 6 })],
})

const echoed = [
  'aU8',
  'aU16',
  'aU32',
  'aU64',
  'aS32',
  'aS64',
  'text',
  'blob',
  'present',
  'big',
  'delta',
  'level',
  'mask',
  'inner',
  'list',
  'port',
  'bits',
  'fixed',
  'short',
] as const

const faultSet = attributeSet({
  CODE: [1, 'code', range(u32, { min: 1, max: 4095 })],
  MESSAGE: [2, 'message', nulString({ max: 79 })],
  TARGET: [3, 'target', bytes()],
  COOKIE: [4, 'cookie', bytes({ max: 20 })],
  WARN: [5, 'warn', flag],
})

const waitSet = attributeSet({
  MSEC: [1, 'msec', range(u32, { max: 10_000 })],
  TAG: [2, 'tag', u32],
})

const counterSet = attributeSet({
  ID: [1, 'id', range(u32, { min: 1 })],
  NAME: [2, 'name', nulString({ max: 31 })],
  VALUE: [3, 'value', u64],
  STEP: [4, 'step', uint],
})

export const dummy = defineFamily({
  name: 'nldummy',
  version: 1,
  netns: true,
  parallel: true,
  groups: { counters: {}, buffers: {}, ticks: {}, secure: { cap: 'net-admin' } },
  sets: { echo: echoSet, fault: faultSet, wait: waitSet, counter: counterSet },
  ops: {
    echo: { cmd: 1, set: 'echo', do: { request: echoed, reply: echoed } },
    fault: { cmd: 2, set: 'fault', do: { request: ['code', 'message', 'target', 'cookie', 'warn'] } },
    wait: { cmd: 3, set: 'wait', do: { request: ['msec', 'tag'], reply: ['tag'] } },
    'counter-get': {
      cmd: 4,
      set: 'counter',
      do: { request: ['id'], reply: ['id', 'name', 'value', 'step'] },
      dump: { reply: ['id', 'name', 'value', 'step'] },
    },
    'counter-set': { cmd: 5, set: 'counter', flags: ['admin-perm'], do: { request: ['id', 'name', 'value', 'step'] } },
    'counter-del': { cmd: 6, set: 'counter', flags: ['admin-perm'], do: { request: ['id'] } },
    'counter-ntf': { cmd: 7, notify: 'counter-get', group: 'counters' },
    // Stands for buf-create: the handler that reads its caller's descriptors.
    'buf-create': { cmd: 8, set: 'counter', needsCaller: true, do: { request: ['id'], reply: ['id'] } },
    tick: { cmd: 12, set: 'counter', event: ['id', 'value'], group: 'ticks' },
  },
})

export type Counter = Omit<Infer<typeof counterSet>, 'unknown'>

/** What a test sees and moves of the family's state. */
export interface DummyState {
  readonly counters: Map<number, Counter>
  /** Hooks and handlers in the order in which they ran. */
  readonly trace: string[]
  generation: number
  /** Emits `tick`, the message that no request causes. */
  tick(ctx: Ctx, id: number, value: bigint): void
}

/** The family with state that the test can reach; for one kernel. */
export function dummyModule(
  state: DummyState = { counters: new Map(), trace: [], generation: 0, tick: () => undefined },
) {
  const module = serveFamily(dummy, host => {
    state.tick = (ctx, id, value) => host.notify(ctx, 'tick', { id, value })
    const changed = (): void => {
      state.generation++
    }

    return {
      echo: { do: ({ attributes }) => ({ unknown: attributes }) },
      fault: {
        pre: () => void state.trace.push('pre'),
        post: () => void state.trace.push('post'),
        do({ attrs: { code, message, target, cookie, warn }, warn: say, cookie: give }) {
          if (warn === true) {
            if (message !== undefined) say(message)
            if (cookie !== undefined) give(cookie)
            return
          }
          const number = required(code, 'CODE', { missType: 1 })
          throw new NetlinkError(errnoName(number, 'freebsd') ?? 'EINVAL', message, {
            ...(target === undefined ? {} : { attr: 'TARGET' }),
            ...(cookie === undefined ? {} : { cookie }),
          })
        },
      },
      wait: {
        async do({ attrs: { msec = 0, tag }, signal }, ctx) {
          state.trace.push(`begin ${tag}`)
          await pause(ctx, msec, signal)
          state.trace.push(`end ${tag}`)
          return { tag }
        },
      },
      'counter-get': {
        do: ({ attrs: { id } }) => counterOf(state, id),
        dump: () => ({ bodies: byId(state), generation: () => state.generation }),
      },
      'counter-set': {
        do({ attrs }, ctx) {
          const id = required(attrs.id, 'ID', { missType: 1 })
          if (!state.counters.has(id)) changed()
          const { name = `counter${id}`, value = 0n, step = 1n } = attrs
          state.counters.set(id, { id, name, value, step })
          if (host.hasListeners(ctx, 'counters')) host.notify(ctx, 'counter-ntf', { id, name, value, step })
        },
      },
      'counter-del': {
        do({ attrs: { id } }, ctx) {
          const counter = counterOf(state, id)
          state.counters.delete(Number(counter.id))
          changed()
          host.notify(ctx, 'counter-ntf', counter)
          host.notify(ctx, 'counter-ntf', counter, { group: 'secure' })
        },
      },
      'buf-create': { do: (_request, { caller }) => ({ id: caller?.pid }) },
    }
  })
  return { module, state }
}

function counterOf(state: DummyState, id: number | undefined): Counter {
  const counter = state.counters.get(required(id, 'ID', { missType: 1 }))
  if (counter === undefined) throw new NetlinkError('ENOENT')
  return counter
}

/** Goes by id, so that a counter added or removed meanwhile disturbs nothing. */
function* byId({ counters }: DummyState): Iterable<Counter> {
  const next = (after: number): number => Math.min(...[...counters.keys()].filter(id => id > after))
  for (let id = next(0); Number.isFinite(id); id = next(id)) {
    const counter = counters.get(id)
    if (counter !== undefined) yield counter
  }
}

/** Waits, unless the requester's socket is closed first. */
function pause({ scheduler }: Ctx, msec: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason) // a worker serves what was queued before the socket was closed
    const cancel = scheduler.after(msec, resolve, 'nldummy wait')
    signal.addEventListener('abort', () => {
      cancel()
      reject(signal.reason)
    })
  })
}
