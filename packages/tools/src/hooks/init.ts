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
  const words = id.split(':')
  const known = [...config.commandIDs, ...config.topics.map(({ name }) => name)].map(each => each.replaceAll(':', ' '))
  const whole = nearest(words.join(' '), known)
  const typed = whole === undefined ? words[0] : words.join(' ')
  const meant = whole ?? nearest(words[0] ?? '', known)
  const question = meant === undefined ? '' : `; did you mean ${meant}?`
  process.stderr.write(`${config.bin}: ${typed} is not a command${question} (${config.bin} help lists them)\n`)
  this.exit(exitCode.usage)
}
export default init
