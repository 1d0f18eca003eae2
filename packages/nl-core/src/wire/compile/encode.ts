import { align4, NLA_TYPE_MASK } from '../../constants.ts'
import { flagOf, planOf, type RowPlan } from '../interpret/state.ts'
import { nestingMax } from '../iterate.ts'
import type { AttributeSetSpec, BodyLayout, IntSpec, StructSpec, ValueSpec } from '../schema.ts'
import { attributeBytesMax } from '../values.ts'
import { headedRole, register, type Target } from './decode.ts'
import { familyToWire, intToWord, misfit, writableStruct, writeBig, writeStruct } from './fields.ts'
import { quote } from './source.ts'

/*
 * Encoding in generated code: it writes whole words behind `writer.pos`. A value that it cannot write (or one with kept
 * bytes) goes to the interpreter from the start, which writes it or says what is wrong, so functions answer -1 and
 * nothing has been appended. Room is made for all attributes of fixed size at once, and again behind one that varies.
 *
 * In the text: `i` the next free word, `w` the words of the writer, `v` the value of an attribute.
 */

const odd = 'return -1'

/** A function `(writer, value, i, depth)` that writes a body; its name. */
export function bodyEncoder(target: Target, { header, attrs }: BodyLayout): string {
  return headedEncoder(target, header, attrs)
}

function headedEncoder(target: Target, struct: StructSpec, set: AttributeSetSpec, length?: string): string {
  const role = headedRole(target, struct, set, length)
  return target.source.functionFor(struct, `write_${role}`, 'writer, value, i, depth', () => {
    if (!writableStruct(struct)) return odd
    return `if (typeof value !== 'object' || value === null || keptOf(value) !== undefined) ${odd}
const header = value.header
const attrs = value.attrs
if (typeof header !== 'object' || header === null || typeof attrs !== 'object' || attrs === null) ${odd}
${room(struct.size + 3 + fixedSize(planOf(set, target.abi).rows))}
let w = writer.words
${writeStruct(struct, 'header', 'i', odd, target.abi, length)}
i += ${(struct.size + 3) >> 2}
${attributeWrites(target, set)}
return i`
  })
}

function setEncoder(target: Target, set: AttributeSetSpec): string {
  return target.source.functionFor(set, 'write_set', 'writer, attrs, i, depth', () => {
    return `if (typeof attrs !== 'object' || attrs === null || keptOf(attrs) !== undefined) ${odd}
${room(fixedSize(planOf(set, target.abi).rows))}
let w = writer.words
${attributeWrites(target, set)}
return i`
  })
}

/** Makes room for so many bytes behind word `i`. Everything before it counts as written. */
function room(size: number): string {
  return `writer.pos = i << 2; writer.ensure(${size})`
}

/** Bytes of an attribute whose size does not vary, header included; `undefined` for the others. */
function sizeOf(row: RowPlan): number | undefined {
  const payload = payloadSize(row.value)
  return row.multi || payload === undefined ? undefined : 4 + payload
}

/** The most bytes that a payload has, padded; `undefined` for one that varies. */
function payloadSize(value: ValueSpec): number | undefined {
  switch (value.kind) {
    case 'int':
    case 'family':
    case 'struct':
      return align4(value.size)
    case 'flag':
      return 0
    case 'ip':
      return 16
    case 'bitfield32':
      return 8
    default:
      return undefined
  }
}

function fixedSize(rows: readonly RowPlan[]): number {
  return rows.reduce((sum, row) => sum + (sizeOf(row) ?? 0), 0)
}

