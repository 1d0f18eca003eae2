import { expect, it } from 'vitest'
import { referencePage } from './reference.ts'

it('docs/attributes.md says what the rows say', async () => {
  await expect(referencePage()).toMatchFileSnapshot('../../docs/attributes.md')
})
