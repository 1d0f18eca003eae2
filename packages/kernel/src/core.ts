import { createEpoch, createRegistry, type Registry } from '@nltool/ifnet'
import { NetlinkError } from '@nltool/nl-core/errno'
import { createNetlink, type Netlink } from '@nltool/nl-core/kernel'
import {
  type Clock,
  type Ctx,
  createLock,
  createTask,
  type Random,
  type RtnlHeld,
  rootCred,
  type Scheduler,
  type VnetId,
  vnet0,
} from '@nltool/nl-core/model'
import { createGenericRegistry, type GenericRegistry } from '@nltool/nl-genl/kernel'
import { epairCloner, loCloner, routeProtocol, vlanCloner } from '@nltool/nl-route/kernel'
import { clockSince, environmentOf } from './environment.ts'
import { fibsOf, limitsOf } from './limits.ts'
import { type Personality, personalityOf } from './personality.ts'
import { saveState } from './state/save.ts'
import type { KernelLimits, KernelOptions } from './types.ts'
import { createVnets, type LiveVnet, type VnetTable } from './vnets.ts'

/** The parts of a kernel, composed: what its public face, its state file and its audit work on. */
export interface KernelCore {
  readonly personality: Personality
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly limits: KernelLimits
  readonly fibs: number
  readonly addAddrAllFibs: boolean
  readonly netlink: Netlink
  readonly generic: GenericRegistry
  /** When the kernel booted, milliseconds since the Unix epoch. */
  readonly bootAt: number
  readonly registry: Registry
  readonly vnets: VnetTable
  /** The RTNL of a kernel in which nobody else can have it yet. */
  holdRtnl(ctx: Ctx): RtnlHeld
  /** A context for what the kernel does by itself. */
  context(name: string, vnet?: VnetId): Ctx
  settle(): Promise<void>
  advance(ms: number): Promise<void>
  /** What is wrong, one sentence each. */
  findings(): string[]
  /** What keeps the kernel from rest, one sentence each. */
  unfinished(): string[]
  save(): Uint8Array
  /** Now and then, something to wait for before work goes on: see `LoopScheduler`. */
  breathe(): Promise<void> | undefined
  stop(): void
}

/** How often nothing must have been found under way before a kernel counts as settled. */
const quietRounds = 2

/** How many defects are kept for the audit: what goes wrong with every message must not fill the memory. */
const defectsMax = 100

/** Composes a kernel from its options. `bootedAt`: when it booted, if that was before, milliseconds since the Unix epoch. */
export function createCore(options: KernelOptions, bootedAt?: number): KernelCore {
  const personality = personalityOf(options.personality ?? 'freebsd')
  const limits = limitsOf(options.limits)
  const fibs = fibsOf(options.fibs)
  const addAddrAllFibs = options.addAddrAllFibs ?? false
  const environment = environmentOf(options)
  const { steps: scheduler, random } = environment
  const clock = bootedAt === undefined ? environment.clock : clockSince(bootedAt, environment.clock)
  const bootAt = bootedAt ?? clock.now() - clock.uptime()
  const defects: string[] = []
  let unkept = 0 // defects beyond those
  const rtnl = createLock('rtnl')
  const onDefect = (defect: unknown, where: string): void => {
    const said = defect instanceof Error ? (defect.stack ?? defect.message) : String(defect)
    if (defects.length < defectsMax) defects.push(said === where ? where : `${where}: ${said}`)
    else unkept += 1
    options.onDefect?.(defect, where)
  }
  const netlink = createNetlink({
    scheduler,
    clock,
    random,
    rtnl,
    personality: personality.sockets,
    sysctl: options.sysctl,
    onDefect,
    // Every network stack knows every other one by its number (NETLINK_LISTEN_ALL_NSID).
    nsidOf: (_listener, emitter) => vnets.get(emitter)?.id,
  })
  const onText = (text: string, cause?: unknown): void => onDefect(cause ?? text, text)
  const epoch = createEpoch({ scheduler, clock, onDefect: onText })
  const registry = createRegistry({ epoch, scheduler, clock, random, rtnl, onDefect: onText })
  registry.cloners.register(loCloner())
  registry.cloners.register(epairCloner())
  registry.cloners.register(vlanCloner(vnet => registry.net(vnet))) // last: its interfaces stand on the others'
  const vnets = createVnets(registry, {
    registry,
    multicast: netlink,
    scheduler,
    clock,
    fibs,
    addAddrAllFibs,
  })
  netlink.register(routeProtocol(vnet => vnets.get(vnet)?.route))
  const generic = createGenericRegistry({
    multicast: netlink,
    personality: personality.generic,
    vnets: () => vnets.list().map(({ id }) => id),
  })
  netlink.register(generic.protocol)

  const context = (name: string, vnet: VnetId = vnet0): Ctx => ({
    task: createTask(name),
    vnet,
    cred: rootCred,
    scheduler,
    clock,
  })

  for (const module of options.modules ?? []) generic.register(context(`load ${module.family.name}`), module)

  const busy = (): boolean =>
    rtnl.locked || registry.detachLock.locked || (epoch.stats.pending > 0 && epoch.stats.sections === 0)

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < quietRounds; ) {
      await environment.turn()
      quiet = scheduler.waiting === 0 && !busy() ? quiet + 1 : 0
    }
  }

  function holdRtnl(ctx: Ctx): RtnlHeld {
    const held = rtnl.tryAcquire(ctx)
    if (held === undefined) throw new NetlinkError('EBUSY', 'a change is under way')
    return held
  }

  const core: KernelCore = {
    personality,
    bootAt,
    holdRtnl,
    scheduler: environment.scheduler,
    clock,
    random,
    limits,
    fibs,
    addAddrAllFibs,
    netlink,
    generic,
    registry,
    vnets,
    context,
    settle,
    advance: environment.advance,
    findings: () => [
      ...defects,
      ...(unkept === 0 ? [] : [`${unkept} more defects, which were not kept`]),
      ...registryFindings(registry),
      ...vnets.list().flatMap(routeFindings),
    ],
    unfinished: () => [
      ...netlink
        .sockets()
        .map(({ pid, protocol }) => `a request of process ${pid} on protocol ${protocol} does not end`),
      ...(rtnl.locked ? ['the RTNL is held'] : []),
      ...(registry.detachLock.locked ? ['the detach lock is held'] : []),
    ],
    save() {
      if (busy()) throw new NetlinkError('EBUSY', 'a change is under way: await settle() first')
      return saveState(core)
    },
    breathe: environment.breathe,
    stop: environment.stop,
  }
  return core
}

/** What is wrong in a registry, and what keeps it from rest. */
function registryFindings(registry: Registry): string[] {
  const { violations, references, sections } = registry.audit()
  return [
    ...violations,
    ...references.map(({ ifname, id, tag }) => `${ifname} (${id}) is held by "${tag}"`),
    ...sections.map(task => `${task} has an epoch section open`),
  ]
}

/** What nobody holds in routing tables that are empty. */
function routeFindings({ name, route }: LiveVnet): string[] {
  const { routes, nexthops, groups } = route.rib.audit()
  if (routes > 0 || nexthops + groups === 0) return []
  return [`${nexthops} nexthops and ${groups} groups of ${name} have no route`]
}
