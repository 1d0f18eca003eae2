/// <reference lib="esnext.disposable" preserve="true" />
export type { FamilyInfo, OperationInfo, RawMessage } from './client/family-info.ts'
export { openGeneric } from './client/open.ts'
export type { FamilyPolicy, Policy, PolicyAttribute } from './client/policy.ts'
export type {
  FamilyBatch,
  FamilyBatchResult,
  FamilyChange,
  FamilyEvent,
  FamilyHeaderOptions,
  FamilyRequestOptions,
  Generic,
  GenericFamily,
  GenericOptions,
  RawRequestOptions,
  SignalOptions,
  TypedFamily,
} from './client/types.ts'
export * from './constants.ts'
export {
  type AnyFamily,
  type AttributeSets,
  defineFamily,
  type EventOperation,
  type Exchange,
  type Family,
  type GroupDefinition,
  type GroupDefinitions,
  type NotifyOperation,
  type OperationOf,
  type OperationsOf,
  type RequestOperation,
} from './family.ts'
export { type GenericHeader, genlmsghdr } from './header.ts'
export {
  type AnyEventOperation,
  type AnyOperation,
  type AnyRequestOperation,
  type FamilyMessages,
  type GenericBody,
  type Mode,
  messagesOf,
} from './messages.ts'
export { ctrlAttrs, mcastGroupAttrs, nlctrl, opAttrs, opPolicyAttrs } from './nlctrl/schema.ts'
export { nlsysevent, sysEventAttrs } from './nlsysevent/schema.ts'
export type { EventAttrs, EventName, GroupName, HeaderOf, OpName, ReplyAttrs, RequestAttrs } from './types.ts'
export { type Limits, sint, sintWithin, uint, uintWithin } from './values.ts'
