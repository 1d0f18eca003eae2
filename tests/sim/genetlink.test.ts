import {
  abiConstants,
  NETLINK_GENERIC,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '@nltool/nl-core'
import { NetlinkError, SocketError } from '@nltool/nl-core/errno'
import { createNetlink, type NetlinkSocket } from '@nltool/nl-core/kernel'
import { abis, type Ctx, createTask, preempt, rootCred, vnet0 } from '@nltool/nl-core/model'
import { below, type SeededScheduler, seededScheduler } from '@nltool/nl-core/scheduler'
import { messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { attributeSet, u32 } from '@nltool/nl-core/wire'
import { defineFamily } from '@nltool/nl-genl'
import { createGenericRegistry, type GenericRegistry, serveFamily } from '@nltool/nl-genl/kernel'
import { describe, expect, it } from 'vitest'

/** SIM_SEEDS=10000 is the long run; SIM_FIRST names the first seed, to repeat one that failed. */
const seeds = Number(process.env['SIM_SEEDS'] ?? 300)
const first = Number(process.env['SIM_FIRST'] ?? 1)
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const SLOW = 1
const LIST = 2
const GETFAMILY = 3
const CTRL = 16
const items = attributeSet({ X: [1, 'x', u32] })

/** What must not happen, as it is seen. */
interface Watch {
  readonly faults: string[]
  /** The end of a family is taken to be the call of `unregister`, which is wrong: the checks must see it. */
  readonly impatient: boolean
  /** Handlers of serial families that run now. */
  serial: number
}

/** A family whose handler takes its time, and whose dump is long; it tells when it is used after its end. */
function slowFamily(name: string, parallel: boolean, watch: Watch) {
  const life = { over: false }
  const definition = defineFamily({
    name,
    version: 1,
    netns: true,
    parallel,
    groups: { news: {} },
    sets: { items },
    ops: {
      slow: { cmd: SLOW, set: 'items', do: { reply: ['x'] } },
      list: { cmd: LIST, set: 'items', dump: { reply: ['x'] } },
      news: { cmd: 3, set: 'items', event: ['x'], group: 'news' },
    },
  })
  const alive = (where: string): void => {
    if (life.over) watch.faults.push(`${name}: ${where} after its end`)
  }
  const module = serveFamily(definition, host => ({
    slow: {
      async do(_request, ctx) {
        alive('slow begins')
        if (!parallel && ++watch.serial > 1) watch.faults.push(`${name}: two serial handlers at once`)
        for (let step = 0; step < 3; step++) await preempt(ctx.scheduler, `${name} works`)
        alive('slow ends')
        if (!parallel) watch.serial--
        host.notify(ctx, 'news', { x: 1 })
        return { x: 1 }
      },
    },
    list: {
      *dump() {
        for (let x = 0; x < 400; x++) {
          alive('list goes on')
          yield { x }
        }
      },
    },
  }))
  return { module, life }
}

interface Client {
  readonly socket: NetlinkSocket
  /** Requests sent, by sequence number. */
  readonly sent: Set<number>
  /** Last answers received, by sequence number: there must be one. */
  readonly ended: Map<number, number>
  closed: boolean
}

/** Takes what has arrived, and notes which requests it ends. False if there was nothing. */
function read(client: Client, watch: Watch): boolean {
  if (client.closed) return false
  try {
    const got = client.socket.recv(4096, abiConstants[client.socket.abi].MSG_DONTWAIT)
    if (got instanceof Promise) return false
    for (const { type, seq } of splitMessages(got.data)) {
      if (type !== NLMSG_ERROR && type !== NLMSG_DONE) continue
      const times = (client.ended.get(seq) ?? 0) + 1
      client.ended.set(seq, times)
      if (times > 1) watch.faults.push(`request ${seq} ended ${times} times`)
    }
    return true
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== 'EAGAIN') watch.faults.push(`read: ${error}`)
    return false
  }
}

function send(client: Client, scheduler: SeededScheduler, families: readonly number[], seq: number): void {
  if (client.closed) return
  const family = families[below(scheduler.random, families.length)] ?? CTRL
  const dump = below(scheduler.random, 3) === 0
  const cmd = family === CTRL ? GETFAMILY : dump ? LIST : SLOW
  const flags = NLM_F_REQUEST | NLM_F_ACK | (dump ? NLM_F_DUMP : 0)
  client.sent.add(seq)
  const sent = client.socket.send(messageBytes({ type: family, flags, seq }, Uint8Array.of(cmd, 1, 0, 0)))
  if (sent instanceof Promise) sent.catch(() => client.sent.delete(seq))
}

/** Takes a family back, and puts another in its place. */
async function exchange(
  registry: GenericRegistry,
  ctx: Ctx,
  watch: Watch,
  current: Map<string, { over: boolean }>,
  abort: boolean,
): Promise<void> {
  const name = [...current.keys()][Number(abort)] ?? ''
  const life = current.get(name)
  if (life === undefined) return
  try {
    if (watch.impatient) life.over = true
    await registry.unregister(ctx, name, { abortDumps: abort })
    life.over = true
    const next = slowFamily(name, abort, watch)
    registry.register(ctx, next.module)
    current.set(name, next.life)
  } catch (error) {
    if (!(error instanceof NetlinkError) || (error.code !== 'EBUSY' && error.code !== 'ENOENT'))
      watch.faults.push(`unregister: ${error}`)
  }
}

/** One run: programs of both ABIs ask two families that come and go. Gives what went wrong. */
async function simulate(seed: number, impatient = false): Promise<readonly string[]> {
  const scheduler = seededScheduler(seed)
  const watch: Watch = { faults: [], impatient, serial: 0 }
  const netlink = createNetlink({
    scheduler,
    clock: scheduler.clock,
    random: scheduler.random,
    onDefect: defect => watch.faults.push(`defect: ${defect instanceof Error ? defect.stack : defect}`),
  })
  const registry = createGenericRegistry({ multicast: netlink })
  netlink.register(registry.protocol)
  const context = (name: string): Ctx => ({
    task: createTask(name),
    vnet: vnet0,
    cred: rootCred,
    scheduler,
    clock: scheduler.clock,
  })
  const current = new Map<string, { over: boolean }>()
  for (const [name, parallel] of [
    ['serial', false],
    ['parallel', true],
  ] as const) {
    const { module, life } = slowFamily(name, parallel, watch)
    registry.register(context('boot'), module)
    current.set(name, life)
  }

  const clients = [0, 1, 2, 3].map((at): Client => {
    const abi = abis[at % 2] ?? 'linux'
    const socket = netlink.open({ protocol: NETLINK_GENERIC, cred: rootCred, pid: 100 + at, vnet: vnet0, abi })
    return { socket, sent: new Set(), ended: new Map(), closed: false }
  })
  let seq = 0
  const families = (): number[] => registry.families().map(({ id }) => id)
  const actions: (() => void)[] = []
  for (const client of clients) {
    for (let i = 0; i < 8; i++) actions.push(() => send(client, scheduler, families(), ++seq))
    for (let i = 0; i < 30; i++) actions.push(() => read(client, watch))
  }
  for (let i = 0; i < 4; i++) actions.push(() => void exchange(registry, context('admin'), watch, current, i % 2 === 0))
  actions.push(() => {
    const [client] = clients
    if (client === undefined) return
    client.closed = true
    void client.socket.close()
  })
  for (const [at, action] of actions.entries()) scheduler.schedule(action, `action ${at}`)

  await scheduler.run(settle)
  while (clients.map(client => read(client, watch)).includes(true)) await scheduler.run(settle)
  for (const client of clients.filter(({ closed }) => !closed)) {
    for (const sent of client.sent) if (!client.ended.has(sent)) watch.faults.push(`request ${sent} has no end`)
  }
  if (netlink.stats().dumps !== 0) watch.faults.push(`${netlink.stats().dumps} dumps are left`)
  if (watch.serial !== 0) watch.faults.push('a serial handler never ended')
  return watch.faults
}

describe('families that come and go while they are used', () => {
  it(`answer every request once, and do nothing after their end: ${seeds} seeds`, { timeout: 120_000 }, async () => {
    for (let seed = first; seed < first + seeds; seed++) {
      const faults = await simulate(seed)
      expect(faults, `SIM_FIRST=${seed}`).toEqual([])
    }
  })

  it('would be caught if a family ended before its handlers did', async () => {
    const caught: string[] = []
    for (let seed = 1; seed <= 20 && caught.length === 0; seed++) caught.push(...(await simulate(seed, true)))
    expect(caught.join()).toMatch(/after its end/)
  })
})
