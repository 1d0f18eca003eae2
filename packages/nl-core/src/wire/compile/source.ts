/**
 * The text of a module that is being generated: functions, and values of the library that they use. Names from a schema
 * reach the text only through {@link quote}, numbers only as numbers, so no schema can smuggle code into it.
 */
export interface Source {
  /** Whether this set, struct or item already has a function; else `write` is called once to make its body. */
  functionFor(key: object, role: string, parameters: string, write: (name: string) => string): string
  /** All functions. */
  text(): string
}

export function createSource(): Source {
  const names = new Map<string, Map<object, string>>()
  const functions: string[] = []
  let count = 0
  return {
    functionFor(key, role, parameters, write) {
      const known = names.get(role) ?? new Map<object, string>()
      names.set(role, known)
      const found = known.get(key)
      if (found !== undefined) return found
      const name = `${role}${count++}`
      known.set(key, name) // before `write`: a set may contain itself
      functions.push(`function ${name}(${parameters}) {\n${write(name)}\n}`)
      return name
    },
    text: () => functions.join('\n'),
  }
}

/** A property name as a literal. */
export function quote(name: string): string {
  return JSON.stringify(name)
}
