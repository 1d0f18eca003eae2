import { type Fault, NetlinkError, WireError } from '../../errno/errors.ts'
import type { Failure } from './ack.ts'
import { offsetOfPath } from './attribute-path.ts'
import type { RequestRecord } from './request.ts'

/**
 * What the acknowledgement says about an error. Anything but a refusal in the terms of netlink is a defect of the
 * handler: it is reported to the kernel's owner, and the requester gets EIO.
 */
export function failureOf(request: RequestRecord, error: unknown): Failure {
  if (error instanceof WireError) {
    return { code: error.code, text: error.kernelText, offset: error.offset - request.start }
  }
  if (error instanceof NetlinkError) return refusalOf(request, error)
  request.sock.core.defect(error, `message type ${request.type} of protocol ${request.sock.protocol}`)
  return { code: 'EIO', text: 'internal error' }
}

function refusalOf(request: RequestRecord, { code, text, fault }: NetlinkError): Failure {
  const { missType, missNest, cookie, policy } = fault
  return { code, text, offset: fault.offset ?? offsetOfAttribute(request, fault), cookie, policy, missType, missNest }
}

function offsetOfAttribute(request: RequestRecord, { attr }: Fault): number | undefined {
  if (attr === undefined || request.schema === undefined) return undefined
  return offsetOfPath(request, typeof attr === 'string' ? [attr] : attr)
}
