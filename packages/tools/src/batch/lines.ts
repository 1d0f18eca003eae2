import { usage } from '../failure.ts'

/** A command of a batch. */
export interface BatchLine {
  /** Counted from 1. */
  readonly number: number
  readonly words: readonly string[]
}

/**
 * The commands of a batch: one a line, words apart by blanks, quotes around words with blanks, `#` before a comment.
 * @throws Failure for a quote that does not end, naming the line
 */
export function readLines(text: string): BatchLine[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => ({ number: i + 1, words: split(line, i + 1) }))
    .filter(({ words }) => words.length > 0)
}

/** One word: parts in double quotes, in single quotes, and bare ones, without anything between them. */
const wordPattern = /(?:"[^"]*"|'[^']*'|[^\s"'#])+|#.*|["']/g

function split(line: string, number: number): string[] {
  const words: string[] = []
  for (const [found] of line.matchAll(wordPattern)) {
    if (found.startsWith('#')) break
    if (found === '"' || found === "'") throw usage(`line ${number}: a quote does not end`)
    words.push(found.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'))
  }
  return words
}
