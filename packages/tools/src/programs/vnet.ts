import { usage } from '../failure.ts'
import type { Program } from '../invocation.ts'
import { createVnet, deleteVnet, listVnets } from '../vnet/run.ts'

/** Network stacks, in the words of the commands `vnet create`, `vnet delete` and `vnet list`. */
export const vnet: Program = async ({ words: [verb, name, ...rest], session, print }) => {
  if (rest[0] !== undefined) throw usage(`vnet: unexpected word: ${rest[0]}`)
  const shown = await run()
  print(shown.text)
  return shown.json

  function run() {
    if (verb === 'create') return createVnet(session, name)
    if (verb === 'list' && name === undefined) return listVnets(session)
    if (verb === 'delete' && name !== undefined) return deleteVnet(session, name)
    throw usage('vnet: create [NAME], delete NAME or list')
  }
}
