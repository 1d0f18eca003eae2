import type { Frame, Writer } from './codec.ts'

/** The views of bytes that codecs read through. Nothing is copied: the frame is as valid as the bytes are. */
export function frameOf(bytes: Uint8Array): Frame {
  const { buffer, byteOffset, length } = bytes
  return {
    bytes,
    words: (byteOffset & 3) === 0 ? new Int32Array(buffer, byteOffset, length >> 2) : undefined,
    view: new DataView(buffer, byteOffset, length),
  }
}

/** How a writer is made. */
export interface WriterOptions {
  /** Bytes to begin with; 2048 (NLMSG_LARGE) if absent. */
  readonly size?: number
}

/** The smallest capacity of a writer: NLMSG_SMALL of FreeBSD netlink_message_writer.c. */
const smallest = 128

/** An empty writer. It doubles whenever what is written does not fit. */
export function createWriter(options: WriterOptions = {}): Writer {
  const writer = {
    ...viewsOf(Math.max(options.size ?? 2048, smallest)),
    pos: 0,
    ensure(n: number): void {
      if (writer.pos + n <= writer.bytes.length) return
      let size = writer.bytes.length * 2
      while (size < writer.pos + n) size *= 2
      const grown = viewsOf(size)
      grown.bytes.set(writer.bytes.subarray(0, writer.pos))
      writer.bytes = grown.bytes
      writer.words = grown.words
      writer.view = grown.view
    },
    reserve(n: number): void {
      writer.ensure(n)
      writer.bytes.fill(0, writer.pos, writer.pos + n)
    },
  }
  return writer
}

function viewsOf(size: number): Pick<Writer, 'bytes' | 'words' | 'view'> {
  const buffer = new ArrayBuffer((size + 7) & ~7)
  return { bytes: new Uint8Array(buffer), words: new Int32Array(buffer), view: new DataView(buffer) }
}

/** Bytes one after another, in an array of their own. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
