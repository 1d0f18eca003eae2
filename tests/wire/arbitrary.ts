import { type Abi, IpAddress } from '@nltool/nl-core/model'
import {
  type AttributeSetSpec,
  array,
  attributeSet,
  type Body,
  type BodyLayout,
  be16,
  be32,
  be64,
  bitfield32,
  body,
  bytes,
  custom,
  type FieldSpec,
  family,
  family16,
  fixed,
  flag,
  headed,
  type IntSpec,
  i8,
  i16,
  i32,
  i32s,
  i64,
  ip,
  longer,
  map,
  nested,
  nulString,
  pad,
  type Row,
  type StructSpec,
  string,
  struct,
  structs,
  u8,
  u16,
  u32,
  u32s,
  u64,
  u64s,
  type ValueSpec,
  valueIn,
} from '@nltool/nl-core/wire'
import fc from 'fast-check'

/** Random schemas and values of them: every word of the vocabulary. */

/** Bytes in reverse, of which 13 may not be the last. */
const reversed = custom<Uint8Array>('reversed bytes', {
  decode: payload => checked(payload.slice().reverse()),
  encode: value => checked(value).slice().reverse(),
})

function checked(value: Uint8Array): Uint8Array {
  if (!(value instanceof Uint8Array) || value[0] === 13) throw new RangeError('unlucky')
  return value
}

const ints = [u8, u16, u32, u64, i8, i16, i32, i64, be16, be32, be64]
const families = [0, 1, 2, 28] // known to both systems, so that both ABIs can write them

const fieldSpecs: fc.Arbitrary<FieldSpec> = fc.oneof(
  fc.constantFrom<FieldSpec[]>(...ints, family, family16),
  fc.integer({ min: 1, max: 5 }).map(pad),
  fc.integer({ min: 1, max: 5 }).map(fixed),
)

/** A structure of up to five fields; with `len`, the first counts bytes. */
function structSpecs(counted: boolean): fc.Arbitrary<StructSpec> {
  return fc.array(fieldSpecs, { minLength: 1, maxLength: 5 }).map(specs => {
    const fields = specs.map((spec, index) => [`f${index}`, spec] as const)
    return struct('random', Object.fromEntries(counted ? [['len', u16] as const, ...fields] : fields))
  })
}

/** Values up to a depth of nests. */
function valueSpecs(depth: number): fc.Arbitrary<ValueSpec> {
  const flat: fc.Arbitrary<ValueSpec> = fc.oneof(
    fc.constantFrom<ValueSpec[]>(...ints, family, flag, ip, bitfield32(), u32s, i32s, u64s, reversed),
    fc.constantFrom<ValueSpec[]>(
      nulString({ max: 15 }),
      string(),
      bytes(),
      bytes({ length: 6 }),
      bytes({ min: 1, max: 9 }),
    ),
    structSpecs(false),
    structSpecs(false).map(layout => structs(layout)),
    structSpecs(false).map(layout => longer(layout)),
  )
  if (depth === 0) return flat
  const set = attributeSets(depth - 1)
  const flagged = fc.boolean().map(on => ({ flagged: on }))
  return fc.oneof(
    { weight: 3, arbitrary: flat },
    fc.tuple(set, flagged).map(([inner, options]) => nested(inner, options)),
    fc.tuple(valueSpecs(depth - 1), flagged).map(([item, options]) => array(item, options)),
    fc.tuple(set, flagged, flagged).map(([inner, own, options]) => array(nested(inner, own), options)),
    fc.tuple(valueSpecs(depth - 1), flagged).map(([item, options]) => map(item, options)),
    fc.tuple(structSpecs(false), set).map(([layout, inner]) => headed(layout, inner)),
    fc.tuple(structSpecs(true), set).map(
      ([layout, inner]): ValueSpec => ({
        kind: 'records',
        struct: layout,
        length: 'len',
        set: () => inner,
      }),
    ),
  )
}

function attributeSets(depth: number): fc.Arbitrary<AttributeSetSpec> {
  const row = fc.record({
    number: fc.integer({ min: 0, max: 40 }),
    value: valueSpecs(depth),
    multi: fc.boolean(),
    linux: fc.constantFrom(undefined, null, 1000),
  })
  return fc
    .uniqueArray(row, { maxLength: 6, selector: ({ number }) => number })
    .map(rows =>
      attributeSet(
        Object.fromEntries(
          rows.map(({ number, value, multi, linux }, index): [string, Row] => [
            `A_${index}`,
            [
              number,
              `a${index}`,
              value,
              { ...(multi && { multi }), ...(linux !== undefined && { linux: linux && linux + number }) },
            ],
          ]),
        ),
      ),
    )
}

