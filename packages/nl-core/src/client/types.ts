/// <reference lib="esnext.disposable" preserve="true" />
import type { NltoolError } from '../errno/errors.ts'
import type { Abi } from '../model/abi.ts'
import type { Body } from '../wire/codec.ts'
import type { Command, Operation } from './operation.ts'
import type { ClientEnv } from './platform.ts'
import type { Transport } from './transport.ts'

/** Options of {@link Connection}; all have defaults. */
export interface ConnectionOptions {
  /** Time, pauses and chance. Default: the platform's. */
  readonly env?: ClientEnv
  /**
   * How long a request that was sent waits for its answer, and a dump for its next part, milliseconds. Default 5000; 0
   * waits for ever.
   */
  readonly timeoutMs?: number
  /**
   * Requests that are made while others wait for their answers share a datagram with those that are made in the same turn
   * of the program. Each is still answered by itself. Default true.
   */
  readonly coalesce?: boolean
  /** Ask for texts and offsets in errors (NETLINK_EXT_ACK). Default true. */
  readonly extAck?: boolean
  /** NETLINK_GET_STRICT_CHK: filters in dump requests count, and wrong ones are refused. Default: as the system has it. */
  readonly strictCheck?: boolean
  /** SO_RCVBUF, bytes: how much may wait before an overrun. */
  readonly receiveBuffer?: number
  /** Texts that come with requests that succeed (NLMSGERR_ATTR_MSG with error 0). */
  readonly onWarning?: (text: string, request: string) => void
  /** Messages that answer no open request and that no subscription takes. */
  readonly onStray?: (message: Message) => void
}

/** What every wait takes. */
export interface WaitOptions {
  /** Ends the wait; it then rejects with the signal's reason. What the kernel did by then stays done. */
  readonly signal?: AbortSignal | undefined
  /** In place of the connection's, milliseconds; 0 waits for ever. */
  readonly timeoutMs?: number | undefined
}

/** Options of one request. */
export interface RequestOptions extends WaitOptions {
  /** More `nlmsg_flags`, e.g. NLM_F_EXCL. */
  readonly flags?: number | undefined
}

/** A received message. Its fields can be read, and its body decoded, only until the function that was given it returns. */
export interface Message {
  /** `nlmsg_type`. */
  readonly type: number
  /** `nlmsg_flags`. */
  readonly flags: number
  readonly seq: number
  /** `nlmsg_pid`. */
  readonly portid: number
  /** Decodes the body to the model's meaning, whatever the ABI of the transport. @throws WireError */
  decode<T>(body: Body<T>): T
  /** A copy of the whole message. */
  bytes(): Uint8Array
}

/** How a dump ended. */
export interface DumpEnd {
  /** True: the answer is the state at one instant. False: it changed while it was read, or a part was lost. */
  readonly consistent: boolean
}

/** A whole dump, and whether it can be trusted. */
export interface Snapshot<R> extends DumpEnd {
  readonly items: R[]
}

/** Options of {@link Dump.collect}. */
export interface CollectOptions {
  readonly signal?: AbortSignal | undefined
  /** How often an interrupted dump is restarted, after pauses of 0, 10, 20, 40, 80 ms with jitter. Default 5. */
  readonly restarts?: number
}

/**
 * The answer to a dump request, sent when it is first read. Reading it again asks the kernel again. Parts are received
 * as they are consumed: no more than one receive buffer is read ahead.
 */
export interface Dump<R> extends AsyncIterable<R, DumpEnd> {
  /** How the last complete iteration ended; `undefined` before. */
  readonly end: DumpEnd | undefined
  [Symbol.asyncIterator](): AsyncIterator<R, DumpEnd, undefined>
  /** All objects of one consistent dump. @throws DumpInterruptedError when every restart was interrupted too */
  collect(options?: CollectOptions): Promise<R[]>
  /** As `collect`, but gives the last attempt with `consistent: false` in place of throwing. */
  snapshot(options?: CollectOptions): Promise<Snapshot<R>>
  /** The same dump with other objects; those for which `select` gives `undefined` are left out. */
  map<T>(select: (value: R) => T | undefined): Dump<T>
}

/**
 * Events were lost: what is known of the kernel's state must be read again. Every event that follows is newer than all
 * that are missing, so that it can be applied to what is read now.
 */
export interface Resync {
  readonly event: 'resync'
}

/** Options of {@link Connection.subscribe}. */
export interface SubscribeOptions<E> {
  /** Decodes a notification; `undefined` for one that this subscription does not want. */
  readonly decode: (message: Message) => E | undefined
  readonly signal?: AbortSignal | undefined
  /** How many events may wait for a slow reader before they are dropped for a `resync`. Default 65,536. */
  readonly queueMax?: number
}

/**
 * Events of multicast groups in the order of their arrival, from the call of `subscribe` on. Ends by `return()` or
 * `close()`; throws when the signal fires (its reason) or the connection closes under it (SocketError EBADF).
 */
