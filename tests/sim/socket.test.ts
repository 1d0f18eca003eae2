import { type Abi, preempt } from '@nltool/nl-core/model'
import { below, explore, type Policy, pctPolicy } from '@nltool/nl-core/scheduler'
import { describe, expect, it } from 'vitest'
import { createLab, judge, type Lab, readSome, sendSome, switchSome, type Track } from './socket-lab.ts'

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
  const pause = (name: string) => preempt(lab.scheduler, name)
  const tasks: Promise<void>[] = []
  for (const track of tracks) {
    track.socket.setsockopt(
      track.abi === 'linux' ? 1 : 0xffff,
      track.abi === 'linux' ? 8 : 0x1002,
      200 + below(lab.random, 1500),
    )
    if (track.abi === 'freebsd') track.socket.setsockopt(0xffff, 0x1001, 200 + below(lab.random, 500))
    tasks.push(
      repeat(
        plan.sends,
        () => sendSome(lab, track),
        () => pause('writer'),
      ),
    )
    tasks.push(
      repeat(
        plan.sends * 2,
        async () => void readSome(lab, track),
        () => pause('reader'),
      ),
    )
    if (plan.switching)
      tasks.push(
        repeat(
          plan.sends,
          () => switchSome(lab, track),
          () => pause('switcher'),
        ),
      )
    if (plan.closing) tasks.push(closeSometime(lab, track, () => pause('closer')))
  }
  tasks.push(
    repeat(
      plan.sends,
      async () => lab.change(),
      () => pause('changer'),
    ),
  )
  let steps = await lab.scheduler.run(settle)
  // Whoever sleeps is woken by a reader that goes on until nothing comes any more.
  while (tracks.filter(track => !track.closed).some(track => readSome(lab, track)))
    steps += await lab.scheduler.run(settle)
  await Promise.all(tasks)
  for (const track of tracks) judge(lab, track)
  await lab.netlink.unload()
  await lab.scheduler.run(settle)
  const left = lab.netlink.stats()
  if (left.sockets !== 0 || left.dumps !== 0 || lab.netlink.rtnl.locked)
    lab.violations.push(`left: ${JSON.stringify(left)}`)
  expect(
    lab.violations,
    `seed ${seed}, ${steps} steps: ${lab.scheduler.trace.map(({ label }) => label).join(' | ')}`,
  ).toEqual([])
  return lab.scheduler.trace.map(({ label, choice }) => `${choice} ${label}`)
}

async function repeat(times: number, work: () => Promise<void>, pause: () => Promise<void>): Promise<void> {
  for (let left = times; left > 0; left--) {
    await pause()
    await work()
  }
}

async function closeSometime(lab: Lab, track: Track, pause: () => Promise<void>): Promise<void> {
  for (let left = below(lab.random, 30); left > 0; left--) await pause()
  await track.socket.close()
  track.closed = true
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

describe('netlink sockets under every schedule with one preemption', () => {
  it('one datagram, a switch and a close', { timeout: 60_000 }, async () => {
    const plan: Plan = { abis: ['freebsd'], sends: 1, switching: true, closing: true }
    const run = async (policy: Policy): Promise<void> => void (await runOnce(1, plan, policy))
    expect(await explore({ preemptionsMax: 1 }, run)).toMatchObject({ complete: true })
  })
})
