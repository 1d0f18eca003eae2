import { NLA_TYPE_MASK } from '../../constants.ts'
import type { Abi } from '../../model/abi.ts'
import { flagOf, planOf, type RowPlan } from '../interpret/state.ts'
import { nestingMax } from '../iterate.ts'
import type { AttributeSetSpec, BodyLayout, CustomSpec, IntSpec, StructSpec, ValueSpec } from '../schema.ts'
import { intFromView, intFromWord, structLiteral, structOdd } from './fields.ts'
import { quote, type Source } from './source.ts'

/*
 * Decoding in generated code. It reads whole words, has one `switch` per attribute list and one object literal per
 * object, so all decoded objects of a schema have one hidden class. It decodes what real programs send; whatever is
 * odd in a message (a wrong length, padding that is not zero, flag bits, text that is not ASCII) makes the whole
 * message go to the interpreter, which finds the error or keeps the bytes. Functions answer `undefined` for that.
 *
 * In the text: `frame`, `w` its words; `i` the word of an attribute's header, `len` its nla_len, `next` the word behind
 * it; `b` the word at which a structure starts; `n` the word at which a list ends.
 */

/** What the generators share. */
export interface Target {
  readonly source: Source
  readonly abi: Abi
  /** Sets by number, for the look-up of known attribute numbers. */
  readonly sets: AttributeSetSpec[]
  /** Custom codecs by number. */
  readonly customs: CustomSpec[]
}

const odd = 'return undefined'

/** Writes the function that decodes a body; its name. */
export function bodyDecoder(target: Target, { header, attrs }: BodyLayout): string {
  return headedDecoder(target, header, attrs)
}

/** A function `(frame, w, b, n, depth)` for a structure with attributes behind it. */
function headedDecoder(target: Target, struct: StructSpec, set: AttributeSetSpec, length?: string): string {
  return target.source.functionFor(struct, headedRole(target, struct, set, length), 'frame, w, b, n, depth', () => {
    const headerWords = (struct.size + 3) >> 2
    const strange = structOdd(struct, 'b')
    return [
      `if (n - b < ${headerWords}) ${odd}`,
      strange === undefined ? '' : `if (${strange}) ${odd}`,
      `const header = ${structLiteral(struct, 'b', length)}`,
      `let i = b + ${headerWords}`,
      attributeLoop(target, set),
      'const value = { header, attrs }',
      'if (kept) keepBytes(value, abi, frame, b << 2, n << 2)',
      'return value',
    ].join('\n')
  })
}

/** One name for each structure, set and counting field that occur together. */
export function headedRole(
  target: Target,
  struct: StructSpec,
  set: AttributeSetSpec,
  length: string | undefined,
): string {
  const number = register(target.sets, set)
  return length === undefined
    ? `headed${number}_`
    : `record${number}_${struct.fields.findIndex(({ name }) => name === length)}_`
}

/** A function `(frame, w, b, n, depth)` for a list of attributes. */
function setDecoder(target: Target, set: AttributeSetSpec): string {
  return target.source.functionFor(set, 'set', 'frame, w, b, n, depth', () =>
    [
      'let i = b',
      attributeLoop(target, set),
      'if (kept) keepBytes(attrs, abi, frame, b << 2, n << 2)',
      'return attrs',
    ].join('\n'),
  )
}

/** The number by which generated code refers to something. */
export function register<T>(list: T[], entry: T): number {
  if (!list.includes(entry)) list.push(entry)
  return list.indexOf(entry)
}

/** Statements that read the attributes from word `i` to word `n` into `attrs`, and tell in `kept` whether to keep bytes. */
function attributeLoop(target: Target, set: AttributeSetSpec): string {
  const plan = planOf(set, target.abi)
  const number = register(target.sets, set)
  return `if (depth > ${nestingMax}) ${odd}
const attrs = { ${[...plan.properties, 'unknown'].map(name => `${quote(name)}: undefined`).join(', ')} }
let last = -1
let kept = false
while (i < n) {
  const word = w[i]
  const len = word & 0xffff
  const next = i + (len + 3 >> 2)
  if (len < 4 || next > n) ${odd}
  switch (word >>> 16) {
${plan.rows.map(row => attributeCase(target, row)).join('\n')}
    default: {
      const type = word >>> 16 & ${NLA_TYPE_MASK}
      if (knownNumbers(${number}).has(type)) ${odd}
      ${paddingCheck()}
      const raw = { type: word >>> 16, bytes: frame.bytes.slice((i << 2) + 4, (i << 2) + len) }
      if (attrs.unknown === undefined) attrs.unknown = [raw]
      else attrs.unknown.push(raw)
      last = ${plan.properties.length}
    }
  }
  i = next
}`
}

