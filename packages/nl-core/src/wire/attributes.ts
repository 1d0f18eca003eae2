import { NLA_TYPE_MASK } from '../constants.ts'
import { type Abi, abis } from '../model/abi.ts'
import type {
  AttributeSet,
  AttributeSetSpec,
  AttributeSpec,
  AttrsOf,
  Row,
  Rows,
  SameTypes,
  ValueSpec,
} from './schema.ts'

/** Numbers of a row in both ABIs; `undefined` where the system lacks the attribute. */
function numbersOf([number, , , options]: Row): AttributeSpec['number'] {
  const linux = options?.linux
  return {
    freebsd: options?.freebsd === null ? undefined : number,
    linux: linux === null ? undefined : typeof linux === 'number' ? linux : (linux?.number ?? number),
  }
}

function resolve(name: string, row: Row): AttributeSpec {
  const [, property, value, options] = row
  const linux = options?.linux
  return {
    name,
    property,
    value,
    linuxValue: typeof linux === 'object' && linux !== null ? linux.value : undefined,
    multi: options?.multi === true,
    number: numbersOf(row),
    doc: options?.doc,
  }
}

/** Properties that every object has: an absent attribute must not find them. */
const reservedNames: readonly string[] = Object.getOwnPropertyNames(Object.prototype)

function refuseDuplicates(attributes: readonly AttributeSpec[]): void {
  const properties = new Map<string, string>([
    ['unknown', 'the kept attributes'],
    ...reservedNames.map((name): [string, string] => [name, 'JavaScript']),
  ])
  for (const { name, property } of attributes) {
    const other = properties.get(property)
    if (other !== undefined) throw new TypeError(`${name}: property '${property}' belongs to ${other}`)
    properties.set(property, name)
  }
  for (const abi of abis) {
    const names = new Map<number, string>()
    for (const { name, number } of attributes) {
      const type = number[abi]
      if (type === undefined) continue
      if (!Number.isInteger(type) || type < 0 || type > NLA_TYPE_MASK)
        throw new TypeError(`${name}: ${type} is no nla_type`)
      const other = names.get(type)
      if (other !== undefined) throw new TypeError(`${name}: ${type} is ${other} (${abi})`)
      names.set(type, name)
    }
  }
}

/**
 * A set of attributes from its rows. The order of the rows is the order in which attributes are written.
 * @throws TypeError when the module loads, if a number is given twice in one ABI, or a property twice.
 */
export function attributeSet<const R extends Rows>(rows: R & SameTypes<R>): AttributeSet<AttrsOf<R>> {
  const attributes = Object.entries(rows).map(([name, row]) => resolve(name, row))
  refuseDuplicates(attributes)
  return { attributes }
}

/** The layout of an attribute in one ABI. */
export function valueIn(attribute: AttributeSpec, abi: Abi): ValueSpec {
  return abi === 'linux' ? (attribute.linuxValue ?? attribute.value) : attribute.value
}

/** The attribute that a number means in one ABI, or `undefined`. Flag bits must have been removed. */
export function attributeOf(set: AttributeSetSpec, type: number, abi: Abi): AttributeSpec | undefined {
  return set.attributes.find(attribute => attribute.number[abi] === type)
}
