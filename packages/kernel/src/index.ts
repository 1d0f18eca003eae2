/// <reference lib="esnext.disposable" preserve="true" />
export {
  freebsdPersonality,
  type LoopbackRules,
  type Personality,
  type PersonalityName,
  personalityOf,
} from './personality.ts'
export { type HostLoop, systemClock, systemRandom } from './platform.ts'
export type {
  ControlMessage,
  Process,
  ReceivedMessage,
  ReceiveOptions,
  SendOptions,
  SockaddrArgument,
  SockaddrNl,
  SpawnOptions,
} from './process/types.ts'
export { seededRandom } from './random.ts'
export { type LoopOptions, type LoopScheduler, loopScheduler } from './scheduler/loop.ts'
export type { Kernel, KernelAudit, KernelLimits, KernelModule, KernelOptions, Vnet } from './types.ts'