/** Statements that write the attributes of `attrs` from word `i`. */
function attributeWrites(target: Target, set: AttributeSetSpec): string {
  const { rows } = planOf(set, target.abi)
  const writes = rows.map((row, index) => {
    const again = `${room(fixedSize(rows.slice(index + 1)))}\n    w = writer.words`
    const write = row.multi ? writeMulti(target, row) : writeValue(target, row.value, row.type, 'v')
    const flag = row.value.kind === 'flag' && !row.multi ? ' && v !== false' : ''
    return `v = attrs[${quote(row.property)}]
if (v !== undefined${flag}) {
    ${write}
    ${sizeOf(row) === undefined ? again : ''}
}`
  })
  return `if (depth > ${nestingMax}) ${odd}
let v
${writes.join('\n')}
v = attrs.unknown
if (v !== undefined) {
  if (!Array.isArray(v)) ${odd}
  for (const raw of v) {
    const bytes = raw?.bytes
    if (!(bytes instanceof Uint8Array) || bytes.length > ${attributeBytesMax} || (raw.type & 65535) !== raw.type) ${odd}
    i = putBytes(writer, i, raw.type, bytes)
  }
}`
}

/** An attribute that may occur several times. */
function writeMulti(target: Target, row: RowPlan): string {
  return `if (!Array.isArray(v)) ${odd}
    for (const entry of v) {
      ${room(4 + (payloadSize(row.value) ?? 0))}
      w = writer.words
      ${writeValue(target, row.value, row.type, 'entry')}
    }`
}

/** The first word of an attribute of a known length. */
function head(payload: number, type: number): number {
  return (4 + payload) | (type << 16)
}

/** Statements that write one attribute at word `i` and move `i` behind it. */
function writeValue(target: Target, value: ValueSpec, type: number, v: string): string {
  switch (value.kind) {
    case 'int':
      return writeInt(value, type, v)
    case 'family':
      return `let family = ${v}; ${familyToWire('family', odd, target.abi)}
    w[i] = ${head(value.size, type)}; w[i + 1] = family; i += 2`
    case 'flag':
      return `if (${v} !== true) ${odd}\n    w[i] = ${head(0, type)}; i += 1`
    case 'ip':
      return `if (${v} instanceof IpAddress) {
      if (${v}.size === 4) { w[i] = ${head(4, type)}; w[i + 1] = ${v}.w0; i += 2 }
      else { w[i] = ${head(16, type)}; w[i + 1] = ${v}.w0; w[i + 2] = ${v}.w1; w[i + 3] = ${v}.w2; w[i + 4] = ${v}.w3; i += 5 }
    } else ${odd}`
    case 'bytes':
      return `if (!(${v} instanceof Uint8Array) || ${v}.length < ${value.min} || ${v}.length > ${value.max}) ${odd}
    i = putBytes(writer, i, ${type}, ${v})`
    case 'string':
      return `i = putString(writer, i, ${type}, ${v}, ${Math.min(value.max, attributeBytesMax - 1)})\n    if (i < 0) ${odd}`
    case 'bitfield32':
      return `if (typeof ${v} !== 'object' || ${v} === null || ${v}.value >>> 0 !== ${v}.value || ${v}.selector >>> 0 !== ${v}.selector) ${odd}
    w[i] = ${head(8, type)}; w[i + 1] = ${v}.value; w[i + 2] = ${v}.selector; i += 3`
    default:
      return writeComposite(target, value, type, v)
  }
}

function writeInt(value: IntSpec, type: number, v: string): string {
  if (value.size === 8) {
    return `${writeBig(value, v, '(i << 2) + 4', odd)}\n    w[i] = ${head(8, type)}; i += 3`
  }
  return `if (${misfit(v, value)}) ${odd}
    w[i] = ${head(value.size, type)}; w[i + 1] = ${intToWord(v, value)}; i += 2`
}

function writeComposite(target: Target, value: ValueSpec, type: number, v: string): string {
  switch (value.kind) {
    case 'struct':
      if (!writableStruct(value)) return odd
      return `if (typeof ${v} !== 'object' || ${v} === null) ${odd}
    w[i] = ${head(value.size, type)}
    ${writeStruct(value, v, '(i + 1)', odd, target.abi)}
    i += ${1 + ((value.size + 3) >> 2)}`
    case 'structs':
      return writeStructs(target, value.struct, type, v)
    case 'nested':
      return writeInner(type, `${setEncoder(target, value.set())}(writer, ${v}, i + 1, depth + 1)`)
    case 'headed':
      return writeInner(type, `${headedEncoder(target, value.struct, value.set())}(writer, ${v}, i + 1, depth + 1)`)
    case 'array':
      return writeArray(target, value.item, type, v)
    case 'map':
      return writeMap(target, value.item, type, v)
    case 'records':
      return writeRecords(target, value, type, v)
    case 'custom':
      return `const payload = encodeCustom(${register(target.customs, value)}, ${v})
    if (payload === undefined) ${odd}
    i = putBytes(writer, i, ${type}, payload)`
    default:
      return odd
  }
}

