import type { Errno } from './table.ts'

/** Base of everything that the libraries throw about netlink: `code` is an errno name and starts the message. */
export abstract class NltoolError extends Error {
  readonly code: Errno
  constructor(code: Errno, text: string | undefined, options?: ErrorOptions) {
    super(text === undefined || text === '' ? code : `${code}: ${text}`, options)
    this.code = code
  }
}

/** Where in a request the fault lies, and what the acknowledgement says beside the errno. */
export interface Fault {
  /** Name of the attribute at fault, e.g. `'RTA_OIF'` or `'RTA_MULTIPATH[1]'`, or its path from the top, outermost first. */
  readonly attr?: string | readonly string[]
  /** Offset of the attribute at fault from the start of the message's `nlmsghdr`, bytes. */
  readonly offset?: number
  /** Number of a mandatory attribute that is missing (NLMSGERR_ATTR_MISS_TYPE). */
  readonly missType?: number
  /** Offset of the nest which lacks it (NLMSGERR_ATTR_MISS_NEST), bytes from the `nlmsghdr`. */
  readonly missNest?: number
  /** Bytes of NLMSGERR_ATTR_COOKIE. */
  readonly cookie?: Uint8Array
  /** Payload of NLMSGERR_ATTR_POLICY: the NL_POLICY_TYPE_ATTR_* of the policy that the attribute did not meet. */
  readonly policy?: Uint8Array
}

/** Thrown by a kernel-side handler: becomes an NLMSG_ERROR with the errno, and `text` as NLMSGERR_ATTR_MSG. */
export class NetlinkError extends NltoolError {
  override readonly name = 'NetlinkError'
  readonly text: string | undefined
  readonly fault: Fault
  constructor(code: Errno, text?: string, fault: Fault = {}) {
    super(code, text)
    this.text = text
    this.fault = fault
  }
}

/** What a codec found wrong in bytes, or in a value to be encoded. */
export interface WireFault {
  /** errno that a FreeBSD kernel answers for it: EINVAL, or EOPNOTSUPP for an address of unknown length. */
  readonly code?: Errno
  /** Offset of the fault from the start of the buffer that was decoded, bytes. */
  readonly offset: number
  /** Names of the attributes around the fault, outermost first; empty for the fixed header. */
  readonly path: readonly string[]
  /** NLMSGERR_ATTR_MSG text of a FreeBSD kernel for this fault, e.g. `nla type 4 size(3) is not uint32`. */
  readonly kernelText?: string
}

/** Bytes that are not what the schema says, or a value that the schema cannot express. Nothing was changed. */
export class WireError extends NltoolError {
  override readonly name = 'WireError'
  /** The fault in words, without its place. */
  readonly what: string
  readonly offset: number
  readonly path: readonly string[]
  readonly kernelText: string | undefined
  constructor(what: string, fault: WireFault) {
    const where = fault.path.length === 0 ? '' : `${fault.path.join('.')}: `
    super(fault.code ?? 'EINVAL', `${where}${what} (offset ${fault.offset})`)
    this.what = what
    this.offset = fault.offset
    this.path = fault.path
    this.kernelText = fault.kernelText
  }
}

/** A socket call that failed on this side: EBADF, EAGAIN, ENOBUFS, ENOPROTOOPT and the like. */
export class SocketError extends NltoolError {
  override readonly name = 'SocketError'
  constructor(code: Errno, text?: string, options?: ErrorOptions) {
    super(code, text, options)
  }
}

/** The parts of a {@link KernelError}. */
export interface KernelErrorParts {
  readonly code: Errno
  /** The number as received, made positive: of the numbering of the transport's ABI. */
  readonly errno: number
  /** NLMSGERR_ATTR_MSG, the kernel's own words. */
  readonly text?: string | undefined
  readonly offset?: number | undefined
  readonly attr?: string | undefined
  readonly missing?: string | undefined
  readonly policy?: string | undefined
  readonly index?: number | undefined
  readonly seq?: number | undefined
  readonly request?: string | undefined
  /** What the request was for, in the caller's words: `family nlctrl`. */
  readonly subject?: string | undefined
  readonly cookie?: Uint8Array | undefined
}

/** The kernel refused a request: NLMSG_ERROR, or a dump that ended in an error. */
export class KernelError extends NltoolError {
  override readonly name = 'KernelError'
  /** Positive errno number as received, of the numbering of the transport's ABI. */
  readonly errno: number
  /** NLMSGERR_ATTR_MSG, the kernel's own words, or `undefined`. */
  readonly text: string | undefined
  /** NLMSGERR_ATTR_OFFS: bytes from the start of the request's `nlmsghdr`. */
  readonly offset: number | undefined
  /** Path of the attribute that the offset points at, e.g. `RTA_MULTIPATH[1].RTA_GATEWAY`. */
  readonly attr: string | undefined
  /** Path of a mandatory attribute that the request lacks. */
  readonly missing: string | undefined
  /** The policy that was violated, in words. */
  readonly policy: string | undefined
  /** Which request of a batch, counted from 0. */
  readonly index: number | undefined
  /** Sequence number of the request. */
  readonly seq: number | undefined
  /** Name of the request's message type, e.g. `RTM_NEWROUTE`. */
  readonly request: string | undefined
  /** What the request was for, in the caller's words: `family nlctrl`. */
  readonly subject: string | undefined
  /** NLMSGERR_ATTR_COOKIE. */
  readonly cookie: Uint8Array | undefined
  constructor(parts: KernelErrorParts) {
    super(parts.code, describe(parts))
    this.errno = parts.errno
    this.text = parts.text
    this.offset = parts.offset
    this.attr = parts.attr
    this.missing = parts.missing
    this.policy = parts.policy
    this.index = parts.index
    this.seq = parts.seq
    this.request = parts.request
    this.subject = parts.subject
    this.cookie = parts.cookie
  }
}

function describe(parts: KernelErrorParts): string {
  const said: string[] = []
  if (parts.text !== undefined) said.push(parts.text)
  if (parts.attr !== undefined) said.push(`at ${parts.attr}`)
  if (parts.missing !== undefined) said.push(`${parts.missing} is missing`)
  if (parts.policy !== undefined) said.push(`allowed: ${parts.policy}`)
  if (parts.request !== undefined) said.push(`in ${parts.request}`)
  if (parts.subject !== undefined) said.push(`for ${parts.subject}`)
  return said.join(', ')
}

/** A request whose refusal says what it was for, where its name does not. */
export async function about<T>(request: Promise<T>, subject: string): Promise<T> {
  try {
    return await request
  } catch (error) {
    throw error instanceof KernelError ? new KernelError({ ...error, subject }) : error
  }
}
