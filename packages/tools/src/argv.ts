import { usage } from './failure.ts'
import { parseNumber } from './number.ts'

/** What every command takes, wherever it stands on the line. */
export interface Globals {
  /** `--kernel`: which kernel to speak to. */
  readonly kernel: string
  /** `--vnet`: name or number of a network stack; absent: the initial one. */
  readonly vnet: string | undefined
  /** `--uid`: user that the command runs as in the kernel. Default 0, who may do everything. */
  readonly uid: number
  /** `--json`: results as JSON on standard output. */
  readonly json: boolean
  /** `--trace`: the netlink conversation on standard error. */
  readonly trace: boolean
  /** `--events`: what the kernel announces meanwhile, on standard error. */
  readonly events: boolean
  /** `--pcap`: the netlink conversation to a file. */
  readonly pcap: string | undefined
  /** `--freebsd13`, `--freebsd14`: of which release texts and habits are, where releases differ. */
  readonly release: Release
}

/** FreeBSD 13, 14, or of each what suits: see {@link Globals}. */
export type Release = 13 | 14 | undefined

/** An option of {@link Globals}: whether it takes a value. */
const globalFlags: Readonly<Record<string, 'switch' | 'value'>> = {
  '--kernel': 'value',
  '--vnet': 'value',
  '--uid': 'value',
  '--json': 'switch',
  '--trace': 'switch',
  '--events': 'switch',
  '--pcap': 'value',
  '--freebsd13': 'switch',
  '--freebsd14': 'switch',
}

interface Split {
  /** The global options, each as one word: `--vnet=2`. */
  readonly globals: string[]
  /** All other words, in order. */
  readonly words: string[]
}

/** Separates the global options from the words around them. Words from `--` on are left alone. */
export function separate(argv: readonly string[]): Split {
  const split: Split = { globals: [], words: [] }
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (word === '--') {
      split.words.push(...argv.slice(i))
      break
    }
    const [name = '', ...value] = word.split('=')
    const kind = globalFlags[name]
    if (kind === undefined) split.words.push(word)
    else if (kind === 'switch' || value.length > 0) split.globals.push(word)
    else if (argv[i + 1] === undefined) throw usage(`${name} needs a value`)
    else split.globals.push(`${name}=${argv[++i]}`)
  }
  return split
}

/**
 * Moves global options behind the command, where oclif looks for them: `nltool --json route show` and
 * `nltool route show --json` are the same. Without a command nothing moves.
 */
export function hoist(argv: readonly string[]): string[] {
  const { globals, words } = separate(argv)
  if (words[0] === undefined || words[0].startsWith('-')) return [...argv]
  const end = words.indexOf('--')
  return end === -1 ? [...words, ...globals] : [...words.slice(0, end), ...globals, ...words.slice(end)]
}

/** Reads global options that {@link separate} found; the last of several counts. */
export function readGlobals(globals: readonly string[]): Globals {
  const lastOf = (name: string) =>
    globals
      .filter(word => word.startsWith(`${name}=`))
      .at(-1)
      ?.slice(name.length + 1)
  return {
    kernel: lastOf('--kernel') ?? 'embedded',
    vnet: lastOf('--vnet'),
    uid: parseNumber(lastOf('--uid') ?? '0', '--uid'),
    json: globals.includes('--json'),
    trace: globals.includes('--trace'),
    events: globals.includes('--events'),
    pcap: lastOf('--pcap'),
    release: globals.includes('--freebsd13') ? 13 : globals.includes('--freebsd14') ? 14 : undefined,
  }
}
