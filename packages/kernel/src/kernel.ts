import { SocketError } from '@nltool/nl-core/errno'
import { abis, type Cancel, rootCred, userCred, type VnetId, vnet0 } from '@nltool/nl-core/model'
import { boot, populate } from './boot.ts'
import { createCore, type KernelCore } from './core.ts'
import { LeakError } from './leak.ts'
import { hostLoop } from './platform.ts'
import { createPids } from './process/pids.ts'
import { createProcess } from './process/process.ts'
import type { Process, SpawnOptions } from './process/types.ts'
import type { Kernel, KernelAudit, KernelOptions, Vnet } from './types.ts'

/**
 * Boots a kernel, at once. Its loopback interface is there and up; nothing else is.
 * @throws SocketError EOPNOTSUPP for a personality that does not exist yet, EINVAL for an option out of range, ENOENT for
 * an unknown sysctl
 */
export function createKernel(options: KernelOptions = {}): Kernel {
  const core = createCore(options)
  boot(core)
  return kernelOf(core)
}

/** The kernel as its users see it. */
export function kernelOf(core: KernelCore): Kernel {
  const { limits, netlink } = core
  const pids = createPids(limits.processesMax)
  const processes = new Map<number, Process>()
  const waits = new Set<() => void>() // what to call when the scheduler stops
  let closing: Promise<void> | undefined

  /** What the scheduler does for a caller; once it has stopped, nobody else would end the wait. */
  function whileOpen(work: () => Promise<void>): Promise<void> {
    if (closing !== undefined) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      const abandon = () => reject(closed())
      waits.add(abandon)
      work()
        .finally(() => waits.delete(abandon))
        .then(resolve, reject)
    })
  }

  function spawn({ uid = 0, cred, abi = 'freebsd', pid, vnet = vnet0 }: SpawnOptions = {}): Process {
    if (closing !== undefined) throw closed()
    if (!abis.includes(abi)) throw new SocketError('EINVAL', `ABI ${abi} is none of ${abis.join(', ')}`)
    const home = core.vnets.get(vnet)
    if (home === undefined) throw new SocketError('ENOENT', `there is no network stack ${vnet}`)
    if (home.net.dying) throw new SocketError('EBUSY', `network stack ${vnet} is shutting down`)
    const id = pid === undefined ? pids.next() : pids.claim(pid)
    const process = createProcess({
      netlink,
      pid: id,
      cred: cred ?? (uid === 0 ? rootCred : userCred(uid)),
      abi,
      vnet,
      descriptorsMax: limits.descriptorsMax,
      breathe: core.breathe,
      onExit() {
        processes.delete(id)
        pids.release(id)
      },
    })
    processes.set(id, process)
    return process
  }

  async function createVnet(name?: string): Promise<Vnet> {
    // As jail(8): who looks a stack up by name or number finds one.
    if (/^\d+$/.test(name ?? '')) throw new SocketError('EINVAL', `'${name}' is a number, no name for a network stack`)
    const ctx = core.context('create vnet')
    using rtnl = await core.registry.rtnl.acquire(ctx)
    const vnet = core.vnets.create(name)
    populate(core, ctx, rtnl, vnet)
    return publicVnet(vnet)
  }

  async function destroyVnet(id: VnetId): Promise<void> {
    const inside = [...processes.values()].find(process => process.vnet === id)
    if (inside !== undefined) throw new SocketError('EBUSY', `process ${inside.pid} runs in network stack ${id}`)
    await core.vnets.destroy(core.context('destroy vnet'), id)
  }

  function audit(): KernelAudit {
    let descriptors = 0
    for (const process of processes.values()) descriptors += process.descriptors().length
    return { processes: processes.size, descriptors, sockets: netlink.stats().sockets, findings: core.findings() }
  }

  async function endAll(): Promise<void> {
    await Promise.all([...processes.values()].map(process => process.exit()))
    await netlink.unload()
    await core.settle()
  }

  async function shutDown(): Promise<void> {
    const inTime = await within(limits.closeMs, endAll())
    const findings = [...(inTime ? [] : core.unfinished()), ...audit().findings]
    for (const { route } of core.vnets.list()) route.close()
    core.stop()
    for (const abandon of waits) abandon()
    if (findings.length > 0) throw new LeakError(findings)
  }

  const kernel: Kernel = {
    personality: core.personality,
    scheduler: core.scheduler,
    clock: core.clock,
    random: core.random,
    limits,
    fibs: core.fibs,
    sysctl: netlink.sysctl,
    faults: netlink.faults,
    tap: netlink.tap,
    sockets: netlink.sockets,
    stats: netlink.stats,
    spawn,
    processes: () => [...processes.values()],
    vnets: () => core.vnets.list().map(publicVnet),
    cloners: () => core.registry.cloners.list(),
    createVnet,
    destroyVnet,
    settle: () => whileOpen(core.settle),
    advance: ms =>
      whileOpen(async () => {
        await core.advance(ms)
        await core.settle()
      }),
    audit,
    save: () => core.save(),
    close() {
      closing ??= shutDown()
      return closing
    },
    [Symbol.asyncDispose]: () => kernel.close(),
  }
  return kernel
}

/** Whether work ends within a time of the host's clock. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  let cancel: Cancel = () => {}
  const late = new Promise<false>(resolve => {
    cancel = hostLoop().timer(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    cancel()
  }
}

const closed = (): SocketError => new SocketError('ESRCH', 'the kernel is closed')

const publicVnet = ({ id, name }: Vnet): Vnet => ({ id, name })
