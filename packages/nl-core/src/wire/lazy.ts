import { align4, NLA_HDRLEN, NLA_TYPE_MASK } from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import { IpAddress } from '../model/ip.ts'
import type { Frame } from './codec.ts'
import { familyFromAbi } from './family.ts'
import { refuse } from './fault.ts'
import { frameOf } from './frame.ts'
import { decodeAttrs, decodeValue, refuseLength } from './interpret/decode.ts'
import { readField } from './interpret/decode-scalar.ts'
import { createPlans, type Reading, type RowPlan, type SetPlan } from './interpret/state.ts'
import { attributeLength } from './iterate.ts'
import type { BodySpec, FieldSpec } from './schema.ts'

/** A window on one message after another that reads a field when it is asked for. */
export interface LazyBody<T> {
  /**
   * Points the window at the body between two offsets of a frame.
   * @throws WireError for a body shorter than its header, or an attribute length below 4 (FreeBSD's rule)
   */
  move(frame: Frame, start: number, end: number): void
  /**
   * The body under the window: one object for all messages, whose properties change with `move`. Reading an attribute
   * whose payload is not what its row says throws a `WireError`, as decoding would.
   */
  readonly value: T
}

/** Moves that `seen` can count; with so many done it starts anew. */
const movesMax = 0x7fff_ffff

/** Where the window stands, and where its attributes do. */
interface State {
  frame: Frame
  /** The words of the frame. */
  words: Int32Array
  start: number
  end: number
  /** Word of the last attribute of each row; valid where `seen` says so. */
  readonly at: Int32Array
  /** The move in which each row was seen. */
  readonly seen: Int32Array
  move: number
}

/**
 * Reads single fields of messages without building objects: for a client that wants three fields of each of a million
 * routes. One pass notes where the attributes stand; a property then reads its bytes. Nothing is allocated but what a
 * property returns.
 */
export function lazyBody<T>(spec: BodySpec<T>, abi: Abi): LazyBody<T> {
  const plans = createPlans(abi)
  const plan = plans(spec.attrs)
  const rows = plan.properties.length
  const state: State = {
    frame: frameOf(new Uint8Array(align4(spec.header.size))), // zeros, until the first move
    words: new Int32Array(0),
    start: 0,
    end: 0,
    at: new Int32Array(rows),
    seen: new Int32Array(rows),
    move: 1,
  }
  const numbers = numbersOf(plan)
  const reading = (): Reading => ({ abi, plans, frame: state.frame, start: state.start, canonical: true })
  const attrsStart = (): number => state.start + align4(spec.header.size)

  const header: object = {}
  for (const { name, offset, spec: field } of spec.header.fields) {
    if (field.kind !== 'pad') define(header, name, headerReader(state, reading, field, offset, abi))
  }
  const attrs: object = {}
  const all = (): ReturnType<typeof decodeAttrs> =>
    decodeAttrs(reading(), spec.attrs, attrsStart(), state.end, undefined, 1)
  for (const [index, property] of plan.properties.entries()) {
    const row = plan.rows.find(candidate => candidate.index === index)
    define(attrs, property, row === undefined ? () => undefined : attributeReader(state, reading, row, all))
  }
  define(attrs, 'unknown', () => all().unknown)

  return {
    value: { header, attrs } as T,
    move(frame, start, end) {
      if (end - start < spec.header.size) {
        refuse(
          `${end - start} bytes are too few for ${spec.header.name}, which has ${spec.header.size}`,
          start,
          undefined,
        )
      }
      if (frame.words !== undefined && (start & 3) === 0) place(state, frame, frame.words, start, end)
      else placeCopy(state, frame.bytes.slice(start, end))
      locate(state, numbers, attrsStart(), reading, abi)
    },
  }
}

function place(state: State, frame: Frame, words: Int32Array, start: number, end: number): void {
  state.frame = frame
  state.words = words
  state.start = start
  state.end = end
  if (state.move === movesMax) {
    state.seen.fill(0)
    state.move = 0
  }
  state.move += 1
}

