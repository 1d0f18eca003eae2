import { createNetlink, handler, type NetlinkSocket } from '@nltool/nl-core/kernel'
import { type Abi, type Ctx, createTask, preempt, rootCred, vnet0 } from '@nltool/nl-core/model'
import { below, pctPolicy, type SeededScheduler, seededScheduler } from '@nltool/nl-core/scheduler'
import { messageBytes, splitMessages } from '@nltool/nl-core/testing'
import { attributeSet, body, struct, u32 } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

/** SIM_SEEDS=10000 is the long run; SIM_FIRST names the first seed, to repeat one that failed. */
const seeds = Number(process.env['SIM_SEEDS'] ?? 500)
const first = Number(process.env['SIM_FIRST'] ?? 1)
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const ADDED = 16
const REMOVED = 17
const DUMP = 18
const NLMSG_DONE = 3
const NLM_F_DUMP_INTR = 0x10
const group = 5
const entryBody = body(struct('entry', { id: u32 }), attributeSet({}))

/** A set of entries that announces each change after it is visible, and a kernel that serves it. */
function createTable(scheduler: SeededScheduler) {
  const entries = new Set<number>()
  let generation = 1
  const netlink = createNetlink({ scheduler, clock: scheduler.clock, random: scheduler.random })
  const ctx: Ctx = { task: createTask('table'), vnet: vnet0, cred: rootCred, scheduler, clock: scheduler.clock }
  const dump = handler({
    body: entryBody,
    shortHeader: true,
    dump: () => ({ bodies: walk(entries), generation: () => generation }),
  })
  netlink.register({ number: 0, name: 'table', handlerOf: () => dump, replyType: () => ADDED, groups: () => 32 })
  return {
    netlink,
    entries,
    change() {
      const id = 1 + below(scheduler.random, 80)
      const type = entries.delete(id) ? REMOVED : ADDED
      if (type === ADDED) entries.add(id)
      generation += 1
      netlink.notify(ctx, {
        vnet: vnet0,
        protocol: 0,
        group,
        type,
        schema: entryBody,
        body: { header: { id }, attrs: {} },
      })
    },
  }
}

/** By key: what comes or goes while the dump is read is seen or not, but nothing twice. */
function* walk(entries: ReadonlySet<number>) {
  for (let last = 0; ; ) {
    const next = [...entries].filter(id => id > last).sort((a, b) => a - b)[0]
    if (next === undefined) return
    last = next
    yield { header: { id: next }, attrs: {} }
  }
}

/** Joins, dumps until a dump is consistent, applies what was announced meanwhile, and again after every loss. */
function createWatcher(socket: NetlinkSocket) {
  const state = { copy: new Set<number>(), dumps: 0, restarts: 0 }
  let dumping = false
  let snapshot: number[] = []
  let interrupted = false
  let begun = false
  let later: (() => void)[] = []

  function start(): void {
    snapshot = []
    interrupted = false
    begun = false
    dumping = true
    state.dumps += 1
    socket.send(messageBytes({ type: DUMP, flags: 1, seq: state.dumps }))
  }

  function take({ type, flags, seq, payload }: ReturnType<typeof splitMessages>[number]): void {
    const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true)
    if (seq === 0) {
      const apply = () => void (type === ADDED ? state.copy.add(id) : state.copy.delete(id))
      if (dumping) later.push(apply)
      else apply()
      return
    }
    if (seq !== state.dumps) return // of a dump that was given up
    // What stands in the queue before the first part is older than the dump, and something may have been lost since.
    if (!begun) later = []
    begun = true
    interrupted ||= (flags & NLM_F_DUMP_INTR) !== 0
    if (type !== NLMSG_DONE) snapshot.push(id)
    else finish()
  }

  function finish(): void {
    dumping = false
    if (interrupted) restart()
    else {
      state.copy = new Set(snapshot)
      for (const apply of later) apply()
    }
  }

  function restart(): void {
    state.restarts += 1
    start()
  }

  return {
    state,
    start,
    /** Reads once. False when nothing was there. */
    read(dontwait: number): boolean {
      try {
        const got = socket.recv(65536, dontwait)
        if (got instanceof Promise) throw new Error('a non-blocking recv waits')
        for (const message of splitMessages(got.data)) take(message)
        return true
      } catch (error) {
        const { code } = error as { code: string }
        if (code === 'EAGAIN') return false
        if (code !== 'ENOBUFS') throw error
        if (!dumping) restart()
        else interrupted = true
        return true
      }
    },
  }
}

async function runOnce(seed: number, abi: Abi): Promise<{ restarts: number; dumps: number }> {
  const scheduler = seededScheduler(seed, seed % 4 === 0 ? { policy: pctPolicy(3, 60) } : {})
  const table = createTable(scheduler)
  for (let count = 0; count < 60; count++) table.change()
  const socket = table.netlink.open({ protocol: 0, cred: rootCred, pid: 1, vnet: vnet0, abi })
  socket.setsockopt(abi === 'linux' ? 1 : 0xffff, abi === 'linux' ? 8 : 0x1002, abi === 'linux' ? 1 : 300)
  socket.setsockopt(270, 1, group)
  const watcher = createWatcher(socket)
  const dontwait = abi === 'linux' ? 0x40 : 0x80
  watcher.start()
  const changing = (async () => {
    for (let left = 60; left > 0; left--) {
      await preempt(scheduler, 'changer')
      for (let burst = 1 + below(scheduler.random, 6); burst > 0; burst--) table.change()
    }
  })()
  const reading = (async () => {
    for (let left = 60; left > 0; left--) {
      await preempt(scheduler, 'reader')
      watcher.read(dontwait)
    }
  })()
  await scheduler.run(settle)
  while (watcher.read(dontwait)) await scheduler.run(settle)
  await Promise.all([changing, reading])
  const sorted = (set: ReadonlySet<number>) => [...set].sort((a, b) => a - b)
  expect(sorted(watcher.state.copy), `seed ${seed}`).toEqual(sorted(table.entries))
  await table.netlink.unload()
  return watcher.state
}

describe('subscribe, dump, apply what was announced', () => {
  it.each(['freebsd', 'linux'] as const)(
    `ends with the state of the table, whatever was lost or changed on the way (%s, ${seeds} seeds)`,
    { timeout: 20_000 + seeds * 60 },
    async abi => {
      let restarts = 0
      for (let seed = first; seed < first + seeds; seed++) restarts += (await runOnce(seed, abi)).restarts
      expect(restarts).toBeGreaterThan(0) // the seeds do make it hard
    },
  )
})
