import { align4, NLM_F_CAPPED, NLMSG_HDRLEN } from '../constants.ts'
import { attributeSet } from './attributes.ts'
import { body } from './body.ts'
import type { Frame } from './codec.ts'
import { refuse } from './fault.ts'
import type { Message } from './message.ts'
import { policyAttrs } from './policy-attrs.ts'
import type { Infer } from './schema.ts'
import { struct } from './struct.ts'
import { bytes, i32, nested, nulString, u16, u32 } from './values.ts'

/** NLMSGERR_ATTR_*, linux/netlink.h, in the order of FreeBSD: text, offset, cookie. */
export const nlmsgerrAttrs = attributeSet({
  NLMSGERR_ATTR_MSG: [1, 'msg', nulString()],
  NLMSGERR_ATTR_OFFS: [2, 'offs', u32, { doc: 'Offset of the attribute at fault from the nlmsghdr of the request.' }],
  NLMSGERR_ATTR_COOKIE: [3, 'cookie', bytes()],
  NLMSGERR_ATTR_POLICY: [4, 'policy', nested(policyAttrs, { flagged: true }), { doc: 'The policy that was violated.' }],
  NLMSGERR_ATTR_MISS_TYPE: [5, 'missType', u32, { doc: 'Number of the attribute that is missing.' }],
  NLMSGERR_ATTR_MISS_NEST: [6, 'missNest', u32, { doc: 'Offset of the nest that lacks it; absent for the top level.' }],
})
export interface ExtAck extends Infer<typeof nlmsgerrAttrs> {}

/** `struct nlmsgerr`: the result and the header of the request. Its payload and the ext-ack attributes follow. */
export const nlmsgerr = struct('nlmsgerr', {
  error: i32, // FreeBSD: errno; Linux: -errno; 0 is an acknowledgement
  len: u32,
  type: u16,
  flags: u16,
  seq: u32,
  pid: u32,
})

/** The ext-ack attributes by themselves, as they stand at the end of NLMSG_ERROR. */
export const extAckBody = body(struct('extack', {}), nlmsgerrAttrs)

/** NLMSG_DONE: the result of the dump, then on Linux ext-ack attributes. */
export const doneBody = body(struct('nlmsg_done', { error: i32 }), nlmsgerrAttrs, { name: 'NLMSG_DONE' })

/** The parts of an NLMSG_ERROR. */
export interface ErrorLayout {
  /** As it stands in the message: FreeBSD's positive errno or Linux's negative one. */
  readonly error: number
  /** `nlmsg_seq` of the request. */
  readonly seq: number
  /** Offset of the request's `nlmsghdr`; its quoted end. */
  readonly request: number
  readonly requestEnd: number
  /** Offset of the ext-ack attributes, which go to the end of the message. */
  readonly attrs: number
}

/**
 * Finds the parts of an NLMSG_ERROR. Attributes are looked for whether or not NLM_F_ACK_TLVS is set: FreeBSD sends
 * a cookie without it. @throws WireError if not even the header of the request is there
 */
export function errorLayout({ view }: Frame, { flags, start, end }: Message): ErrorLayout {
  const request = start + 4
  if (end - start < nlmsgerr.size) {
    refuse(`${end - start} bytes are too few for nlmsgerr, which has ${nlmsgerr.size}`, start, undefined)
  }
  const length = view.getUint32(request, true)
  const quoted = (flags & NLM_F_CAPPED) !== 0 || length < NLMSG_HDRLEN ? NLMSG_HDRLEN : length
  return {
    error: view.getInt32(start, true),
    seq: view.getUint32(request + 8, true),
    request,
    requestEnd: Math.min(request + quoted, end),
    attrs: Math.min(request + align4(quoted), end),
  }
}