function attributeCase(target: Target, row: RowPlan): string {
  const property = `attrs[${quote(row.property)}]`
  const store = row.multi
    ? (value: string): string =>
        `if (${property} === undefined) ${property} = [${value}]\n      else ${property}.push(${value})`
    : (value: string): string => `${property} = ${value}`
  return `    case ${row.type}: {
      if (last ${row.multi ? '>' : '>='} ${row.index}) kept = true
      last = ${row.index}
      ${readValue(target, row.value, store)}
      break
    }`
}

/** Leaves if the padding behind a payload is not zero. */
function paddingCheck(): string {
  return `if ((len & 3) !== 0 && w[next - 1] >>> ((len & 3) << 3) !== 0) ${odd}`
}

/** Statements that read the payload of the attribute at word `i` and store it. */
function readValue(target: Target, value: ValueSpec, store: (expression: string) => string): string {
  switch (value.kind) {
    case 'int':
      return readInt(value, store)
    case 'family':
      return `if (len !== ${4 + value.size} || w[i + 1] > 255 || w[i + 1] < 0) ${odd}\n      ${store('familyFrom[w[i + 1]]')}`
    case 'flag':
      return `if (len !== 4) ${odd}\n      ${store('true')}`
    case 'ip':
      return `if (len === 8) { ${store('new IpAddress(4, w[i + 1], 0, 0, 0)')} }
      else if (len === 20) { ${store('new IpAddress(16, w[i + 1], w[i + 2], w[i + 3], w[i + 4])')} }
      else ${odd}`
    case 'bytes':
      return `if (len < ${4 + value.min} || len > ${4 + value.max}) ${odd}
      ${paddingCheck()}
      ${store('frame.bytes.slice((i << 2) + 4, (i << 2) + len)')}`
    case 'string':
      return `${paddingCheck()}
      const text = readString(frame.bytes, (i << 2) + 4, (i << 2) + len, ${value.max})
      if (text === undefined) ${odd}
      ${store('text')}`
    case 'bitfield32':
      return `if (len !== 12) ${odd}\n      ${store('{ value: w[i + 1] >>> 0, selector: w[i + 2] >>> 0 }')}`
    case 'words':
      return readWords(value, store)
    default:
      return readComposite(target, value, store)
  }
}

function readInt(value: IntSpec, store: (expression: string) => string): string {
  const length = `if (len !== ${4 + value.size}) ${odd}`
  if (value.size === 8) return `${length}\n      ${store(intFromView('(i << 2) + 4', value))}`
  const padding = value.size === 4 ? '' : `if (w[i + 1] >>> ${8 * value.size} !== 0) ${odd}`
  return `${length}\n      ${padding}\n      ${store(intFromWord('w[i + 1]', 0, value))}`
}

function readWords(value: Extract<ValueSpec, { kind: 'words' }>, store: (expression: string) => string): string {
  const int: IntSpec = { kind: 'int', size: value.size, signed: value.signed, big: false }
  const item = value.size === 4 ? intFromWord('w[at]', 0, int) : intFromView('at << 2', int)
  return `if ((len & ${value.size - 1}) !== ${value.size === 4 ? 0 : 4}) ${odd}
      const list = []
      for (let at = i + 1; at < next; at += ${value.size >> 2}) list.push(${item})
      ${store('list')}`
}

