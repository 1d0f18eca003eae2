// Start-up of the command line, beside a Node that does nothing: whole processes, alternating, the median of each.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const run = fileURLToPath(new URL('../packages/tools/bin/run.js', import.meta.url))
const state = mkdtempSync(join(tmpdir(), 'nltool-bench-'))
const env = { ...process.env, XDG_STATE_HOME: state }
const rounds = 11

const commands = {
  'node -e 0': ['-e', '0'],
  'nltool --version': [run, '--version'],
  'nltool route show': [run, 'route', 'show'],
  'nltool route add': [run, 'route', 'add', '-blackhole', '198.51.100.0/24'],
}

function milliseconds(args) {
  const start = process.hrtime.bigint()
  try {
    execFileSync(process.execPath, args, { env, stdio: 'ignore' })
  } catch {
    // The second `route add` finds the route there: a refusal takes the same way.
  }
  return Number(process.hrtime.bigint() - start) / 1e6
}

const times = Object.fromEntries(Object.keys(commands).map(name => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const [name, args] of Object.entries(commands)) times[name].push(milliseconds(args))
}
rmSync(state, { recursive: true })

const median = list => list.sort((a, b) => a - b)[list.length >> 1]
const bare = median(times['node -e 0'])
for (const [name, list] of Object.entries(times)) {
  const value = Math.round(median(list))
  const figure = { figure: `start-up: ${name}`, value, unit: 'ms' }
  const peer = {
    goal: '≤ 200 ms, ≤ 3 ×',
    peer: 'node -e 0',
    peerValue: Math.round(bare),
    ratio: Number((value / bare).toFixed(2)),
  }
  console.log(JSON.stringify(name === 'node -e 0' ? figure : { ...figure, ...peer }))
}