export interface Subscription<E> extends AsyncIterableIterator<E | Resync, undefined, undefined>, AsyncDisposable {
  /** Resolves when the groups are joined. @throws SocketError EINVAL, ERANGE, EPERM */
  readonly ready: Promise<void>
  next(): Promise<IteratorResult<E | Resync, undefined>>
  return(): Promise<IteratorReturnResult<undefined>>
  /** Leaves the groups. A parked `next()` ends. */
  close(): Promise<void>
}

/** A change of a watched collection. */
export interface Change<T> {
  readonly event: 'set' | 'delete'
  readonly item: T
}

/** What {@link Connection.watch} yields: `start`, every item, `end`, then changes; after an overrun again from `start`. */
export type WatchEvent<T> =
  | { readonly event: 'start' }
  | { readonly event: 'item'; readonly item: T }
  | { readonly event: 'end'; readonly consistent: boolean }
  | Change<T>

/** Options of {@link Connection.watch}. */
export interface WatchOptions<T, K extends string | number> {
  readonly groups: readonly number[]
  readonly dump: () => Dump<T>
  /** The change that a notification tells of; `undefined` for one about something else. */
  readonly decode: (message: Message) => Change<T> | undefined
  /** What identifies an object. */
  readonly key: (item: T) => K
  readonly signal?: AbortSignal | undefined
  /**
   * What to do with a dump that every restart found interrupted, as on a busy kernel: go on with the last one, or throw
   * DumpInterruptedError. All that changed while it was read arrives as an event, so the copy is right again after those.
   * Default `accept`.
   */
  readonly interrupted?: 'throw' | 'accept'
}

/** A live copy of a collection of the kernel. It advances while the events are read. */
export interface Watch<T, K extends string | number>
  extends AsyncIterableIterator<WatchEvent<T>, undefined, undefined>,
    AsyncDisposable {
  /** The copy as of the last event read. */
  readonly items: ReadonlyMap<K, T>
  next(): Promise<IteratorResult<WatchEvent<T>, undefined>>
  return(): Promise<IteratorReturnResult<undefined>>
  close(): Promise<void>
}

/** What became of one request of a batch. */
export type BatchResult =
  /** It was carried out. `replies` holds the answers of a request added with `get`. */
  | { readonly ok: true; readonly replies: readonly unknown[] }
  /** KernelError: it was refused. SocketError: its answer, or itself, was lost. WireError: its answer makes no sense. */
  | { readonly ok: false; readonly error: NltoolError }

/** Requests that travel in one datagram, as far as they fit; each stands for itself. */
export interface Batch {
  readonly length: number
  /** Appends a request. Returns its index among the results. @throws WireError for a value that cannot be encoded */
  add<Q>(command: Command<Q>, body: Q, flags?: number): number
  /** As `add`, for a request that is answered by more than its acknowledgement. */
  get<Q, R>(operation: Operation<Q, R>, body: Q, flags?: number): number
  /**
   * Sends all and waits for every answer. Resolves to one result per request, in order; rejects only for the signal. The
   * batch is empty afterwards and may be filled again.
   */
  send(options?: WaitOptions): Promise<BatchResult[]>
}

/** A client's end of a netlink socket. Requests may overlap; answers are matched by sequence number and port. */
export interface Connection extends AsyncDisposable {
  readonly abi: Abi
  readonly transport: Transport
  /** Sends a request and waits for its acknowledgement. @throws KernelError, SocketError */
  request<Q>(command: Command<Q>, body: Q, options?: RequestOptions): Promise<void>
  /** Sends a request and gives its first answer. @throws KernelError; SocketError ENODATA if the kernel agrees without one */
  requestReply<Q, R>(operation: Operation<Q, R>, body: Q, options?: RequestOptions): Promise<R>
  /** As `requestReply`, with all answers of a request that is not a dump. */
  requestReplies<Q, R>(operation: Operation<Q, R>, body: Q, options?: RequestOptions): Promise<R[]>
  /** Sends a request without asking for an answer. Resolves when it is on its way, or has its place behind those made before. */
  post<Q>(command: Command<Q>, body: Q, flags?: number): Promise<void>
  /** A dump; NLM_F_DUMP is added. */
  dump<Q, R>(operation: Operation<Q, R>, body: Q, options?: RequestOptions): Dump<R>
  /**
   * As `dump(…).map(select)`, for those who want a few fields of each of very many objects: what `select` is given reads
   * its fields from the message when they are asked for, and is another object's at its next call.
   */
  scan<Q, R, T>(
    operation: Operation<Q, R>,
    body: Q,
    select: (value: R) => T | undefined,
    options?: RequestOptions,
  ): Dump<T>
  /** An empty batch. A datagram is sent on its own when it would exceed `bytesMax` (default 32,768). */
  batch(options?: { readonly bytesMax?: number }): Batch
  /** Joins multicast groups, by the numbers of the transport's ABI. */
  subscribe<E>(groups: readonly number[], options: SubscribeOptions<E>): Subscription<E>
  watch<T, K extends string | number>(options: WatchOptions<T, K>): Watch<T, K>
  /** Closes the socket; everything that waits ends with SocketError EBADF. */
  close(): Promise<void>
}
