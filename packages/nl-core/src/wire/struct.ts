import type { Fields, Struct, StructOf, StructSpec } from './schema.ts'

/**
 * A fixed structure: fields in order, without hidden padding. It is the header of a body, an element of `structs`, or
 * by itself the value of an attribute.
 */
export function struct<const F extends Fields>(name: string, fields: F): Struct<StructOf<F>> {
  let size = 0
  const laidOut: StructSpec['fields'][number][] = []
  for (const [field, spec] of Object.entries(fields)) {
    if (field in Object.prototype) throw new TypeError(`${name}: '${field}' is no name for a field`)
    laidOut.push({ name: field, offset: size, spec })
    size += spec.size
  }
  return { kind: 'struct', exact: true, name, size, fields: laidOut }
}
