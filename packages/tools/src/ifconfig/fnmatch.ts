/**
 * fnmatch(3) without its options: `*`, `?`, `[…]`, `[!…]`. A bracket that is not closed stands for itself, a range that
 * runs backwards for nothing.
 */
export function matches(name: string, pattern: string): boolean {
  const source = pattern.replace(/\[([!^]?)(\]?[^\]]*)\]|./gs, (part, negation: string, members?: string) => {
    if (members !== undefined) return `[${negation === '' ? '' : '^'}${classOf(members)}]`
    return part === '*' ? '.*' : part === '?' ? '.' : escaped(part)
  })
  return new RegExp(`^${source}$`).test(name)
}

function classOf(members: string): string {
  return members.replace(/(.)-(.)|./gs, (part, from: string | undefined, to: string) => {
    if (from === undefined) return escaped(part)
    return from <= to ? `${escaped(from)}-${escaped(to)}` : ''
  })
}

function escaped(letter: string): string {
  return letter.replace(/[.*+?^${}()|[\]\\-]/, '\\$&')
}