/** A body with some value of it. */
export const bodiesWithValues: fc.Arbitrary<{ readonly schema: Body<unknown>; readonly value: unknown }> = fc
  .tuple(structSpecs(false), attributeSets(2))
  .chain(([header, attrs]) =>
    fc.record({
      schema: fc.constant(body(header, attrs) as Body<unknown>),
      value: fc.record({ header: structValue(header), attrs: setValue(attrs, 'linux') }),
    }),
  )

/** Some value of a schema. */
export function bodyValues(schema: BodyLayout, abi: Abi): fc.Arbitrary<unknown> {
  return fc.record({ header: structValue(schema.header), attrs: setValue(schema.attrs, abi) })
}

function intValue({ size, signed }: IntSpec): fc.Arbitrary<number | bigint> {
  const bits = 8 * size
  if (size === 8) {
    return signed ? fc.bigInt(-(1n << 63n), (1n << 63n) - 1n) : fc.bigInt(0n, (1n << 64n) - 1n)
  }
  return signed
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 })
}

function exactBytes(size: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: size, maxLength: size })
}

function structValue(layout: StructSpec, skip?: string): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {}
  for (const { name, spec } of layout.fields) {
    if (spec.kind === 'pad' || name === skip) continue
    if (spec.kind === 'int') fields[name] = intValue(spec)
    else fields[name] = spec.kind === 'family' ? fc.constantFrom(...families) : exactBytes(spec.size)
  }
  return fc.record(fields)
}

/** Values of the attributes that an ABI has; the others are not written. */
function setValue(set: AttributeSetSpec, abi: Abi): fc.Arbitrary<Record<string, unknown>> {
  const properties: Record<string, fc.Arbitrary<unknown>> = {}
  for (const attribute of set.attributes) {
    const { property, multi, number } = attribute
    const value = valueIn(attribute, abi)
    if (number[abi] === undefined || (value.kind === 'custom' && value.name !== 'reversed bytes')) continue
    const values = valuesOf(value, abi)
    properties[property] = multi ? fc.array(values, { minLength: 1, maxLength: 3 }) : values
  }
  const unknown = fc.array(
    fc.record({ type: fc.integer({ min: 2000, max: 2010 }), bytes: fc.uint8Array({ maxLength: 9 }) }),
    {
      minLength: 1,
      maxLength: 2,
    },
  )
  return fc.record({ ...properties, unknown }, { requiredKeys: [] })
}

const texts = fc.oneof(fc.string({ maxLength: 15, unit: 'grapheme-ascii' }), fc.constantFrom('', 'lo', 'épair', '漢'))

function valuesOf(spec: ValueSpec, abi: Abi): fc.Arbitrary<unknown> {
  switch (spec.kind) {
    case 'int':
      return intValue(spec)
    case 'family':
      return fc.constantFrom(...families)
    case 'flag':
      return fc.constant(true)
    case 'string':
      return texts.filter(text => text.length < spec.max)
    case 'bytes':
      return fc.uint8Array({ minLength: spec.min, maxLength: Math.min(spec.max, spec.min + 40) })
    case 'ip':
      return fc.oneof(exactBytes(4), exactBytes(16)).map(address => IpAddress.fromBytes(address))
    case 'words':
      return fc.array(intValue({ kind: 'int', size: spec.size, signed: spec.signed, big: false }), { maxLength: 5 })
    case 'bitfield32':
      return fc.record({ value: intValue(u32 as IntSpec), selector: intValue(u32 as IntSpec) })
    case 'struct':
      return structValue(spec)
    case 'structs':
      return fc.array(structValue(spec.struct), { maxLength: 3 })
    case 'nested':
      return setValue(spec.set(), abi)
    case 'array':
      return fc.array(valuesOf(spec.item, abi), { maxLength: 3 })
    case 'map':
      return fc
        .array(fc.tuple(fc.integer({ min: 0, max: 0x3fff }), valuesOf(spec.item, abi)), { maxLength: 3 })
        .map(entries => new Map(entries))
    case 'headed':
      return fc.record({ header: structValue(spec.struct), attrs: setValue(spec.set(), abi) })
    case 'records':
      return fc.array(fc.record({ header: structValue(spec.struct, spec.length), attrs: setValue(spec.set(), abi) }), {
        minLength: 1,
        maxLength: 3,
      })
    case 'custom':
      return fc.uint8Array({ maxLength: 9 }).filter(value => value[0] !== 13)
  }
}
