/// <reference lib="esnext.disposable" preserve="true" />
export {
  type ManualScheduler,
  manualScheduler,
  type SeededScheduler,
  seededRandom,
  seededScheduler,
} from '@nltool/nl-core/scheduler'
export { createKernel } from './kernel.ts'
export { LeakError } from './leak.ts'
export {
  freebsdPersonality,
  type Personality,
  type PersonalityName,
  personalityOf,
} from './personality.ts'
export { type HostLoop, systemClock, systemRandom } from './platform.ts'
export type { Process, ReceiveOptions, SendToOptions, SpawnOptions } from './process/types.ts'
export { type RestoreOptions, restoreKernel } from './restore.ts'
export { type DrivenScheduler, drivenScheduler } from './scheduler/driven.ts'
export { type LoopOptions, type LoopScheduler, loopScheduler } from './scheduler/loop.ts'
export { StateError } from './state/error.ts'
export type { Kernel, KernelAudit, KernelLimits, KernelOptions, Vnet } from './types.ts'
