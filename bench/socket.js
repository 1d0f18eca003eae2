// The kernel side alone: one request and its acknowledgement, batches, dumps, notifications, between a socket and a
// reader that takes what is queued without decoding it. What the client adds is in client.js.
import { createNetlink, handler } from '../packages/nl-core/dist/kernel.js'
import { createTask, rootCred, vnet0 } from '../packages/nl-core/dist/model.js'
import { manualScheduler, seededRandom } from '../packages/nl-core/dist/scheduler.js'
import { attributeSet, body, struct, u32 } from '../packages/nl-core/dist/wire.js'

const NLM_F_REQUEST_ACK = 0x5
const SOL_NETLINK = 270
const group = 1
const dumped = 100_000

const thingBody = body(
  struct('thinghdr', { id: u32 }),
  attributeSet({ THING_SIZE: [1, 'size', u32], THING_KIND: [2, 'kind', u32] }),
  {
    name: 'thing',
  },
)

function* things() {
  for (let id = 0; id < dumped; id++) yield { header: { id }, attrs: { size: id, kind: 3 } }
}

const rows = {
  32: handler({ body: thingBody, lock: 'rtnl', do() {} }),
  34: handler({ body: thingBody, dump: things }),
}

const scheduler = manualScheduler()
const netlink = createNetlink({ scheduler, clock: scheduler.clock, random: seededRandom(1) })
netlink.register({
  number: 2,
  name: 'thing',
  handlerOf: ({ type }) => rows[type],
  replyType: () => 0x20,
  groups: () => 4,
})

function open(options = {}) {
  return netlink.open({ protocol: 2, cred: rootCred, pid: 1, vnet: vnet0, abi: 'freebsd', ...options })
}

/** `count` requests in one datagram. */
function datagram(type, count) {
  const payload = thingBody.encode({ header: { id: 1 }, attrs: { size: 2, kind: 3 } }, 'freebsd')
  const bytes = new Uint8Array(count * (16 + payload.length))
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < bytes.length; at += 16 + payload.length) {
    view.setUint32(at, 16 + payload.length, true)
    view.setUint16(at + 4, type, true)
    view.setUint16(at + 6, NLM_F_REQUEST_ACK, true)
    bytes.set(payload, at + 16)
  }
  return bytes
}

/** Sends, lets the worker run, takes every answer. */
function exchange(socket, bytes) {
  socket.send(bytes)
  while (scheduler.step());
  let got = 0
  while (socket.fionread > 0) {
    got += socket.take().bytes.length
    while (scheduler.step());
  }
  return got
}

/** Calls a second: the median of nine rounds after three to warm up. */
function rate(run, calls) {
  const rates = []
  for (let round = -3; round < 9; round++) {
    const start = process.hrtime.bigint()
    run(calls)
    const seconds = Number(process.hrtime.bigint() - start) / 1e9
    if (round >= 0) rates.push(calls / seconds)
  }
  return rates.sort((a, b) => a - b)[4]
}

function requests(socket, batch) {
  const bytes = datagram(0x20, batch)
  return calls => {
    for (let call = 0; call < calls; call += batch) {
      if (exchange(socket, bytes) !== batch * 36) throw new Error('not every request was acknowledged')
    }
  }
}

function dumps(socket) {
  const bytes = datagram(0x22, 1)
  return calls => {
    for (let call = 0; call < calls; call += dumped) {
      if (exchange(socket, bytes) !== dumped * 36 + 20) throw new Error('not every object came')
    }
  }
}

const notification = {
  vnet: vnet0,
  protocol: 2,
  group,
  type: 0x20,
  schema: thingBody,
  body: { header: { id: 1 }, attrs: { size: 2, kind: 3 } },
}
const ctx = { task: createTask('bench'), vnet: vnet0, cred: rootCred, scheduler, clock: scheduler.clock }

/** Notifies every listener eight times, then lets all read. */
function notifications(listeners) {
  return deliveries => {
    for (let done = 0; done < deliveries; done += 8 * listeners.length) {
      for (let i = 0; i < 8; i++) netlink.notify(ctx, notification)
      for (const listener of listeners) while (listener.fionread > 0) listener.take()
    }
  }
}

/** Bytes of the heap that one call leaves to the collector. */
function garbage(run, calls) {
  run(100_000)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  run(calls)
  return (process.memoryUsage().heapUsed - before) / calls
}

/** Bytes that one open socket keeps, a member of a group that has never received anything. */
function footprint(count) {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const sockets = Array.from({ length: count }, () => open())
  globalThis.gc?.()
  const bytes = (process.memoryUsage().heapUsed - before) / count
  for (const socket of sockets) socket.close()
  return bytes
}

function print(figure, value, unit, goal) {
  console.log(JSON.stringify({ figure, value, unit, goal }))
}

const synchronous = open()
synchronous.setsockopt(SOL_NETLINK, 258, 1)

print('socket: request and ACK, asynchronous', rate(requests(open(), 1), 200_000), 'requests/s', '≥ 300 k')
print('socket: request and ACK, synchronous', rate(requests(synchronous, 1), 400_000), 'requests/s', '≥ 1 M')
print('socket: request and ACK, Linux ABI', rate(requests(open({ abi: 'linux' }), 1), 400_000), 'requests/s', '≥ 1 M')
print('socket: batches of 128, asynchronous', rate(requests(open(), 128), 128 * 4000), 'requests/s', '≥ 3 M')
print('socket: batches of 128, synchronous', rate(requests(synchronous, 128), 128 * 4000), 'requests/s', '≥ 3 M')
print('socket: dump of 100,000 objects', rate(dumps(open()), 4 * dumped), 'objects/s', '≥ 3 M')
for (const count of [1, 100, 10_000]) {
  const listeners = Array.from({ length: count }, () => {
    const socket = open()
    socket.setsockopt(SOL_NETLINK, 1, group)
    return socket
  })
  const calls = Math.max(800_000, 8 * count)
  print(
    `socket: notification to ${count} listeners, read`,
    rate(notifications(listeners), calls),
    'deliveries/s',
    count === 100 ? '≥ 10 M' : '',
  )
  await Promise.all(listeners.map(listener => listener.close()))
}
print('socket: garbage per request and ACK, synchronous', garbage(requests(synchronous, 1), 4000), 'bytes', '')
print(
  'socket: garbage per request and ACK, in batches of 128',
  garbage(requests(synchronous, 128), 128 * 40),
  'bytes',
  '',
)
print('socket: memory of an open socket', footprint(10_000), 'bytes', '')