/** Closes an attribute whose payload goes from word `i + 1` to word `end`. */
function close(type: number): string {
  return `if (end < 0 || end - i > 16383) ${odd}
    writer.words[i] = end - i << 2 | ${type << 16}
    i = end`
}

function writeInner(type: number, call: string): string {
  return `${room(4)}\n    const end = ${call}\n    ${close(type)}`
}

function writeStructs(target: Target, struct: StructSpec, type: number, v: string): string {
  if (!writableStruct(struct) || (struct.size & 3) !== 0) return odd
  return `if (!Array.isArray(${v})) ${odd}
    writer.pos = i << 2; writer.ensure(4 + ${struct.size} * ${v}.length)
    w = writer.words
    let end = i + 1
    for (const item of ${v}) {
      if (typeof item !== 'object' || item === null) ${odd}
      ${writeStruct(struct, 'item', 'end', odd, target.abi)}
      end += ${struct.size >> 2}
    }
    ${close(type)}`
}

/** A function `(writer, v, i, depth)` that writes one entry of a list at word `i`, with 0 for its number. */
function itemEncoder(target: Target, item: ValueSpec): string {
  return target.source.functionFor(item, 'write_item', 'writer, v, i, depth', () => {
    const flag = item.kind === 'flag' ? `if (v === false) ${odd}` : ''
    return `${flag}
${room(4 + (payloadSize(item) ?? 0))}
let w = writer.words
${writeValue(target, item, 0, 'v')}
return i`
  })
}

function writeArray(target: Target, item: ValueSpec, type: number, v: string): string {
  return `if (!Array.isArray(${v}) || ${v}.length > 16383) ${odd}
    ${room(4)}
    let end = i + 1
    for (let index = 0; index < ${v}.length; index++) {
      const start = end
      end = ${itemEncoder(target, item)}(writer, ${v}[index], start, depth + 1)
      if (end < 0) ${odd}
      writer.words[start] |= (index + 1 | ${flagOf(item)}) << 16
    }
    ${close(type)}`
}

function writeMap(target: Target, item: ValueSpec, type: number, v: string): string {
  return `if (!(${v} instanceof Map)) ${odd}
    ${room(4)}
    let end = i + 1
    for (const [key, inner] of ${v}) {
      if ((key & ${NLA_TYPE_MASK}) !== key) ${odd}
      const start = end
      end = ${itemEncoder(target, item)}(writer, inner, start, depth + 1)
      if (end < 0) ${odd}
      writer.words[start] |= (key | ${flagOf(item)}) << 16
    }
    ${close(type)}`
}

function writeRecords(target: Target, value: Extract<ValueSpec, { kind: 'records' }>, type: number, v: string): string {
  const field = value.struct.fields.find(({ name }) => name === value.length)
  if (field?.spec.kind !== 'int' || field.spec.size !== 2 || field.spec.big || (field.offset & 3) > 2) return odd
  return `if (!Array.isArray(${v}) || ${v}.length === 0) ${odd}
    ${room(4)}
    let end = i + 1
    for (const item of ${v}) {
      const start = end
      end = ${headedEncoder(target, value.struct, value.set(), value.length)}(writer, item, start, depth + 1)
      if (end < 0 || end - start > 16383) ${odd}
      writer.words[start + ${field.offset >> 2}] |= end - start << 2 + ${8 * (field.offset & 3)}
    }
    ${close(type)}`
}
