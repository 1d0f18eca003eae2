import type { Cloner, Hanging, IfIndex, Ifnet, IfState, Net, SeededDefects } from '@nltool/ifnet'
import { createLab, etherCloner, type Lab, type LabOptions } from '@nltool/ifnet/testing'
import { NetlinkError } from '@nltool/nl-core/errno'
import type { Ctx, VnetId } from '@nltool/nl-core/model'
import type { Policy, TraceStep } from '@nltool/nl-core/scheduler'

/** What hangs off every interface in these simulations, as an address family's data would. */
export interface AfData {
  readonly vnet: VnetId
  readonly ifname: string
  active: boolean
  freed: boolean
}

/** A lab with a jail beside the host, two cloners, and a record of what happened. */
export interface World extends Lab {
  readonly jail: Net
  readonly inet6: Hanging<AfData>
  /** Events of both network stacks, e.g. `0 arrival em0`. */
  readonly log: readonly string[]
  /** What must never happen and did. */
  readonly violations: string[]
  /** Packets that reached a driver, by interface name. */
  readonly packets: readonly string[]
  /** The cloner of em0, em1, …, to be registered again after it was unregistered. */
  readonly em: Cloner
  /** Follows what happens in a network stack that was created later. */
  listen(net: Net): void
  /** Runs work that may be refused for good reasons; resolves to the errno. */
  attempt(work: () => Promise<unknown>, allowed: readonly string[]): Promise<string>
}

/** One interleaving to be explored: tasks are started, then run to the end, then the outcome is judged. */
export interface Scenario {
  readonly setup: (world: World, ctx: Ctx) => Promise<void>
  readonly start: (world: World) => void
  readonly judge?: (world: World) => void
}

/** Lets the host run promise reactions. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

function createWorld(options: LabOptions): World {
  const lab = createLab({ ...options, points: true })
  const violations: string[] = []
  const log: string[] = []
  const packets: string[] = []
  const departed = new Set<IfIndex>()
  const jail = lab.registry.createNet(1 as VnetId)
  const onTransmit = (ifp: Ifnet): void => {
    packets.push(ifp.name)
    if (departed.has(ifp.index)) violations.push(`a packet reached the driver of ${ifp.name} after its departure`)
  }
  const em = etherCloner('em', { onTransmit })
  lab.registry.cloners.register(em)
  lab.registry.cloners.register(etherCloner('epair', { pair: true, onTransmit }))
  const inet6 = lab.registry.defineHanging<AfData>(lab.ctx('boot'), 'inet6', {
    rule: 'epoch',
    attach: ifp => ({ vnet: ifp.vnet, ifname: ifp.name, active: true, freed: false }),
    detach(data) {
      data.active = false
    },
    free(data) {
      if (data.freed) violations.push(`the data of ${data.ifname} is freed twice`)
      data.freed = true
    },
  })
  for (const net of [lab.net, jail]) listen(net)

  /** Arrivals and departures alternate, and nothing is heard of an interface that is not there (R-IF-11). */
  function listen(net: Net): void {
    const present = new Set<IfIndex>()
    const say = (text: string): void => void log.push(`${net.vnet} ${text}`)
    net.events.on('arrival', ({ ifp }) => {
      if (present.has(ifp.index)) violations.push(`${ifp.name} arrives twice in ${net.vnet}`)
      present.add(ifp.index)
      departed.delete(ifp.index)
      say(`arrival ${ifp.name}`)
    })
    net.events.on('departure', ({ ifp, reason }) => {
      if (!present.delete(ifp.index)) violations.push(`${ifp.name} departs from ${net.vnet}, where it is not`)
      if (reason !== 'rename') departed.add(ifp.index)
      say(`departure ${ifp.name}`)
    })
    net.events.on('address', ({ ifp, action, address }) => {
      if (!present.has(ifp.index)) violations.push(`an address event of ${ifp.name}, which is not there`)
      if (action === 'add' && !ifp.attached)
        violations.push(`an address is added to ${ifp.name}, which is not attached`)
      say(`${action} ${address.address} ${ifp.name}`)
    })
    net.events.on('message', ({ ifp }) => {
      if (!present.has(ifp.index)) violations.push(`a message about ${ifp.name}, which is not there`)
    })
  }

  return {
    ...lab,
    jail,
    inet6,
    log,
    violations,
    packets,
    listen,
    em,
    async attempt(work, allowed) {
      try {
        await work()
        return 'ok'
      } catch (error) {
        if (error instanceof NetlinkError && allowed.includes(error.code)) return error.code
        throw error
      }
    },
  }
}

