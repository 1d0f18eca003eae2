import type { Brand, VnetId } from '@nltool/nl-core/model'

/** Number of an interface, 1 to 65535, the same in all network stacks; 0 means "none" in every interface. */
export type IfIndex = Brand<number, 'IfIndex'>

/**
 * A serialised reference: what may be stored about an interface across a wait without holding it. It tells a reused
 * index (`gen`), a move to another network stack (`vnet`) and a move there and back (`moves`) from the original.
 */
export interface IfId {
  readonly index: IfIndex
  /** How often the slot of the index had been emptied when the interface got it. Does not wrap. */
  readonly gen: number
  /** Where the interface was when the reference was made. */
  readonly vnet: VnetId
  /** How many moves the interface had completed when the reference was made. */
  readonly moves: number
}

/** Text for logs and storage: `if#<index>.<gen>@<vnet>+<moves>`. {@link parseIfId} reads it back. */
export function formatIfId(id: IfId): string {
  return `if#${id.index}.${id.gen}@${id.vnet}+${id.moves}`
}

const ifIdText = /^if#([1-9]\d{0,4})\.(0|[1-9]\d{0,15})@(0|[1-9]\d{0,8})\+(0|[1-9]\d{0,15})$/

/** Reads the text of {@link formatIfId}; `undefined` for anything else. */
export function parseIfId(text: string): IfId | undefined {
  const match = ifIdText.exec(text)
  if (match === null) return undefined
  const [index, gen, vnet, moves] = match.slice(1).map(Number) as [number, number, number, number]
  if (index > 65535 || !Number.isSafeInteger(gen) || !Number.isSafeInteger(moves)) return undefined
  return { index: index as IfIndex, gen, vnet: vnet as VnetId, moves }
}

/** Whether two references are to the same interface, wherever it has moved in between. */
export function sameInterface(a: Pick<IfId, 'index' | 'gen'>, b: Pick<IfId, 'index' | 'gen'>): boolean {
  return a.index === b.index && a.gen === b.gen
}
