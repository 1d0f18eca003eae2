// A whole kernel: how fast it boots and how little it holds, what an acknowledged request costs from the typed client
// down to the routing table and back, and how long a state file of 100,000 routes takes. In processor time.
import { createKernel, restoreKernel } from '../packages/kernel/dist/index.js'
import { openRoute } from '../packages/nl-route/dist/index.js'

function print(figure, value, unit, goal) {
  console.log(JSON.stringify({ figure, value, unit, ...(goal === undefined ? {} : { goal }) }))
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Processor time so far, milliseconds: what others do on the machine does not count. */
function processorMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Milliseconds of processor time that one call takes: the median of `rounds` after three to warm up. */
async function milliseconds(rounds, run) {
  const times = []
  for (let round = -3; round < rounds; round++) {
    const start = processorMs()
    await run()
    if (round >= 0) times.push(processorMs() - start)
  }
  return median(times)
}

async function boot() {
  const times = []
  for (let round = -20; round < 50; round++) {
    const kernels = []
    const start = processorMs()
    for (let n = 0; n < 10; n++) kernels.push(createKernel())
    if (round >= 0) times.push((processorMs() - start) * 100)
    await Promise.all(kernels.map(kernel => kernel.close()))
  }
  print('kernel: boot', median(times), 'µs')
}

async function memory() {
  const count = 500
  const kernels = []
  globalThis.gc()
  const before = process.memoryUsage()
  for (let n = 0; n < count; n++) kernels.push(createKernel())
  await Promise.all(kernels.map(kernel => kernel.settle()))
  globalThis.gc()
  const after = process.memoryUsage()
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  print('kernel: memory of an idle one', bytes / count / 1024, 'KiB')
  await Promise.all(kernels.map(kernel => kernel.close()))
}

async function withRoute(abi, work) {
  const kernel = createKernel()
  const route = await openRoute(kernel.spawn({ abi }), { timeoutMs: 0 })
  await route.link.create({ kind: 'epair', name: 'epair0' })
  await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
  await work(route, kernel)
  await route.close()
  await kernel.close()
}

/** Adds and deletes one route: each is a request of its own, awaited until its ACK. */
async function requests(abi, what) {
  await withRoute(abi, async route => {
    const pairs = 5000
    const wanted = { dst: '203.0.113.0/24', gateway: '192.0.2.2' }
    const ms = await milliseconds(9, async () => {
      for (let n = 0; n < pairs; n++) {
        await route.route.add(wanted)
        await route.route.delete({ dst: wanted.dst })
      }
    })
    print(`kernel: route add or delete to its ACK, ${what}`, (2 * pairs * 1000) / ms, '/s')
  })
}

async function stateFile() {
  await withRoute('linux', async (route, kernel) => {
    const count = 100_000
    for (let n = 0; n < count; n++) {
      await route.route.add({ dst: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/32`, gateway: `192.0.2.${2 + (n % 8)}` })
    }
    await kernel.settle()
    const dump = await milliseconds(5, async () => {
      let seen = 0
      for await (const _entry of route.route.dump({ family: 'inet' })) seen++
      if (seen < count) throw new Error(`${seen} routes`)
    })
    print('kernel: dump of 100,000 routes, typed client', (count * 1000) / dump, 'routes/s')
    let bytes = new Uint8Array()
    const save = await milliseconds(5, () => {
      bytes = kernel.save()
    })
    let copy
    const restore = await milliseconds(5, async () => {
      await copy?.close()
      copy = restoreKernel(bytes)
    })
    await copy.close()
    print('kernel: save 100,000 routes', save, 'ms')
    print('kernel: restore 100,000 routes', restore, 'ms')
    print('kernel: state file of 100,000 routes', bytes.length / 1e6, 'MB')
  })
}

await boot()
await memory()
await requests('freebsd', 'asynchronous socket')
await requests('linux', 'synchronous socket')
await stateFile()
