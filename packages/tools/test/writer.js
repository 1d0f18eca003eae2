// A process that replaces the state for ever, for tests that kill it at any instant: writer.js DIRECTORY [SIZE].
// Each state is one byte value repeated, so that a mixture of two would show.
import { createStateStore } from '../dist/state/store.js'

const [directory, size = '65536'] = process.argv.slice(2)
const store = createStateStore(directory)
process.stdout.write('ready\n')
for (;;) {
  await store.update(async state => {
    const next = ((state?.[0] ?? 0) + 1) & 0xff
    return { state: new Uint8Array(Number(size)).fill(next), result: undefined }
  })
}
