import { align4 } from '../../constants.ts'
import type { Body } from '../../wire/codec.ts'
import type { AbiRules } from '../abi-rules.ts'
import type { Sock } from '../socket/sock.ts'
import { flush, handOver } from './deliver.ts'
import { abortMessage, beginMessage, createReplyBuffer, endMessage, type ReplyBuffer } from './reply-buffer.ts'
import type { RequestRecord } from './request.ts'

/** Finished replies are handed over when they fill this many bytes (FreeBSD's NLMSG_LARGE). */
export const runMax = 2048

/** The reply buffer of a socket. */
export function replyBuffer(sock: Sock): ReplyBuffer {
  sock.reply ??= createReplyBuffer()
  return sock.reply
}

/** The reply buffer of a socket, for the next reply: a long run before it is handed over first. */
export function openReply(sock: Sock): ReplyBuffer {
  const reply = replyBuffer(sock)
  if (reply.pos - reply.start >= runMax) handOver(sock, reply, reply.pos, reply.messages)
  return reply
}

/** On a socket whose reads take one datagram each, every reply is a datagram of its own. */
export function closeReply(sock: Sock): void {
  if (sock.rules.datagrams) flush(sock)
}

/** A body as a listener of an ABI should see it: the model's meaning turned into a Linux program's. */
export function outbound<T>(schema: Body<T>, body: T, { translates }: AbiRules): T {
  return translates && schema.linux !== undefined ? schema.linux.toAbi(body) : body
}

/** Appends one message with a body. Nothing is appended if the body cannot be encoded. @throws WireError */
export function appendBody(
  request: RequestRecord,
  reply: ReplyBuffer,
  header: { readonly type: number; readonly flags: number },
  schema: Body<unknown>,
  body: unknown,
): void {
  const { rules } = request.sock
  const mark = beginMessage(reply, header.type, header.flags, request.seq, request.portid)
  try {
    schema.codec(rules.abi).encode(reply, outbound(schema, body, rules))
  } catch (error) {
    abortMessage(reply, mark)
    throw error
  }
  endMessage(reply, mark)
}

/** Answers a request with one object. @throws WireError */
export function replyWith(request: RequestRecord, type: number, schema: Body<unknown>, body: unknown): void {
  const { sock } = request
  const flags = request.flags & sock.rules.repliedFlags
  appendBody(request, openReply(sock), { type, flags }, schema, body)
  closeReply(sock)
}

/** Appends a whole message made elsewhere (NLM_F_ECHO). */
export function appendEcho(sock: Sock, message: Uint8Array): void {
  const reply = openReply(sock)
  reply.reserve(message.length)
  reply.bytes.set(message, reply.pos)
  reply.pos = align4(reply.pos + message.length)
  reply.messages += 1
  closeReply(sock)
}