/** Values that hold structures or attributes; those that do not end on a word border are odd. */
function readComposite(target: Target, value: ValueSpec, store: (expression: string) => string): string {
  switch (value.kind) {
    case 'struct': {
      const strange = structOdd(value, '(i + 1)')
      return `if (len !== ${4 + value.size}${strange === undefined ? '' : ` || ${strange}`}) ${odd}
      ${store(structLiteral(value, '(i + 1)'))}`
    }
    case 'structs':
      return readStructs(value.struct, store)
    case 'nested':
      return readInner(`${setDecoder(target, value.set())}(frame, w, i + 1, next, depth + 1)`, store)
    case 'headed':
      return readInner(`${headedDecoder(target, value.struct, value.set())}(frame, w, i + 1, next, depth + 1)`, store)
    case 'array':
      return readList(target, value.item, 'list.length + 1', ['[]', 'list.push(inner)'], store)
    case 'map':
      return readList(
        target,
        value.item,
        'key',
        ['new Map()', 'if (list.has(key)) return undefined\n        list.set(key, inner)'],
        store,
      )
    case 'records':
      return readRecords(target, value, store)
    case 'custom':
      return `${paddingCheck()}
      const inner = decodeCustom(${register(target.customs, value)}, frame.bytes, (i << 2) + 4, (i << 2) + len)
      if (inner === undefined) ${odd}
      ${store('inner')}`
    default:
      return odd
  }
}

function readInner(call: string, store: (expression: string) => string): string {
  return `if ((len & 3) !== 0) ${odd}
      const inner = ${call}
      if (inner === undefined) ${odd}
      ${store('inner')}`
}

function readStructs(struct: StructSpec, store: (expression: string) => string): string {
  if ((struct.size & 3) !== 0) return odd
  const strange = structOdd(struct, 'at')
  return `if ((len - 4) % ${struct.size} !== 0) ${odd}
      const list = []
      for (let at = i + 1; at < next; at += ${struct.size >> 2}) {
        ${strange === undefined ? '' : `if (${strange}) ${odd}`}
        list.push(${structLiteral(struct, 'at')})
      }
      ${store('list')}`
}

/** A function `(frame, w, i, len, next, depth)` for one entry of a list, whose header is at word `i`. */
function itemDecoder(target: Target, item: ValueSpec): string {
  return target.source.functionFor(item, 'item', 'frame, w, i, len, next, depth', () =>
    readValue(target, item, value => `return ${value}`),
  )
}

/** Entries that are attributes: `number` is what their number must be, `list` how they are collected. */
function readList(
  target: Target,
  item: ValueSpec,
  number: string,
  [empty, add]: readonly [string, string],
  store: (expression: string) => string,
): string {
  return `if ((len & 3) !== 0 || depth >= ${nestingMax}) ${odd}
      const list = ${empty}
      for (let at = i + 1; at < next; ) {
        const size = w[at] & 0xffff
        const behind = at + (size + 3 >> 2)
        const key = w[at] >>> 16 & ${NLA_TYPE_MASK}
        if (size < 4 || behind > next || w[at] >>> 16 !== (${number} | ${flagOf(item)})) ${odd}
        const inner = ${itemDecoder(target, item)}(frame, w, at, size, behind, depth + 1)
        if (inner === undefined) ${odd}
        ${add}
        at = behind
      }
      ${store('list')}`
}

function readRecords(
  target: Target,
  value: Extract<ValueSpec, { kind: 'records' }>,
  store: (expression: string) => string,
): string {
  const field = value.struct.fields.find(({ name }) => name === value.length)
  if (field?.spec.kind !== 'int' || field.spec.size > 2 || (field.offset & 3) > 2) return odd
  const decoder = headedDecoder(target, value.struct, value.set(), value.length)
  return `if ((len & 3) !== 0 || len === 4) ${odd}
      const list = []
      for (let at = i + 1; at < next; ) {
        const size = ${intFromWord(`w[at + ${field.offset >> 2}]`, 8 * (field.offset & 3), field.spec)}
        if (size < ${value.struct.size} || (size & 3) !== 0 || at + (size >> 2) > next) ${odd}
        const inner = ${decoder}(frame, w, at, at + (size >> 2), depth + 1)
        if (inner === undefined) ${odd}
        list.push(inner)
        at += size >> 2
      }
      ${store('list')}`
}
