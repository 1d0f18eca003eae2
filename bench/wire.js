// Encoding and decoding of RTM_NEWROUTE with five attributes (RTA_TABLE, DST, GATEWAY, OIF, PRIORITY) through the schema
// of nl-route, to and from typed objects, beside code written by hand for exactly this message in the same run.
import { IpAddress } from '../packages/nl-core/dist/model.js'
import { compileBody, createWriter, frameOf, interpretBody, lazyBody } from '../packages/nl-core/dist/wire.js'
import { routeBody } from '../packages/nl-route/dist/index.js'

const abi = 'freebsd'
/** Different routes, so that nothing can be computed once for all calls. */
const count = 256
const size = 52

/** A route as somebody writes it down: only what it has, in any order. */
function route(number) {
  return {
    header: { family: 2, dstLen: 24, srcLen: 0, tos: 0, table: 254, protocol: 3, scope: 0, type: 1, flags: 0 },
    attrs: {
      table: 254,
      dst: IpAddress.fromBytes(Uint8Array.of(203, 0, number, 0)),
      gateway: IpAddress.fromBytes(Uint8Array.of(192, 0, 2, number)),
      oif: number + 1,
      priority: 100 + number,
    },
  }
}

const slow = interpretBody(routeBody, abi)
const codec = routeBody.codec(abi)
/** All of them one behind the other, as in a datagram. */
const writer = createWriter({ size: 2 * count * size })
for (let number = 0; number < count; number++) slow.encode(writer, route(number))
const frame = frameOf(writer.bytes.slice(0, writer.pos))
/** As handlers and clients hold them: one hidden class with every property. */
const values = Array.from({ length: count }, (_, number) => codec.decode(frame, number * size, (number + 1) * size))

/** Calls in a round. */
const calls = 1e6

/**
 * Calls a second of several functions, measured in turn: medians of rounds. Seconds are of the processor, with the
 * garbage collector's, so that a busy machine changes little.
 */
function rates(...runs) {
  const results = runs.map(() => [])
  for (let round = -3; round < 11; round++) {
    for (const [index, run] of runs.entries()) {
      const start = process.cpuUsage()
      run(calls)
      const seconds = process.cpuUsage(start).user / 1e6
      if (round >= 0) results[index].push(calls / seconds)
    }
  }
  return results.map(list => list.sort((a, b) => a - b)[5])
}

/** Keeps results alive, so that no call can be left out. */
let sink = 0

function encodeWith(encode, objects = values) {
  return calls => {
    for (let call = 0; call < calls; call++) {
      const index = call & (count - 1)
      if (index === 0) writer.pos = 0
      encode(writer, objects[index])
    }
    sink += writer.pos
  }
}

function decodeWith(decode) {
  return calls => {
    for (let call = 0; call < calls; call++) {
      const start = (call & (count - 1)) * size
      sink += decode(frame, start, start + size).attrs.oif
    }
  }
}

/** What somebody would write who knows that only these five attributes come, in this order. */
function encodeByHand(writer, { header: h, attrs: a }) {
  writer.ensure(52)
  const w = writer.words
  const at = writer.pos >> 2
  w[at] = h.family | (h.dstLen << 8) | (h.srcLen << 16) | (h.tos << 24)
  w[at + 1] = h.table | (h.protocol << 8) | (h.scope << 16) | (h.type << 24)
  w[at + 2] = h.flags
  w[at + 3] = 0x000f0008
  w[at + 4] = a.table
  w[at + 5] = 0x00010008
  w[at + 6] = a.dst.w0
  w[at + 7] = 0x00050008
  w[at + 8] = a.gateway.w0
  w[at + 9] = 0x00040008
  w[at + 10] = a.oif
  w[at + 11] = 0x00060008
  w[at + 12] = a.priority
  writer.pos += 52
}

