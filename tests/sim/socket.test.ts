import { abiConstants } from '@nltool/nl-core'
import { type Abi, preempt } from '@nltool/nl-core/model'
import { below, explore, type Policy, pctPolicy } from '@nltool/nl-core/scheduler'
import { describe, expect, it } from 'vitest'
import {
  createLab,
  judge,
  type Lab,
  readSome,
  sendRequests,
  sendSome,
  switchSome,
  type Track,
  types,
} from './socket-lab.ts'

/** SIM_SEEDS=10000 is the long run; SIM_FIRST names the first seed, to repeat one that failed. */
const seeds = Number(process.env['SIM_SEEDS'] ?? 500)
const first = Number(process.env['SIM_FIRST'] ?? 1)
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

interface Plan {
  readonly abis: readonly Abi[]
  readonly sends: number
  readonly switching: boolean
  readonly closing: boolean
}

/** Writers, readers, a switcher, a changer and a closer, each a task of its own. */
async function runOnce(seed: number, plan: Plan, policy?: Policy): Promise<readonly string[]> {
  const lab = createLab(seed, policy)
  const tracks = plan.abis.map(abi => lab.open(abi))
  const tasks: Promise<void>[] = []
  for (const track of tracks) {
    const { abi, socket } = track
    const { SOL_SOCKET, SO_RCVBUF, SO_SNDBUF } = abiConstants[abi]
    socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 200 + below(lab.random, 1500))
    if (abi === 'freebsd') socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 200 + below(lab.random, 500))
    tasks.push(repeat(lab, 'writer', plan.sends, () => sendSome(lab, track)))
    tasks.push(repeat(lab, 'reader', plan.sends * 2, async () => void readSome(lab, track)))
    if (plan.switching) tasks.push(repeat(lab, 'switcher', plan.sends, () => switchSome(lab, track)))
    if (plan.closing) tasks.push(closeSometime(lab, track))
  }
  tasks.push(repeat(lab, 'changer', plan.sends, async () => lab.change()))
  const steps = await finish(lab, tracks, tasks)
  expect(
    lab.violations,
    `seed ${seed}, ${steps} steps: ${lab.scheduler.trace.map(({ label }) => label).join(' | ')}`,
  ).toEqual([])
  return lab.scheduler.trace.map(({ label, choice }) => `${choice} ${label}`)
}

async function repeat(lab: Lab, actor: string, times: number, work: () => Promise<void>): Promise<void> {
  for (let left = times; left > 0; left--) {
    await preempt(lab.scheduler, actor)
    await work()
  }
}

async function closeSometime(lab: Lab, track: Track): Promise<void> {
  for (let left = below(lab.random, 30); left > 0; left--) await preempt(lab.scheduler, 'closer')
  await close(track)
}

async function close(track: Track): Promise<void> {
  await track.socket.close()
  track.closed = true
}

/** Runs to the end, reads what is left, and judges. Returns how many steps it took. */
async function finish(lab: Lab, tracks: readonly Track[], tasks: readonly Promise<void>[]): Promise<number> {
  const open = () => tracks.filter(track => !track.closed)
  let steps = await lab.scheduler.run(settle)
  // Whoever sleeps is woken by a reader that goes on until nothing comes any more.
  while (open().some(track => readSome(lab, track))) steps += await lab.scheduler.run(settle)
  await Promise.all(tasks)
  for (const track of tracks) judge(lab, track)
  await lab.netlink.unload()
  await lab.scheduler.run(settle)
  const left = lab.netlink.stats()
  const clean = left.sockets === 0 && left.dumps === 0 && !lab.netlink.rtnl.locked
  if (!clean) lab.violations.push(`left: ${JSON.stringify(left)}`)
  return steps
}

const plans: Readonly<Record<string, Plan>> = {
  'overflow of asynchronous sockets': { abis: ['freebsd', 'freebsd'], sends: 10, switching: false, closing: false },
  'switching between asynchronous and synchronous': {
    abis: ['freebsd', 'freebsd'],
    sends: 8,
    switching: true,
    closing: false,
  },
  'sockets of both ABIs': { abis: ['linux', 'freebsd'], sends: 8, switching: true, closing: false },
  'closing in the middle': { abis: ['freebsd', 'freebsd', 'linux'], sends: 8, switching: true, closing: true },
}

describe('netlink sockets under every interleaving', () => {
  for (const [name, plan] of Object.entries(plans)) {
    it(`${name}: keep their promises for ${seeds} seeds`, { timeout: 20_000 + seeds * 60 }, async () => {
      for (let seed = first; seed < first + seeds; seed++) {
        await runOnce(seed, plan, seed % 4 === 0 ? pctPolicy(3, 60) : undefined)
      }
    })
  }

  it('take the same course for the same seed', async () => {
    for (const plan of Object.values(plans)) expect(await runOnce(3, plan)).toEqual(await runOnce(3, plan))
  })
})

/** Small programs, each actor a lane of its own: few enough steps that every schedule can be tried. */
const duels: Readonly<Record<string, (lab: Lab, track: Track) => readonly (() => Promise<void>)[][]>> = {
  'a switch against a request in work': (lab, track) => [
    [() => sendRequests(lab, track, [types.LATER])],
    [() => switchSome(lab, track), () => sendRequests(lab, track, [types.NOW])],
    [async () => void readSome(lab, track)],
  ],
  'a close against requests in the queue': (lab, track) => [
    [() => sendRequests(lab, track, [types.LATER, types.NOW]), () => sendRequests(lab, track, [types.LOCKED])],
    [() => close(track)],
  ],
  'two senders and a reader without room': (lab, track) => [
    [() => sendRequests(lab, track, [types.NOW]), () => sendRequests(lab, track, [types.GET])],
    [() => sendRequests(lab, track, [types.FAIL])],
    [async () => void readSome(lab, track), async () => void readSome(lab, track)],
  ],
  'a dump against changes': (lab, track) => [
    [() => sendRequests(lab, track, [types.DUMP, types.NOW])],
    [async () => lab.change(), async () => lab.change()],
    [async () => void readSome(lab, track), async () => void readSome(lab, track)],
  ],
}

describe('netlink sockets under every schedule there is', () => {
  it.each(Object.entries(duels))('%s', { timeout: 120_000 }, async (_name, duel) => {
    const run = async (policy: Policy): Promise<void> => {
      const lab = createLab(1, policy)
      const track = lab.open('freebsd')
      track.socket.setsockopt(0xffff, 0x1002, 40)
      track.socket.setsockopt(0xffff, 0x1001, 60)
      const tasks = duel(lab, track).map(async (steps, actor) => {
        for (const step of steps) {
          await preempt(lab.scheduler, `actor ${actor}: step`)
          await step()
        }
      })
      await finish(lab, [track], tasks)
      expect(lab.violations).toEqual([])
    }
    expect(await explore({ preemptionsMax: Number.POSITIVE_INFINITY }, run)).toMatchObject({ complete: true })
  })
})
