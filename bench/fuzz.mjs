// The long run of tests/fuzz: more than a million spoiled and made-up datagrams into decoders, clients and kernels.
//   node bench/fuzz.mjs [CASES [SEED]]   cases of each of the fuzz tests, default 300,000; a seed, default by the clock
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const [cases = '300000', seed = String(Date.now() >>> 0)] = process.argv.slice(2)
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))

console.error(`seed ${seed}, ${cases} cases of each test`)
const child = spawn(process.execPath, [vitest, 'run', 'tests/fuzz'], {
  cwd: root,
  env: { ...process.env, NLTOOL_FUZZ_CASES: cases, NLTOOL_FUZZ_SEED: seed },
  stdio: 'inherit',
})
child.once('close', code => {
  process.exitCode = code ?? 1
})
