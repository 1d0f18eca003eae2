// The interface registry: look-ups, attach and detach, epoch sections, memory. One JSON line per figure.
import { createEpoch, createRegistry } from '@nltool/ifnet'
import { createTask, rootCred, vnet0 } from '@nltool/nl-core/model'
import { seededRandom, virtualClock } from '@nltool/nl-core/scheduler'

const rounds = 7

/** @param {string} figure @param {number} value @param {string} unit @param {object} [more] */
const print = (figure, value, unit, more = {}) => console.log(JSON.stringify({ figure, value, unit, ...more }))

/** @param {number[]} values */
const median = values => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** Milliseconds of processor time so far: what other processes do meanwhile does not count. */
function busy() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Operations per second, median of several rounds after one to warm up. @param {number} count @param {() => void} run */
function rate(count, run) {
  run()
  const rates = []
  for (let round = 0; round < rounds; round++) {
    const start = busy()
    run()
    rates.push((count / (busy() - start)) * 1000)
  }
  return median(rates)
}

function lab() {
  const clock = virtualClock()
  const scheduler = { schedule: queueMicrotask, after: () => () => {} }
  const epoch = createEpoch({ scheduler, clock })
  const registry = createRegistry({ epoch, clock, scheduler, random: seededRandom(1) })
  const ctx = { task: createTask('bench'), vnet: vnet0, cred: rootCred, scheduler, clock }
  return { scheduler, epoch, registry, ctx, net: registry.createNet(vnet0) }
}

/** @param {ReturnType<typeof lab>} at @param {number} count */
function attachMany({ registry, net, ctx }, count) {
  const rtnl = registry.rtnl.tryAcquire(ctx)
  if (rtnl === undefined) throw new Error('the RTNL is held')
  const owners = []
  for (let unit = 0; unit < count; unit++) {
    const owner = net.alloc(ctx, {
      name: `em${unit}`,
      driver: 'em',
      unit,
      type: 6,
      flags: 0x8802,
      lladdr: new Uint8Array(6),
    })
    owner.attach(ctx, rtnl)
    owners.push(owner)
  }
  rtnl.release()
  return owners
}

/** @param {ReturnType<typeof lab>} at @param {{ detach: Function, free: Function }[]} owners */
async function detachAll({ registry, epoch, ctx }, owners) {
  const held = await registry.detachLock.acquire(ctx)
  for (const owner of owners) {
    await owner.detach(ctx, held)
    owner.free(ctx)
  }
  held.release()
  await epoch.drain(ctx)
}

const lookups = 2_000_000

/** Bytes that one interface costs in registries of `count`; enough of them to drown what else the heap does. */
function memoryPer(count) {
  const kept = []
  globalThis.gc?.()
  const before = process.memoryUsage()
  for (let total = 0; total < 60_000; total += count) {
    const at = lab()
    kept.push(at, attachMany(at, count))
  }
  globalThis.gc?.()
  const after = process.memoryUsage()
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  return ((bytes / kept.length) * 2) / count
}

for (const count of [10, 1_000, 60_000]) {
  print(`ifnet: memory per interface, ${count} interfaces`, memoryPer(count), 'bytes')
  const at = lab()
  const owners = attachMany(at, count)

  const { net, epoch, ctx } = at
  const indexes = Int32Array.from({ length: 4096 }, (_, i) => 1 + ((i * 7919) % count))
  const names = Array.from(indexes, index => `em${index - 1}`)
  let found = 0

  const byIndex = rate(lookups, () => {
    const section = epoch.enter(ctx)
    for (let i = 0; i < lookups; i++) {
      const ifp = net.interfaces.byIndexAttached(section, indexes[i & 4095])
      if (ifp !== undefined) found += 1
    }
    section.exit()
  })
  const map = new Map(Array.from(indexes, index => [index, { index }]))
  const plain = rate(lookups, () => {
    for (let i = 0; i < lookups; i++) if (map.get(indexes[i & 4095]) !== undefined) found += 1
  })
  const beside = { goal: '>= 20 M/s', peer: 'Map.get, unguarded', ratio: byIndex / plain }
  print(`ifnet: look-ups by index, ${count} interfaces`, byIndex, 'look-ups/s', beside)

  const byIndexRead = rate(lookups, () => {
    const section = epoch.enter(ctx)
    for (let i = 0; i < lookups; i++) found += net.interfaces.byIndexAttached(section, indexes[i & 4095])?.mtu ?? 0
    section.exit()
  })
  print(`ifnet: look-ups by index, MTU read, ${count} interfaces`, byIndexRead, 'look-ups/s')

  const byName = rate(lookups, () => {
    const section = epoch.enter(ctx)
    for (let i = 0; i < lookups; i++) if (net.interfaces.byName(section, names[i & 4095]) !== undefined) found += 1
    section.exit()
  })
  print(`ifnet: look-ups by name, ${count} interfaces`, byName, 'look-ups/s')

  const guarded = rate(lookups, () => {
    for (let i = 0; i < lookups; i++) {
      const section = epoch.enter(ctx)
      if (net.interfaces.byIndexAttached(section, indexes[i & 4095]) !== undefined) found += 1
      section.exit()
    }
  })
  print(`ifnet: section and look-up by index, ${count} interfaces`, guarded, 'look-ups/s')
  if (found === 0) throw new Error('nothing was found')

  if (count === 10) {
    const sections = rate(lookups, () => {
      for (let i = 0; i < lookups; i++) epoch.enter(ctx).exit()
    })
    print('ifnet: epoch section', 1e9 / sections, 'ns')
  }
  await detachAll(at, owners)
  at.registry.assertQuiescent()
}

for (const standing of [10, 1_000, 60_000]) {
  const at = lab()
  const owners = attachMany(at, standing)
  const cycles = 20_000
  const rates = []
  for (let round = 0; round < rounds; round++) {
    const start = busy()
    for (let i = 0; i < cycles; i += 100) {
      const held = await at.registry.detachLock.acquire(at.ctx)
      for (let j = 0; j < 100; j++) {
        const rtnl = await at.registry.rtnl.acquire(at.ctx)
        const owner = at.net.alloc(at.ctx, { name: 'tap0', driver: 'tap', unit: 0, type: 6, flags: 0x8802 })
        owner.attach(at.ctx, rtnl)
        rtnl.release()
        await owner.detach(at.ctx, held)
        owner.free(at.ctx)
      }
      held.release()
      await at.epoch.drain(at.ctx)
    }
    rates.push((cycles / (busy() - start)) * 1000)
  }
  print(`ifnet: attach and detach beside ${standing} interfaces`, median(rates), 'cycles/s')
  await detachAll(at, owners)
}
