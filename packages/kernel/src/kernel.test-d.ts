import { createKernel, type Kernel, manualScheduler, type Process, restoreKernel } from '@nltool/kernel'
import type { Host } from '@nltool/nl-core'
import type { Caller, Scheduler, VnetId } from '@nltool/nl-core/model'

/** A type that is neither wider nor narrower. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const yes = <T extends true>(_: T): void => {}

const kernel = createKernel()
yes<Same<typeof kernel, Kernel>>(true)
const proc = kernel.spawn({ abi: 'linux', pid: 1 })
proc satisfies Host & Caller
yes<Same<typeof proc, Process>>(true)
yes<Same<ReturnType<Process['socket']>, number>>(true)
yes<Same<ReturnType<Process['send']>, number | Promise<number>>>(true)
yes<Same<ReturnType<Process['close']>, Promise<void>>>(true)
yes<Same<ReturnType<Kernel['save']>, Uint8Array>>(true)
yes<Same<Kernel['scheduler'], Scheduler>>(true)

createKernel({ scheduler: manualScheduler(), fibs: 2, limits: { descriptorsMax: 16 } })
kernel.spawn({ vnet: 1 as VnetId })
restoreKernel(kernel.save(), { seed: 1 })

// @ts-expect-error a personality is one of two words
createKernel({ personality: 'plan9' })
// @ts-expect-error an ABI is one of two words
kernel.spawn({ abi: 'solaris' })
// @ts-expect-error a network stack is named by what vnets() and createVnet() gave
kernel.spawn({ vnet: 1 })
// @ts-expect-error the number of fibs is in the state file
restoreKernel(kernel.save(), { fibs: 2 })
// @ts-expect-error a sysctl that is none
createKernel({ sysctl: { 'net.netlink.recvspaces': 1 } })
