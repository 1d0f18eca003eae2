/// <reference lib="esnext.disposable" preserve="true" />
export { type Abi, abis } from './model/abi.ts'
export { type Cred, type Privilege, privileged, rootCred, userCred } from './model/cred.ts'
export { type Brand, kernelPort, type PortId, type VnetId, vnet0 } from './model/ids.ts'
export { IpAddress, type IpFamily, type IpPrefix, parseIp, parseIpPrefix } from './model/ip.ts'
export {
  createLock,
  type Held,
  type HeldLock,
  type Lock,
  type LockClass,
  LockError,
  lockRank,
  type RtnlHeld,
} from './model/lock.ts'
export { type Caller, type Ctx, createTask, type Origin, type Task } from './model/task.ts'
export {
  type Awaitable,
  type Cancel,
  type Clock,
  preempt,
  type Random,
  type Scheduler,
  sleep,
} from './model/time.ts'
