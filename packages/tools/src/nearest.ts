/** Insertions, deletions and replacements that turn one word into another (Levenshtein). */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === to[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** The word that is most like another, unless none is like it at all. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const ranked = words.map(each => ({ each, far: distance(word, each) })).sort((a, b) => a.far - b.far)
  const [best] = ranked
  return best !== undefined && best.far <= Math.max(2, word.length / 3) ? best.each : undefined
}

/** What to add to a complaint about a word that is nearly a keyword: ` (did you mean up?)`. */
export function meant(word: string, keywords: object): string {
  const best = nearest(word, Object.keys(keywords))
  // Short words are like many: one letter of three may be wrong, not two.
  return best !== undefined && distance(word, best) <= Math.max(1, word.length / 3) ? ` (did you mean ${best}?)` : ''
}