/** What one run was made of. */
export interface RunOptions {
  readonly seed?: number
  readonly policy?: Policy
  readonly defects?: SeededDefects
}

/** The course that a run took: its steps, and what listeners heard, what was sent. */
export interface Course {
  readonly trace: readonly TraceStep[]
  readonly log: readonly string[]
  /** How many packets reached a driver. */
  readonly packets: number
}

/** What look-ups answer about an interface whose index is taken here, by its state (P-4). */
const answers: { readonly [state in IfState]?: 'found' | 'hidden' } = {
  allocated: 'hidden',
  attaching: 'hidden',
  attached: 'found',
  detaching: 'hidden',
  detached: 'hidden',
  'moving-old': 'hidden',
  'moving-new': 'hidden',
}

/** Every look-up of every index and name against the table, between two steps. */
function* lookupViolations({ registry, epoch, ctx }: World): Iterable<string> {
  const me = ctx('look-ups')
  using section = epoch.enter(me)
  for (const { vnet, interfaces } of registry.nets()) {
    for (let index = 1; index <= 4; index++) {
      const there = interfaces.byIndex(section, index)
      const expected = there === undefined ? 'hidden' : answers[there.state]
      const what = `${there?.name} in ${vnet}, ${there?.state}`
      if (expected === undefined) yield `${what}, has an index`
      const attached = interfaces.byIndexAttached(section, index)
      const ref = interfaces.byIndexRef(me, index, 'look-up')
      ref?.release()
      for (const found of [attached !== undefined, ref !== undefined]) {
        if (found !== (expected === 'found'))
          yield `${what}, is ${found ? 'not attached and found' : 'not found'} by index`
      }
      if (there === undefined) continue
      const named = interfaces.byName(section, there.name)
      if ((named?.index === index) !== (expected === 'found')) yield `${what}, is ${named?.index} by name`
      const { kind } = interfaces.resolve(section, there.id)
      if (kind !== (expected === 'found' ? 'ok' : 'detached')) yield `${what}, resolves to ${kind}`
    }
  }
}

/** Setup takes one course whatever the policy: only what follows is explored. */
function afterSetup(policy: Policy): Policy {
  return random => {
    const choose = policy(random)
    let first: number | undefined
    return (waiting, step) => {
      if (first === undefined && waiting.some(({ label }) => label.startsWith('setup:') || label === 'epoch: reclaim'))
        return 0
      first ??= step
      return choose(waiting, step - first)
    }
  }
}

/** Runs a scenario once and throws if anything about it is wrong: violations, reports, leaks, an unsound registry. */
export async function runOnce(scenario: Scenario, options: RunOptions = {}): Promise<Course> {
  const { seed = 1, policy, defects = {} } = options
  const world = createWorld({ seed, defects, scheduler: policy === undefined ? {} : { policy: afterSetup(policy) } })
  try {
    world.task('setup', ctx => scenario.setup(world, ctx))
    await world.run(settle)
    scenario.start(world)
    await world.run(settle, () => {
      const [violation] = [...world.registry.audit().violations, ...world.violations, ...lookupViolations(world)]
      if (violation !== undefined) throw new Error(violation)
    })
    scenario.judge?.(world)
    if (world.violations.length > 0) throw new Error(world.violations[0])
    if (world.reports.length > 0) throw new Error(world.reports[0])
    if (world.registry.counts.freeDelayed > 0) throw new Error('a free had to be postponed')
    world.registry.assertQuiescent()
  } catch (error) {
    const labels = world.scheduler.trace.map(({ label }) => label).join(', ')
    throw new Error(`seed ${seed}: ${String(error)}\nsteps: ${labels}`, { cause: error })
  }
  return { trace: world.scheduler.trace, log: world.log, packets: world.packets.length }
}
