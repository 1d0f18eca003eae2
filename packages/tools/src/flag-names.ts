/** Names of bits: the bit, and the word that stands for it. */
export type BitNames = readonly (readonly [bit: number, name: string])[]

/** Words of the bits that are set, in the order of the table. */
export function bitNames(value: number, table: BitNames): string[] {
  return table.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name)
}
