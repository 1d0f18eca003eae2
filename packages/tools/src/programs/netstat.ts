import { readRoutes } from '../clients.ts'
import { usage } from '../failure.ts'
import type { Family } from '../inet.ts'
import type { Program } from '../invocation.ts'
import { parseNumber } from '../number.ts'
import { readOptions } from '../options.ts'

/** netstat(1), as far as routing tables go. */
export const netstat: Program = async ({ words, session, print }) => {
  const { letters, values, rest } = readOptions(words, { switches: 'rnW46', valued: 'Ff' })
  if (rest[0] !== undefined) throw usage(`unexpected word: ${rest[0]}`)
  if (!letters.has('r')) throw usage('only routing tables can be shown: netstat -r')
  const style = {
    numeric: letters.has('n'),
    wide: letters.has('W'),
    fib: parseNumber(values.get('F') ?? '0', '-F', 65_534),
  }
  const family = familyOf(letters, values.get('f'))
  const { listRoutes } = await import('../route/look.ts')
  const shown = await readRoutes(session, route => listRoutes(route, style, family))
  print(shown.text)
  return shown.json
}

function familyOf(letters: ReadonlySet<string>, name: string | undefined): Family | undefined {
  if (name !== undefined && name !== 'inet' && name !== 'inet6') throw usage(`-f ${name}: not one of inet, inet6`)
  const inet = letters.has('4') || name === 'inet'
  const inet6 = letters.has('6') || name === 'inet6'
  if (inet === inet6) return undefined // neither, or both
  return inet ? 'inet' : 'inet6'
}
