import { NLM_F_REQUEST } from '../constants.ts'
import type { Abi } from '../model/abi.ts'
import type { Writer } from '../wire/codec.ts'
import { createWriter } from '../wire/frame.ts'
import { writeMessage } from '../wire/message.ts'
import type { Command } from './operation.ts'

/**
 * Appends one request to a writer, in the meaning and layout of the ABI. `nlmsg_pid` stays 0: the kernel knows who asks.
 * @throws WireError; nothing is appended then
 */
export function appendRequest<Q>(
  writer: Writer,
  abi: Abi,
  command: Command<Q>,
  value: Q,
  flags: number,
  seq: number,
): void {
  const { type, body } = command
  const meant = abi === 'linux' && body.linux !== undefined ? body.linux.toAbi(value) : value
  writeMessage(writer, { type, flags: NLM_F_REQUEST | command.flags | flags, seq, portid: 0 }, body.codec(abi), meant)
}

/** Encodes a request by itself. @throws WireError */
export function encodeRequest<Q>(abi: Abi, command: Command<Q>, value: Q, flags = 0, seq = 0): Uint8Array {
  const writer = createWriter({ size: 512 })
  appendRequest(writer, abi, command, value, flags, seq)
  return writer.bytes.slice(0, writer.pos)
}

/** Encodes single requests, each into the same buffer until that is given away. */
export interface Encoder {
  /** The bytes of a request, valid until the next call. @throws WireError */
  encode<Q>(command: Command<Q>, value: Q, flags: number, seq: number): Uint8Array
  /** Leaves the last bytes to somebody who is not done with them. */
  readonly giveAway: () => void
}

/** Makes the encoder of a connection. */
export function createEncoder(abi: Abi): Encoder {
  let writer = createWriter()
  let last = writer.bytes.subarray(0, 0)
  return {
    encode(command, value, flags, seq) {
      writer.pos = 0
      appendRequest(writer, abi, command, value, flags, seq)
      // Requests in a row are often of one length: a view less for each.
      if (last.length !== writer.pos || last.buffer !== writer.bytes.buffer) last = writer.bytes.subarray(0, writer.pos)
      return last
    },
    giveAway() {
      writer = createWriter()
    },
  }
}