/** A body that starts off the word border is read from a copy. */
function placeCopy(state: State, bytes: Uint8Array): void {
  place(state, frameOf(bytes), new Int32Array(bytes.buffer, 0, bytes.length >> 2), 0, bytes.length)
}

/** Row by attribute number, -1 where there is none. */
function numbersOf({ byNumber }: SetPlan): Int16Array {
  const numbers = new Int16Array(Math.max(-1, ...byNumber.keys()) + 1).fill(-1)
  for (const [number, { index }] of byNumber) numbers[number] = index
  return numbers
}

/** Notes where the attributes stand; the last of equal ones counts. */
function locate(state: State, numbers: Int16Array, start: number, reading: () => Reading, abi: Abi): void {
  const { words, end, at, seen, move } = state
  let pos = start
  while (end - pos >= NLA_HDRLEN) {
    const word = words[pos >> 2] as number
    const length = word & 0xffff
    if (length < NLA_HDRLEN || align4(length) > end - pos) {
      // The last attribute of a list, or one that is wrong: the ABI's rule decides.
      const rest = attributeLength(state.frame.view, pos, end, abi)
      if (rest < 0) refuseLength(reading(), pos, (word >>> 16) & NLA_TYPE_MASK, undefined)
      if (rest === 0) return
    }
    const type = (word >>> 16) & NLA_TYPE_MASK
    const row = type < numbers.length ? (numbers[type] as number) : -1
    if (row >= 0) {
      at[row] = pos >> 2
      seen[row] = move
    }
    pos += align4(length)
  }
}

function define(object: object, name: string, get: () => unknown): void {
  Object.defineProperty(object, name, { get, enumerable: true })
}

/** Reads a field of the header; the common ones straight from the bytes. */
function headerReader(state: State, reading: () => Reading, spec: FieldSpec, offset: number, abi: Abi): () => unknown {
  if (spec.kind === 'int' && spec.size === 1 && !spec.signed) return () => state.frame.bytes[state.start + offset]
  if (spec.kind === 'int' && spec.size === 4 && !spec.big) {
    return spec.signed
      ? () => state.frame.view.getInt32(state.start + offset, true)
      : () => state.frame.view.getUint32(state.start + offset, true)
  }
  if (spec.kind === 'family' && spec.size === 1) {
    return () => familyFromAbi(state.frame.bytes[state.start + offset] as number, abi)
  }
  return () => readField(reading(), spec, state.start + offset)
}

/** Reads an attribute; integers and addresses of the right size straight from the words. */
function attributeReader(
  state: State,
  reading: () => Reading,
  row: RowPlan,
  all: () => ReturnType<typeof decodeAttrs>,
): () => unknown {
  const { index, value, property, multi } = row
  const decode = (): unknown => decodeOne(state, reading(), row)
  if (multi) return () => all()[property]
  if (value.kind === 'int' && value.size === 4 && !value.big) {
    const { signed } = value
    return () => {
      if (state.seen[index] !== state.move) return undefined
      const { words } = state
      const at = state.at[index] as number
      if (((words[at] as number) & 0xffff) !== 8) return decode()
      const word = words[at + 1] as number
      return signed ? word : word >>> 0
    }
  }
  if (value.kind === 'ip') return () => (state.seen[index] === state.move ? readIp(state, index, decode) : undefined)
  return () => (state.seen[index] === state.move ? decode() : undefined)
}

function readIp(state: State, index: number, decode: () => unknown): unknown {
  const { words } = state
  const at = state.at[index] as number
  if (((words[at] as number) & 0xffff) !== 8) return decode()
  return new IpAddress(4, words[at + 1] as number, 0, 0, 0)
}

/** Decodes one attribute as the interpreter does. */
function decodeOne(state: State, reading: Reading, { index, name, value }: RowPlan): unknown {
  const at = (state.at[index] as number) << 2
  const { view } = state.frame
  const payload = {
    type: view.getUint16(at + 2, true) & NLA_TYPE_MASK,
    start: at + NLA_HDRLEN,
    end: at + view.getUint16(at, true),
    path: { name, parent: undefined },
  }
  return decodeValue(reading, value, payload, 1)
}
