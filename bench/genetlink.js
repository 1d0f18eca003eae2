// Generic netlink: what a request costs from send(2) to its answer, through registry, validation and handler, on a socket
// that works synchronously (a Linux program's), and what listing families costs. In processor time.
import { NETLINK_GENERIC } from '../packages/nl-core/dist/index.js'
import { createNetlink } from '../packages/nl-core/dist/kernel.js'
import { createTask, rootCred, vnet0 } from '../packages/nl-core/dist/model.js'
import { manualScheduler, seededRandom } from '../packages/nl-core/dist/scheduler.js'
import { attributeSet, nulString, range, u32, u64 } from '../packages/nl-core/dist/wire.js'
import { defineFamily } from '../packages/nl-genl/dist/index.js'
import { createGenericRegistry, serveFamily } from '../packages/nl-genl/dist/kernel.js'

const scheduler = manualScheduler()
const netlink = createNetlink({ scheduler, clock: scheduler.clock, random: seededRandom(1) })
const registry = createGenericRegistry({ multicast: netlink })
netlink.register(registry.protocol)
const ctx = { task: createTask('bench'), vnet: vnet0, cred: rootCred, scheduler, clock: scheduler.clock }

const counter = attributeSet({
  ID: [1, 'id', range(u32, { min: 1 })],
  NAME: [2, 'name', nulString({ max: 31 })],
  VALUE: [3, 'value', u64],
})
const family = defineFamily({
  name: 'counters',
  version: 1,
  parallel: true,
  groups: {},
  sets: { counter },
  ops: {
    get: { cmd: 1, set: 'counter', do: { request: ['id'], reply: ['id', 'name', 'value'] } },
    set: { cmd: 2, set: 'counter', do: { request: ['id', 'name', 'value'] } },
  },
})
const one = { id: 1, name: 'one', value: 1n }
const { id } = registry.register(
  ctx,
  serveFamily(family, () => ({ get: { do: () => one }, set: { do: () => undefined } })),
)
const socket = netlink.open({ protocol: NETLINK_GENERIC, cred: rootCred, pid: 1, vnet: vnet0, abi: 'linux' })

/** A request with one attribute. */
function request(type, cmd, flags, attribute) {
  const bytes = new Uint8Array(20 + attribute.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags, true)
  view.setUint32(8, 1, true)
  bytes.set([cmd, 1], 16)
  bytes.set(attribute, 20)
  return bytes
}

const MSG_DONTWAIT = 0x40
const ID_ONE = [8, 0, 1, 0, 1, 0, 0, 0]
const FAMILY_ID_16 = [6, 0, 1, 0, 16, 0, 0, 0]

/** Requests answered in a second of processor time: the best of five rounds. */
function perSecond(message) {
  const count = 50_000
  let best = 0
  for (let round = 0; round < 5; round++) {
    const { user, system } = process.cpuUsage()
    for (let n = 0; n < count; n++) {
      socket.send(message)
      socket.recv(8192, MSG_DONTWAIT)
    }
    const used = process.cpuUsage({ user, system })
    best = Math.max(best, (count * 1e6) / (used.user + used.system))
  }
  return best
}

function print(figure, message) {
  console.log(JSON.stringify({ figure: `genetlink: ${figure}`, value: perSecond(message), unit: '/s' }))
}

print('validated request → ACK', request(id, 2, 5, ID_ONE))
print('validated request → answer of three attributes', request(id, 1, 1, ID_ONE))
print('CTRL_CMD_GETFAMILY by id', request(16, 3, 1, FAMILY_ID_16))
