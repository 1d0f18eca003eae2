import { usage } from './failure.ts'

/** Which letters a command takes: alone, or with a value behind them. */
export interface OptionLetters {
  readonly switches: string
  readonly valued: string
  /** Words that start with a dash and are no options: they end the options. */
  readonly isWord?: (word: string) => boolean
}

/** Options as getopt(3) finds them, before the first word that is none. */
export interface Options {
  readonly letters: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly rest: readonly string[]
}

/** Reads options in the manner of getopt(3): `-rn4`, `-F 1`, `-F1`, `--`. @throws Failure */
export function readOptions(argv: readonly string[], { switches, valued, isWord }: OptionLetters): Options {
  const letters = new Set<string>()
  const values = new Map<string, string>()
  let at = 0
  for (let word = argv[0]; word !== undefined && isOption(word, isWord); word = argv[at]) {
    at++
    if (word === '--') break
    if (word.startsWith('--')) throw usage(`unknown option: ${word}`)
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] ?? ''
      if (switches.includes(letter)) letters.add(letter)
      else if (!valued.includes(letter)) throw usage(`unknown option: -${letter}`)
      else {
        values.set(letter, needValue(letter, word.slice(i + 1) || argv[at++]))
        break
      }
    }
  }
  return { letters, values, rest: argv.slice(at) }
}

function isOption(word: string, isWord: OptionLetters['isWord']): boolean {
  return word.length > 1 && word.startsWith('-') && isWord?.(word) !== true
}

function needValue(letter: string, value: string | undefined): string {
  if (value === undefined) throw usage(`-${letter}: a value must follow`)
  return value
}
