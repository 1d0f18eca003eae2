import type { Hook } from '@oclif/core/hooks'
import { exitCode, usage } from '../failure.ts'
import { nearest } from '../nearest.ts'

/**
 * Names the command that was meant by an unknown one, and words behind a command that takes none. On a terminal
 * plugin-not-found asks whether to run the former; elsewhere it only says that there is no such command.
 */
const init: Hook<'init'> = async function ({ id, argv, config }) {
  if (id === undefined || id.startsWith('-')) return
  // oclif takes all words before an option for the name of the command.
  const asked = id === 'help'
  const words = asked ? argv.filter(word => !word.startsWith('-')) : id.split(':')
  const known = [...config.commandIDs, ...config.topics.map(({ name }) => name)].map(each => each.replaceAll(':', ' '))
  if (words.length === 0 || known.includes(words.join(' '))) return
  // Help on a command may be asked for with words of it: `help route show`.
  if (asked && config.commandIDs.some(each => `${words.join(':')}:`.startsWith(`${each}:`))) return
  const sentence = asked ? undefined : surplus(words, known)
  if (sentence === undefined && !asked && process.stdin.isTTY) return
  const { fail } = await import('../invocation.ts')
  await fail('', argv, usage(sentence ?? `${complaint(words, known)} (${config.bin} help lists them)`))
  this.exit(exitCode.usage)
}
export default init

/** What is wrong with words behind a command without words of its own: `genl list extra`. */
function surplus(words: readonly string[], known: readonly string[]): string | undefined {
  const [first, second, third] = words
  const command = `${first} ${second}`
  return third !== undefined && known.includes(command)
    ? `unexpected argument: ${third}; ${command} takes none`
    : undefined
}

function complaint(words: readonly string[], known: readonly string[]): string {
  const [first = '', second = ''] = words
  const whole = nearest(words.join(' '), known)
  if (whole !== undefined) return `${words.join(' ')} is not a command; did you mean ${whole}?`
  if (known.includes(first)) return `${first} ${second} is not a command`
  const meant = nearest(first, known)
  return `${first} is not a command${meant === undefined ? '' : `; did you mean ${meant}?`}`
}
