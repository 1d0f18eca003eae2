/// <reference lib="esnext.disposable" preserve="true" />
export { type AbiConstant, abiConstants } from './abi.ts'
export type { BodyOfType } from './client/capture/likeness.ts'
export type { CaptureRecord } from './client/capture/pcapng.ts'
export { type Capture, readCapture } from './client/capture/read.ts'
export { type CaptureSink, captureWriter, type RecordOptions, record } from './client/capture/record.ts'
export { type ReplayHost, type ReplayOptions, replay } from './client/capture/replay.ts'
export { connect } from './client/connection.ts'
export { DumpInterruptedError } from './client/errors.ts'
export { type Command, type Operation, type OperationRow, operation } from './client/operation.ts'
export { type Plain, stringify, toPlain } from './client/plain.ts'
export { type ClientEnv, type ClientTimer, platformEnv } from './client/platform.ts'
export { schedulerEnv } from './client/scheduler-env.ts'
export type { Host, Received, Transport, TransportOptions } from './client/transport.ts'
export type {
  Batch,
  BatchResult,
  Change,
  CollectOptions,
  Connection,
  ConnectionOptions,
  Dump,
  DumpEnd,
  Message,
  RequestOptions,
  Resync,
  Snapshot,
  SubscribeOptions,
  Subscription,
  WaitOptions,
  Watch,
  WatchEvent,
  WatchOptions,
} from './client/types.ts'
export * from './constants.ts'
export { type Abi, abis } from './model/abi.ts'
