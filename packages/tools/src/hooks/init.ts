import type { Hook } from '@oclif/core/hooks'
import { exitCode } from '../failure.ts'
import { nearest } from '../nearest.ts'

/**
 * Names the command that was meant by an unknown one. On a terminal plugin-not-found asks whether to run it; elsewhere it
 * only says that there is no such command.
 */
const init: Hook<'init'> = async function ({ id, config }) {
  if (process.stdin.isTTY || id === undefined || id.startsWith('-')) return
  if (config.findCommand(id) !== undefined || config.findTopic(id) !== undefined) return
  // oclif takes all words before an option for the name of the command.
  const known = [...config.commandIDs, ...config.topics.map(({ name }) => name)].map(each => each.replaceAll(':', ' '))
  process.stderr.write(`${config.bin}: ${complaint(id.split(':'), known)} (${config.bin} help lists them)\n`)
  this.exit(exitCode.usage)
}
export default init

function complaint(words: readonly string[], known: readonly string[]): string {
  const [first = '', second = ''] = words
  const whole = nearest(words.join(' '), known)
  if (whole !== undefined) return `${words.join(' ')} is not a command; did you mean ${whole}?`
  if (known.includes(first)) return `${first} ${second} is not a command`
  const meant = nearest(first, known)
  return `${first} is not a command${meant === undefined ? '' : `; did you mean ${meant}?`}`
}
