/// <reference lib="esnext.disposable" preserve="true" />
export type { GroupPolicy, IdPolicy } from './kernel/numbers.ts'
export { type GenericPersonality, genericPersonalities, type NlctrlRules } from './kernel/personality.ts'
export {
  createGenericRegistry,
  type GenericRegistry,
  type GenericRegistryOptions,
  type RegisteredFamily,
} from './kernel/registry.ts'
export {
  type AnyFamilyHost,
  type AnyHandlers,
  type DoHandler,
  type DumpHandler,
  type FamilyHandlers,
  type FamilyHost,
  type FamilyModule,
  type GenericRequest,
  type NotifyOptions,
  type ServedFamily,
  type ServeOptions,
  serveFamily,
} from './kernel/serve.ts'
export type { SocketState, SocketStateParts } from './kernel/socket-state.ts'
export type { Attrs } from './messages.ts'
export { createDeviceEvents, type DeviceEvents, nlsyseventModule, type SysEvent } from './nlsysevent/serve.ts'
