import { vnet0 } from '@nltool/nl-core/model'
import type { KernelCore } from './core.ts'

/** Brings the initial network stack to life. */
export function boot(core: KernelCore): void {
  core.vnets.create('vnet0', vnet0)
}
