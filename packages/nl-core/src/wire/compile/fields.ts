import { align4 } from '../../constants.ts'
import type { Abi } from '../../model/abi.ts'
import type { FieldSpec, IntSpec, StructSpec } from '../schema.ts'
import { quote } from './source.ts'

/** The bytes of a word in reverse. */
function swapped(word: string): string {
  return `(${word} << 24 | (${word} & 0xff00) << 8 | ${word} >>> 8 & 0xff00 | ${word} >>> 24)`
}

/** Whether an integer lies within one word. */
function inWord(offset: number, size: number): boolean {
  return size <= 4 && (offset & 3) + size <= 4
}

/** Reads an integer out of a word, `shift` bits up. */
export function intFromWord(word: string, shift: number, { size, signed, big }: IntSpec): string {
  if (size === 4) {
    const value = big ? swapped(word) : word
    return signed ? value : `${value} >>> 0`
  }
  const bits = 8 * size
  if (size === 2 && big) {
    const value = `((${word} >>> ${shift} & 255) << 8 | ${word} >>> ${shift + 8} & 255)`
    return signed ? `${value} << 16 >> 16` : value
  }
  if (signed) return `${word} << ${32 - bits - shift} >> ${32 - bits}`
  return `${word} >>> ${shift} & ${size === 1 ? 255 : 65535}`
}

/** Reads an integer through the DataView; `at` is an expression for its offset. */
export function intFromView(at: string, { size, signed, big }: IntSpec): string {
  const name = size === 8 ? `Big${signed ? 'Int' : 'Uint'}64` : `${signed ? 'Int' : 'Uint'}${size * 8}`
  return size === 1 ? `frame.view.get${name}(${at})` : `frame.view.get${name}(${at}, ${String(!big)})`
}

function readField(spec: FieldSpec, offset: number, base: string): string {
  const at = `(${base} << 2) + ${offset}`
  if (spec.kind === 'fixed') return `frame.bytes.slice(${at}, ${at} + ${spec.size})`
  if (spec.kind === 'pad') return 'undefined'
  const int: IntSpec = spec.kind === 'int' ? spec : { kind: 'int', size: spec.size, signed: false, big: false }
  const value = inWord(offset, spec.size)
    ? intFromWord(`w[${base} + ${offset >> 2}]`, 8 * (offset & 3), int)
    : intFromView(at, int)
  return spec.kind === 'family' ? `familyFrom[${value}]` : value
}

/** The object literal of a structure at word `base`; `skip` is a field that the object does not have. */
export function structLiteral(struct: StructSpec, base: string, skip?: string): string {
  const fields = struct.fields.filter(({ name, spec }) => spec.kind !== 'pad' && name !== skip)
  return `{ ${fields.map(({ name, offset, spec }) => `${quote(name)}: ${readField(spec, offset, base)}`).join(', ')} }`
}

/**
 * A condition that is true where a structure holds what its object cannot say: padding that is not zero, or a family
 * beyond the table. `undefined` where that cannot be.
 */
export function structOdd(struct: StructSpec, base: string): string | undefined {
  const masks = new Map<number, number>()
  const cover = (from: number, to: number): void => {
    for (let at = from; at < to; at++) masks.set(at >> 2, (masks.get(at >> 2) ?? 0) | (255 << (8 * (at & 3))))
  }
  const odd: string[] = []
  for (const { offset, spec } of struct.fields) {
    if (spec.kind === 'pad') cover(offset, offset + spec.size)
    if (spec.kind === 'family' && spec.size === 2) odd.push(`${readField(spec, offset, base)} === undefined`)
  }
  cover(struct.size, align4(struct.size))
  for (const [word, mask] of masks) odd.push(`(w[${base} + ${word}] & ${mask}) !== 0`)
  return odd.length === 0 ? undefined : odd.join(' || ')
}

/** The condition under which a number does not fit an integer of up to four bytes. */
export function misfit(value: string, { size, signed }: IntSpec): string {
  if (size === 4) return signed ? `(${value} | 0) !== ${value}` : `${value} >>> 0 !== ${value}`
  const bits = 8 * size
  if (signed) return `${value} << ${32 - bits} >> ${32 - bits} !== ${value}`
  return `(${value} & ${size === 1 ? 255 : 65535}) !== ${value}`
}

/** An integer as it stands in the low bits of a word. */
export function intToWord(value: string, { size, signed, big }: IntSpec): string {
  if (size === 4) return big ? swapped(value) : value
  if (size === 2 && big) return `((${value} & 255) << 8 | ${value} >> 8 & 255)`
  return signed ? `${value} & ${size === 1 ? 255 : 65535}` : value
}

/** Whether a structure is written by generated code: its fields lie within words. */
export function writableStruct(struct: StructSpec): boolean {
  return struct.fields.every(
    ({ offset, spec }) =>
      spec.kind === 'pad' ||
      (spec.kind === 'int' && spec.size === 8 && (offset & 3) === 0) ||
      (spec.kind !== 'fixed' && inWord(offset, spec.size)),
  )
}

/**
 * Statements that write a structure at word `base` from the object in `object`; `bail` leaves for the interpreter.
 * `skip` is the field that counts bytes: it is left 0.
 */
export function writeStruct(
  struct: StructSpec,
  object: string,
  base: string,
  bail: string,
  abi: Abi,
  skip?: string,
): string {
  const words = new Map<number, string[]>()
  for (let word = 0; word < (struct.size + 3) >> 2; word++) words.set(word, [])
  const lines: string[] = []
  for (const [index, { name, offset, spec }] of struct.fields.entries()) {
    if (spec.kind === 'pad' || spec.kind === 'fixed' || name === skip) continue
    const local = `f${index}`
    lines.push(`let ${local} = ${object}[${quote(name)}]`)
    if (spec.kind === 'int' && spec.size === 8) {
      lines.push(writeBig(spec, local, `(${base} << 2) + ${offset}`, bail))
      words.delete(offset >> 2)
      words.delete((offset >> 2) + 1)
      continue
    }
    const int: IntSpec = spec.kind === 'int' ? spec : { kind: 'int', size: spec.size, signed: false, big: false }
    if (spec.kind === 'family') lines.push(familyToWire(local, bail, abi))
    else lines.push(`if (${misfit(local, int)}) ${bail}`)
    const shift = 8 * (offset & 3)
    words.get(offset >> 2)?.push(shift === 0 ? intToWord(local, int) : `(${intToWord(local, int)}) << ${shift}`)
  }
  for (const [word, parts] of words) lines.push(`w[${base} + ${word}] = ${parts.join(' | ') || '0'}`)
  return `{ ${lines.join('\n')} }`
}

/** Replaces the model's family in `local` by the ABI's. */
export function familyToWire(local: string, bail: string, abi: Abi): string {
  if (abi === 'freebsd') return `if ((${local} & 255) !== ${local}) ${bail}`
  return `if (typeof ${local} !== 'number' || !((${local} = familyTo[${local}]) >= 0)) ${bail}`
}

/** Writes a 64-bit integer through the DataView. */
export function writeBig({ signed, big }: IntSpec, local: string, at: string, bail: string): string {
  const fits = `BigInt.as${signed ? 'Int' : 'Uint'}N(64, ${local}) === ${local}`
  const set = `writer.view.setBig${signed ? 'Int' : 'Uint'}64(${at}, ${local}, ${String(!big)})`
  return `if (typeof ${local} !== 'bigint' || !(${fits})) ${bail}\n${set}`
}
