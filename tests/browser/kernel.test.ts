import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the script leaves behind. */
interface Outcome {
  readonly routes: string[]
  readonly refused: string
  readonly family: number
  readonly restored: number
}

/** A page's script: the main job, from one kernel to a restored one. */
const script = `
import { createKernel, restoreKernel } from '@nltool/kernel'
import { openGeneric } from '@nltool/nl-genl'
import { openRoute } from '@nltool/nl-route'

async function run() {
  const kernel = createKernel()
  const route = await openRoute(kernel.spawn())
  await route.link.create({ kind: 'epair', name: 'epair0' })
  await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
  await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' })
  const refused = await route.route.add({ dst: '203.0.113.0/24', gateway: '192.0.2.2' }).catch(error => error.message)
  const routes = (await route.route.dump({ family: 'inet' }).collect()).map(({ dst }) => dst)
  const genl = await openGeneric(kernel.spawn({ abi: 'linux' }))
  const { id } = await genl.resolve('nlctrl')
  await kernel.settle()
  const copy = restoreKernel(kernel.save())
  const again = await openRoute(copy.spawn())
  const restored = (await again.route.dump({ family: 'inet' }).collect()).length
  await kernel.close()
  await copy.close()
  return { routes, refused, family: id, restored }
}
globalThis.outcome = run()
`

/** One file, as a bundler makes it for a page. */
async function bundled(): Promise<string> {
  const build = await rolldown({
    input: 'page',
    cwd: root,
    platform: 'browser',
    resolve: { conditionNames: ['source'] },
    transform: { target: 'es2022' },
    plugins: [
      {
        name: 'page',
        resolveId: id => (id === 'page' ? join(root, 'tests/browser/page.js') : undefined),
        load: id => (id === join(root, 'tests/browser/page.js') ? script : undefined),
      },
    ],
  })
  const { output } = await build.generate({ format: 'iife' })
  await build.close()
  return output[0].code
}

/** What every browser has, and nothing else: no process, no Buffer, no require, no setImmediate. */
function page() {
  const {
    queueMicrotask,
    setTimeout,
    clearTimeout,
    performance,
    crypto,
    TextEncoder,
    TextDecoder,
    AbortController,
    AbortSignal,
    console,
  } = globalThis
  return createContext({
    queueMicrotask,
    setTimeout,
    clearTimeout,
    performance,
    crypto,
    TextEncoder,
    TextDecoder,
    AbortController,
    AbortSignal,
    console,
  })
}

/** As docs/kernel.md says for engines that do not have them yet. */
const disposal = `
Symbol.dispose ??= Symbol.for('Symbol.dispose')
Symbol.asyncDispose ??= Symbol.for('Symbol.asyncDispose')
`

it('a kernel and its clients run where there is a browser and no Node', async () => {
  const context = page()
  runInContext(disposal, context)
  runInContext(await bundled(), context)
  const { routes, refused, family, restored } = await (runInContext('outcome', context) as Promise<Outcome>)
  expect([...routes]).toEqual(['127.0.0.1/32', '192.0.2.0/24', '192.0.2.1/32', '203.0.113.0/24'])
  expect(refused).toContain('EEXIST')
  expect(family).toBe(16)
  expect(restored).toBe(4)
}, 30_000)
