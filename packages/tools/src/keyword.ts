/** A word of a command line: what it does to the draft of the command, and whether it takes the next word. */
export type Keyword<Draft> =
  | { readonly takes: 'nothing'; readonly apply: (draft: Draft) => void }
  | { readonly takes: 'word'; readonly apply: (draft: Draft, value: string) => void }

/** Keywords by name. */
export type Keywords<Draft> = Readonly<Record<string, Keyword<Draft>>>

/** A word that stands alone. */
export function alone<Draft>(apply: (draft: Draft) => void): Keyword<Draft> {
  return { takes: 'nothing', apply }
}

/** A word that takes the next one. */
export function withValue<Draft>(apply: (draft: Draft, value: string) => void): Keyword<Draft> {
  return { takes: 'word', apply }
}

/** The keyword of a name; names like `toString` are none. */
export function lookUp<Draft>(table: Keywords<Draft>, name: string): Keyword<Draft> | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
