// The client against a kernel in the same process, through the socket path: an acknowledged request awaited, batches,
// dumps. The protocol has one small object, so that what is measured is the client, the sockets and dispatch.
import { loopScheduler } from '@nltool/kernel'
import { connect, NETLINK_USERSOCK, NLM_F_DUMP, operation } from '@nltool/nl-core'
import { createNetlink, handler, socketTransport } from '@nltool/nl-core/kernel'
import { rootCred, vnet0 } from '@nltool/nl-core/model'
import { testRandom } from '@nltool/nl-core/testing'
import { attributeSet, body, struct, u32 } from '@nltool/nl-core/wire'

const thingBody = body(
  struct('thinghdr', { id: u32 }),
  attributeSet({ THING_SIZE: [1, 'size', u32], THING_KIND: [2, 'kind', u32] }),
  {
    name: 'thing',
  },
)
const add = operation({ name: 'THING_NEW', type: 0x20, body: thingBody })
const get = operation({ name: 'THING_GET', type: 0x22, body: thingBody })
const thing = { header: { id: 1 }, attrs: { size: 2, kind: 3 } }
const dumped = 100_000

function* things() {
  for (let id = 0; id < dumped; id++) yield { header: { id }, attrs: { size: id, kind: 3 } }
}

const rows = {
  32: handler({ body: thingBody, do() {} }),
  34: handler({ body: thingBody, dump: () => things(), isDump: ({ flags }) => (flags & NLM_F_DUMP) !== 0 }),
}

function kernel() {
  const clock = { now: () => Date.now(), uptime: () => performance.now() }
  const netlink = createNetlink({ scheduler: loopScheduler(), clock, random: testRandom(1) })
  netlink.register({
    number: NETLINK_USERSOCK,
    name: 'thing',
    handlerOf: ({ type }) => rows[type],
    replyType: () => 0x20,
    groups: () => 4,
  })
  return netlink
}

async function connection({ abi = 'freebsd', sendSync = false, receiveBuffer } = {}) {
  const socket = kernel().open({ protocol: NETLINK_USERSOCK, cred: rootCred, pid: 1, vnet: vnet0, abi })
  const transport = socketTransport(socket)
  if (sendSync) await transport.setOption('sendSync', true)
  return connect(transport, NETLINK_USERSOCK, receiveBuffer === undefined ? {} : { receiveBuffer })
}

/** Seconds of processor time so far: what other processes do meanwhile does not count. */
function busy() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Calls a second of processor time: the median of nine rounds after three to warm up. */
async function rate(run, calls) {
  const rates = []
  for (let round = -3; round < 9; round++) {
    const start = busy()
    await run(calls)
    if (round >= 0) rates.push(calls / (busy() - start))
  }
  return rates.sort((a, b) => a - b)[4]
}

function print(figure, value, unit, goal) {
  console.log(JSON.stringify({ figure, value, unit, goal }))
}

async function requests(client, calls) {
  for (let call = 0; call < calls; call++) await client.request(add, thing)
}

async function pipelined(client, calls) {
  const open = []
  for (let call = 0; call < calls; call += 128) {
    for (let i = 0; i < 128; i++) open.push(client.request(add, thing))
    await Promise.all(open.splice(0))
  }
}

async function batches(client, calls) {
  const batch = client.batch()
  for (let call = 0; call < calls; call += 128) {
    for (let i = 0; i < 128; i++) batch.add(add, thing)
    await batch.send()
  }
}

async function collects(client, calls) {
  for (let call = 0; call < calls; call += dumped) {
    const items = await client.dump(get, thing).collect()
    if (items.length !== dumped) throw new Error(`${items.length} objects`)
  }
}

async function streams(client, calls) {
  for (let call = 0; call < calls; call += dumped) {
    let seen = 0
    for await (const _thing of client.dump(get, thing)) seen++
    if (seen !== dumped) throw new Error(`${seen} objects`)
  }
}

/** MiB by which the heap is larger in the middle of dumps of a million objects in all than before them. */
async function growthWhileStreaming(client) {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  let largest = 0
  for (let round = 0; round < 10; round++) {
    let seen = 0
    for await (const _thing of client.dump(get, thing)) {
      if (++seen !== dumped / 2) continue
      globalThis.gc?.()
      largest = Math.max(largest, process.memoryUsage().heapUsed - before)
    }
  }
  return largest / 2 ** 20
}

/** Bytes of the young generation that one call takes. */
async function bytesPerCall(run, calls) {
  await run(calls)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  await run(500)
  return (process.memoryUsage().heapUsed - before) / 500
}

const asynchronous = await connection()
const synchronous = await connection({ sendSync: true })
const linux = await connection({ abi: 'linux' })
const narrow = await connection({ receiveBuffer: 32_768 })

print(
  'client: request awaited, asynchronous socket',
  await rate(calls => requests(asynchronous, calls), 100_000),
  'requests/s',
  '≥ 300 k',
)
print(
  'client: request awaited, synchronous socket',
  await rate(calls => requests(synchronous, calls), 200_000),
  'requests/s',
  '≥ 1 M',
)
print(
  'client: request awaited, Linux-ABI socket',
  await rate(calls => requests(linux, calls), 200_000),
  'requests/s',
  '≥ 1 M',
)
print(
  'client: 128 requests awaited together, asynchronous socket',
  await rate(calls => pipelined(asynchronous, calls), 128 * 1000),
  'requests/s',
  '',
)
print(
  'client: batches of 128, asynchronous socket',
  await rate(calls => batches(asynchronous, calls), 128 * 2000),
  'requests/s',
  '≥ 3 M',
)
print(
  'client: batches of 128, synchronous socket',
  await rate(calls => batches(synchronous, calls), 128 * 2000),
  'requests/s',
  '≥ 3 M',
)
print(
  'client: dump collected, 32 KiB receive buffer',
  await rate(calls => collects(narrow, calls), 4 * dumped),
  'objects/s',
  '',
)
print(
  'client: dump streamed, 32 KiB receive buffer',
  await rate(calls => streams(narrow, calls), 4 * dumped),
  'objects/s',
  '≥ 3 M',
)
print(
  'client: heap growth while a dump streams, 32 KiB receive buffer',
  await growthWhileStreaming(narrow),
  'MiB',
  'flat',
)
print(
  'client: memory per awaited request, both ends, synchronous socket',
  await bytesPerCall(calls => requests(synchronous, calls), 10_000),
  'bytes',
  '',
)
process.exit(0)
