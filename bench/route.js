// Routes: the RIB alone, and rtnetlink through a client of the embedded kernel. One JSON line per figure.
import { createKernel } from '@nltool/kernel'
import { createLock, createTask, IpAddress, rootCred, vnet0 } from '@nltool/nl-core/model'
import { openRoute } from '@nltool/nl-route'
import { createRib } from '@nltool/nl-route/kernel'

/** @param {string} figure @param {number} value @param {string} unit @param {object} [more] */
const print = (figure, value, unit, more = {}) => console.log(JSON.stringify({ figure, value, unit, ...more }))

/** Milliseconds of processor time so far: what other processes do meanwhile does not count. */
function busy() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Operations per second of processor time. @param {number} count @param {() => void} run */
function rate(count, run) {
  const start = busy()
  run()
  return (count / (busy() - start)) * 1000
}

const scheduler = { schedule: queueMicrotask, after: () => () => {} }
const clock = { now: () => 0, uptime: () => 0 }
const ctx = { task: createTask('bench'), vnet: vnet0, cred: rootCred, scheduler, clock }
const rtnl = createLock('rtnl').tryAcquire(ctx)
if (rtnl === undefined) throw new Error('a new lock is free')

const million = 1_000_000
const nexthop = {
  family: 2,
  gateway: IpAddress.parse('192.0.2.9'),
  ifindex: 2,
  aifindex: 2,
  source: IpAddress.parse('192.0.2.1'),
  flags: 0x2, // RTF_GATEWAY
  mtu: 0,
  origin: 0,
  expires: 0,
  type: 1,
  priority: 0,
  nhid: 0,
}
const paths = [{ nexthop, weight: 1 }]

/** A million /24, in no order. */
const keys = Array.from({ length: million }, (_, i) => ({
  fib: 0,
  dst: new IpAddress(4, Math.imul(i, 0x9e3779b1) & 0xffffff, 0, 0, 0),
  prefixlen: 24,
}))

/** @type {() => void} */
const collect = Reflect.get(globalThis, 'gc') ?? (() => {})

function ribFigures() {
  collect()
  const before = process.memoryUsage()
  const rib = createRib({ fibs: 1 })
  const adds = rate(million, () => {
    for (const key of keys) rib.put(ctx, rtnl, key, paths, { create: true, replace: true })
  })
  collect()
  collect() // array buffers go with the collection after the one that finds them
  const after = process.memoryUsage()
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  print('RIB: add a route, up to a million', adds, '/s')
  print('RIB: memory of a route in a million', bytes / rib.size(0, 2), 'B', { goal: '≤ 40' })
  print(
    'RIB: longest match in a million',
    rate(million, () => {
      for (const { dst } of keys) rib.match(0, dst)
    }),
    '/s',
  )
  const walk = () => {
    for (const _ of rib.walk(0, 2));
  }
  print('RIB: first walk, sorting', rate(million, walk), 'routes/s')
  print('RIB: walk', rate(million, walk), 'routes/s')
  print(
    'RIB: delete a route of a million',
    rate(million / 2, () => {
      for (const key of keys.slice(0, million / 2)) rib.delete(ctx, rtnl, key)
    }),
    '/s',
  )
}

async function clientFigures() {
  const kernel = createKernel()
  const route = await openRoute(kernel.spawn())
  await route.link.create({ kind: 'epair', name: 'epair0' })
  await route.addr.add({ ifname: 'epair0a', address: '192.0.2.1/24' })
  const count = 100_000
  const dst = (/** @type {number} */ i) => `${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`
  let start = busy()
  for (let at = 0; at < count; at += 1000) {
    const part = Array.from({ length: 1000 }, (_, i) => route.route.add({ dst: dst(at + i), gateway: '192.0.2.9' }))
    await Promise.all(part)
  }
  print('rtnetlink: route.add, acknowledged, 1000 at a time', (count / (busy() - start)) * 1000, '/s')
  for (let round = 0; round < 3; round++) {
    start = busy()
    let seen = 0
    for await (const _ of route.route.dump({ family: 'inet' })) seen++
    if (round === 2) print('rtnetlink: dump of 100,000 routes to plain objects', (seen / (busy() - start)) * 1000, '/s')
  }
  start = busy()
  for (let i = 0; i < 20_000; i++) await route.route.get('16.1.2.3')
  print('rtnetlink: route.get, one after another', (20_000 / (busy() - start)) * 1000, '/s')
  await route.close()
  await kernel.close()
}

ribFigures()
await clientFigures()
