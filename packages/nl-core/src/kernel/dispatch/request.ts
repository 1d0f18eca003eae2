import { NLMSG_HDRLEN } from '../../constants.ts'
import type { Abi } from '../../model/abi.ts'
import type { Cred } from '../../model/cred.ts'
import type { PortId, VnetId } from '../../model/ids.ts'
import type { Caller, Ctx, Origin } from '../../model/task.ts'
import type { Frame } from '../../wire/codec.ts'
import type { BodySpec } from '../../wire/schema.ts'
import type { Request } from '../handler.ts'
import type { RawRequest } from '../protocol.ts'
import { closeSignal, type Sock } from '../socket/sock.ts'
import { appendEcho } from './reply.ts'

/**
 * One request while it is served: what a protocol sees before the body is decoded, what the handler sees, and what its
 * notifications quote. A class because one is made per message, and its methods would be closures otherwise.
 */
export class RequestRecord implements Request<unknown>, RawRequest, Origin {
  readonly sock: Sock
  readonly frame: Frame
  /** Of the `nlmsghdr` in the frame. */
  readonly start: number
  readonly end: number
  readonly type: number
  readonly flags: number
  readonly seq: number
  readonly portid: PortId
  readonly caller: Caller | undefined
  /** The sender named the kernel as its destination. */
  readonly addressed: boolean
  body: unknown = undefined
  /** How the body was decoded; `undefined` before it is known. */
  schema: BodySpec<unknown> | undefined = undefined
  warning: string | undefined = undefined
  cookieBytes: Uint8Array | undefined = undefined
  /** The acknowledgement has been written: what comes now comes too late. */
  answered = false

  constructor(sock: Sock, frame: Frame, start: number, end: number, caller: Caller | undefined, addressed: boolean) {
    const words = frame.words as Int32Array // the kernel's own copies start on a 4-byte border
    const at = start >> 2
    const typeAndFlags = words[at + 1] as number
    this.sock = sock
    this.frame = frame
    this.start = start
    this.end = end
    this.type = typeAndFlags & 0xffff
    this.flags = typeAndFlags >>> 16
    this.seq = (words[at + 2] as number) >>> 0
    this.portid = sock.port as PortId
    this.caller = caller
    this.addressed = addressed
  }

  get abi(): Abi {
    return this.sock.rules.abi
  }

  get vnet(): VnetId {
    return this.sock.vnet
  }

  get cred(): Cred {
    return this.sock.cred
  }

  get pid(): number {
    return this.sock.pid
  }

  get strict(): boolean {
    return this.sock.flags.strict
  }

  get payload(): Uint8Array {
    return this.frame.bytes.subarray(this.start + NLMSG_HDRLEN, this.end)
  }

  get signal(): AbortSignal {
    return closeSignal(this.sock)
  }

  warn(text: string): void {
    this.warning ??= text
  }

  cookie(bytes: Uint8Array): void {
    this.cookieBytes = bytes
  }

  echo(encode: (abi: Abi) => Uint8Array | undefined): void {
    if (this.answered) return
    const message = encode(this.abi)
    if (message !== undefined) appendEcho(this.sock, message)
  }

  /** The context in which the handler runs. */
  context(): Ctx {
    const { sock } = this
    return {
      task: sock.task,
      vnet: sock.vnet,
      cred: sock.cred,
      scheduler: sock.core.scheduler,
      clock: sock.core.clock,
      origin: this,
      caller: this.caller,
    }
  }
}
