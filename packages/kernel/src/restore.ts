import { createCore } from './core.ts'
import { kernelOf } from './kernel.ts'
import { type PersonalityName, personalityOf } from './personality.ts'
import { decodeState, placed } from './state/decode.ts'
import { loadState } from './state/load.ts'
import type { Kernel, KernelOptions } from './types.ts'

/** How a kernel is restored: as it is made, but for what the state file says. */
export type RestoreOptions = Omit<KernelOptions, 'personality' | 'fibs' | 'addAddrAllFibs' | 'sysctl'>

/**
 * Boots a kernel that has the configuration of a state file, at once. It goes on as the saved one would have: the same
 * interface indices, units, nexthop indices and generations come next, and its uptime counts from the same boot. What
 * should have ended in the meantime (addresses, routes) has ended.
 * @throws StateError, with what is wrong and where, for bytes that are cut short, damaged, written by a later version or
 * inconsistent. Nothing is half loaded.
 */
export function restoreKernel(bytes: Uint8Array, options: RestoreOptions = {}): Kernel {
  const state = decodeState(bytes)
  const personality = checkedPersonality(state.personality)
  const sysctl = Object.fromEntries(state.sysctls)
  const core = createCore(
    { ...options, personality, fibs: state.fibs, addAddrAllFibs: state.addAddrAllFibs, sysctl },
    state.bootAt,
  )
  try {
    loadState(core, state)
  } catch (error) {
    core.stop()
    throw error
  }
  return kernelOf(core)
}

function checkedPersonality(name: string): PersonalityName {
  try {
    return personalityOf(name as PersonalityName).name
  } catch (error) {
    throw placed(error, 0, 'STATE_KERNEL')
  }
}