function decodeByHand({ words: w }, start, end) {
  let i = (start >> 2) + 3
  const n = end >> 2
  const a = { table: 0, dst: undefined, gateway: undefined, oif: 0, priority: 0 }
  while (i < n) {
    const len = w[i] & 0xffff
    if (len < 4) throw new RangeError('length')
    switch (w[i] >>> 16) {
      case 15:
        a.table = w[i + 1] >>> 0
        break
      case 1:
        a.dst = new IpAddress(4, w[i + 1], 0, 0, 0)
        break
      case 5:
        a.gateway = new IpAddress(4, w[i + 1], 0, 0, 0)
        break
      case 4:
        a.oif = w[i + 1] >>> 0
        break
      case 6:
        a.priority = w[i + 1] >>> 0
        break
    }
    i += (len + 3) >> 2
  }
  const b = start >> 2
  return {
    header: {
      family: w[b] & 255,
      dstLen: (w[b] >>> 8) & 255,
      srcLen: (w[b] >>> 16) & 255,
      tos: w[b] >>> 24,
      table: w[b + 1] & 255,
      protocol: (w[b + 1] >>> 8) & 255,
      scope: (w[b + 1] >>> 16) & 255,
      type: w[b + 1] >>> 24,
      flags: w[b + 2] >>> 0,
    },
    attrs: a,
  }
}

const lazy = lazyBody(routeBody, abi)

/** Interface, metric and protocol of each, without building objects. */
function readLazily(calls) {
  const { header: h, attrs: a } = lazy.value
  for (let call = 0; call < calls; call++) {
    const start = (call & (count - 1)) * size
    lazy.move(frame, start, start + size)
    sink += a.oif + a.priority + h.protocol
  }
}

/** An object with some of the properties of another, made in that order. */
function picked(attrs, names) {
  return Object.fromEntries(names.map(name => [name, attrs[name]]))
}

function report(figure, measured, goal, peer, byPeer) {
  const line = { figure, value: Math.round(measured), unit: 'messages/s', goal, peer, ratio: measured / byPeer }
  console.log(JSON.stringify({ ...line, ratio: Number(line.ratio.toFixed(2)) }))
}

const [encoded, encodedByHand] = rates(encodeWith(codec.encode), encodeWith(encodeByHand))
report('encode RTM_NEWROUTE, five attributes', encoded, '≥ 25 M/s', 'by hand', encodedByHand)
const [decoded, read, decodedByHand] = rates(decodeWith(codec.decode), readLazily, decodeWith(decodeByHand))
report('decode RTM_NEWROUTE to an object', decoded, '≥ 20 M/s', 'by hand', decodedByHand)
report('read three fields of RTM_NEWROUTE, lazily', read, '≥ 30 M/s', 'decoded by hand', decodedByHand)

/** Bytes that a run allocates for each call; few enough calls for the young generation to hold. */
function allocated(run) {
  const few = 1024
  for (let round = 0; round < 400; round++) run(few)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  run(few)
  return (process.memoryUsage().heapUsed - before) / few
}

for (const [figure, run] of [
  ['memory for a decoded RTM_NEWROUTE, with two addresses', decodeWith(codec.decode)],
  ['memory for an encoded RTM_NEWROUTE', encodeWith(codec.encode)],
  ['memory for three fields read lazily', readLazily],
]) {
  console.log(JSON.stringify({ figure, value: Math.round(allocated(run)), unit: 'bytes' }))
}

// What costs more: objects of many shapes, orders other than that of the rows, no code generation.
const names = ['table', 'dst', 'gateway', 'oif', 'priority']
const turned = names.map((_, first) => [...names.slice(first), ...names.slice(0, first)])
const orders = [...turned, ...turned.slice(0, 3).map(order => order.toReversed())]
const mixed = values.map(({ header, attrs }, index) => ({ header, attrs: picked(attrs, orders[index & 7]) }))
const [encodedMixed, encodedSlowly] = rates(
  encodeWith(compileBody(routeBody, abi).encode, mixed),
  encodeWith(slow.encode),
)
report('encode RTM_NEWROUTE, objects of eight shapes', encodedMixed, '', 'one shape', encoded)
report('encode RTM_NEWROUTE, interpreted', encodedSlowly, '', 'compiled', encoded)
const [decodedSlowly] = rates(decodeWith(slow.decode))
report('decode RTM_NEWROUTE, interpreted', decodedSlowly, '', 'compiled', decoded)
if (sink === 0) throw new Error('nothing was measured')
