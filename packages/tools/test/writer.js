// A process that counts in the state for ever, for tests that kill it at any instant: writer.js DIRECTORY. A state is the
// same 32-bit number many times over, so that a mixture of two would show. Prints each number that is surely kept.
import { createStateStore } from '../dist/state/store.js'

const words = 16_384
const store = createStateStore(process.argv[2])
process.stdout.write('ready\n')
for (;;) {
  const count = await store.update(async state => {
    const next = (state === undefined ? 0 : Buffer.from(state).readUInt32LE(0)) + 1
    return { state: new Uint8Array(new Uint32Array(words).fill(next).buffer), result: next }
  })
  process.stdout.write(`${count}\n`)
}
