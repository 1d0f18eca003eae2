import {
  align4,
  NLA_F_NESTED,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  NLMSGERR_ATTR_COOKIE,
  NLMSGERR_ATTR_MISS_NEST,
  NLMSGERR_ATTR_MISS_TYPE,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
  NLMSGERR_ATTR_POLICY,
} from '../../constants.ts'
import { errnoNumber } from '../../errno/convert.ts'
import type { Errno } from '../../errno/table.ts'
import type { AbiRules } from '../abi-rules.ts'
import { closeReply, openReply } from './reply.ts'
import { beginMessage, endMessage, type ReplyBuffer } from './reply-buffer.ts'
import type { RequestRecord } from './request.ts'

/** Why a request failed, as its acknowledgement says it. Offsets count from the request's `nlmsghdr`; 0 is none. */
export interface Failure {
  readonly code: Errno
  readonly text?: string | undefined
  readonly offset?: number | undefined
  readonly cookie?: Uint8Array | undefined
  readonly policy?: Uint8Array | undefined
  readonly missType?: number | undefined
  readonly missNest?: number | undefined
}

/** The i32 of NLMSG_ERROR and NLMSG_DONE: positive on FreeBSD, negative on Linux. */
export function errorNumber(code: Errno | undefined, { abi, errnoSign }: AbiRules): number {
  return code === undefined ? 0 : errnoNumber(code, abi) * errnoSign
}

/** Acknowledges success, if that was asked for. */
export function acknowledge(request: RequestRecord): void {
  request.answered = true
  if ((request.flags & NLM_F_ACK) !== 0) writeAck(request, undefined)
}

/** Answers with an error. EINTR says "no answer" on Linux, and on FreeBSD unless NLM_F_ACK is set. */
export function refuse(request: RequestRecord, failure: Failure): void {
  request.answered = true
  const asked = (request.flags & NLM_F_ACK) !== 0
  if (failure.code === 'EINTR' && !(asked && request.sock.rules.acknowledgesEintr)) return
  writeAck(request, failure)
}

function writeAck(request: RequestRecord, failure: Failure | undefined): void {
  const { sock, start, end } = request
  const reply = openReply(sock)
  const capped = failure === undefined || sock.flags.capAck
  const tlvs = sock.flags.extAck && says(request, failure, sock.rules)
  const flags = (capped ? NLM_F_CAPPED : 0) | (tlvs ? NLM_F_ACK_TLVS : 0)
  const mark = beginMessage(reply, NLMSG_ERROR, flags, request.seq, request.portid)
  quote(request, reply, errorNumber(failure?.code, sock.rules))
  if (!capped && end - start > NLMSG_HDRLEN) {
    reply.reserve(end - start - NLMSG_HDRLEN)
    reply.bytes.set(request.frame.bytes.subarray(start + NLMSG_HDRLEN, end), reply.pos)
    reply.pos = align4(reply.pos + end - start - NLMSG_HDRLEN)
  }
  if (tlvs) writeExtAck(reply, request, failure, sock.rules)
  endMessage(reply, mark)
  closeReply(sock)
}

/** The error and the request's header: as it was sent, on FreeBSD with the port of the socket in it. */
function quote({ frame, start, portid, sock }: RequestRecord, reply: ReplyBuffer, error: number): void {
  reply.reserve(20)
  const from = frame.words as Int32Array
  const source = start >> 2
  const { words } = reply
  const at = reply.pos >> 2
  words[at] = error
  words[at + 1] = from[source] as number
  words[at + 2] = from[source + 1] as number
  words[at + 3] = from[source + 2] as number
  words[at + 4] = sock.rules.quotesPort ? portid : (from[source + 3] as number)
  reply.pos += 20
}

/** Whether there is anything to say beside the errno, in the attributes that the ABI knows. */
export function says(request: RequestRecord, failure: Failure | undefined, rules: AbiRules): boolean {
  return rules.extAck.some(type => extAckValue[type]?.(request, failure, rules) !== undefined)
}

/** Appends NLMSGERR_ATTR_* in the order of the ABI. */
export function writeExtAck(
  reply: ReplyBuffer,
  request: RequestRecord,
  failure: Failure | undefined,
  rules: AbiRules,
): void {
  for (const type of rules.extAck) {
    const value = extAckValue[type]?.(request, failure, rules)
    if (value === undefined) continue
    reply.reserve(4 + value.length)
    reply.words[reply.pos >> 2] =
      (4 + value.length) | ((type === NLMSGERR_ATTR_POLICY ? type | NLA_F_NESTED : type) << 16)
    reply.bytes.set(value, reply.pos + 4)
    reply.pos = align4(reply.pos + 4 + value.length)
  }
}

type ExtAckValue = (request: RequestRecord, failure: Failure | undefined, rules: AbiRules) => Uint8Array | undefined

/** The payload of each attribute, or `undefined` where there is nothing to say. */
const extAckValue: { readonly [type: number]: ExtAckValue } = {
  [NLMSGERR_ATTR_MSG]: (request, failure, rules) =>
    textBytes(failure === undefined ? request.warning : failure.text, rules),
  [NLMSGERR_ATTR_OFFS]: (_request, failure) => u32Bytes(failure?.offset || undefined),
  [NLMSGERR_ATTR_COOKIE]: (request, failure) => (failure?.cookie ?? request.cookieBytes)?.subarray(0, cookieMax),
  [NLMSGERR_ATTR_POLICY]: (_request, failure) => failure?.policy,
  [NLMSGERR_ATTR_MISS_TYPE]: (_request, failure) => u32Bytes(failure?.missType),
  [NLMSGERR_ATTR_MISS_NEST]: (_request, failure) => u32Bytes(failure?.missNest),
}

/** NETLINK_MAX_COOKIE_LEN of Linux. */
const cookieMax = 20

const utf8 = new TextEncoder()

function textBytes(text: string | undefined, { textMax }: AbiRules): Uint8Array | undefined {
  if (text === undefined || text === '') return undefined
  const bytes = utf8.encode(text)
  const length = Math.min(bytes.length, textMax)
  const terminated = new Uint8Array(length + 1)
  terminated.set(bytes.subarray(0, length))
  return terminated
}

function u32Bytes(value: number | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
