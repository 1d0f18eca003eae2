/// <reference lib="esnext.disposable" preserve="true" />
export type { AddressAmendment } from './address.ts'
export type { Allocator } from './allocator.ts'
export type { AuditReference, AuditReport } from './audit.ts'
export type { CloneInstance, CloneRequest, Cloner, Created } from './clone.ts'
export type { CloneOps, CreateOptions } from './clone-ops.ts'
export type { IfConfig } from './config.ts'
export * from './constants.ts'
export { createEpoch, type Epoch, type EpochOptions, type EpochStats, type Section } from './epoch.ts'
export {
  type DefectKind,
  EpochDeadlockError,
  IfnetDefect,
  IfRefError,
  InvariantError,
  LeakedSectionError,
  PrematureFreeError,
  SectionError,
  StaleBorrowError,
  type Tombstone,
  UnloadedModuleError,
  UseAfterFreeError,
} from './errors.ts'
export type { IfEvent, IfEventHandler, IfEventName, IfEventSource, IfEvents } from './events.ts'
export type { Hanging, HangingSpec } from './hanging.ts'
export { formatIfId, type IfId, type IfIndex, parseIfId, sameInterface } from './ids.ts'
export type { Interfaces, Resolved } from './interfaces.ts'
export type { MulticastGroup } from './multicast.ts'
export { validLinuxName } from './name.ts'
export type { Net } from './net.ts'
export type { InputHook } from './net-state.ts'
export { type Cloners, createRegistry, type Registry, type RegistryOptions } from './registry.ts'
export type { RegistryState, SavedClone, SavedInterface, SavedNet } from './state.ts'
export type {
  DetachHeld,
  DriverMethods,
  DriverRequest,
  IfAddr,
  IfMulti,
  Ifnet,
  IfOwner,
  IfRef,
  IfSpec,
  IfState,
  IfTarget,
  IfView,
  InetAddr,
  InetAddrSpec,
  LinkAddr,
  LinkState,
} from './types.ts'
export type { AddressValidator, Candidate } from './validator.ts'
export type { Counts, SeededDefects } from './world.ts'
