import { align4, NLMSG_HDRLEN } from '@nltool/nl-core'
import { createWriter, type Frame, frameOf, type Writer } from '@nltool/nl-core/wire'
import { crc32 } from './crc32.ts'
import { StateError } from './error.ts'

/**
 * A state file is a run of records, each framed by an `nlmsghdr` like a netlink message: `nlmsg_seq` numbers the records
 * from 0, `nlmsg_flags` and `nlmsg_pid` are 0. The first begins with the magic number and the version; the last holds the
 * number of records before it and the CRC-32 of every byte before that checksum. All integers are little-endian.
 */

/** `nlmsg_type` of the first and the last record; those between are in the table of records. */
export const STATE_HEADER = 0x5301
export const STATE_TRAILER = 0x53ff

/** `NLTSTATE` in ASCII. */
const magic = Uint8Array.of(0x4e, 0x4c, 0x54, 0x53, 0x54, 0x41, 0x54, 0x45)
/** The version that this code writes, and the only one that it reads. */
export const stateVersion = 1

/** Bytes of the first record: `nlmsghdr`, magic, version u32. */
const headerBytes = NLMSG_HDRLEN + 12
/** Bytes of the last record: `nlmsghdr`, number of records before it u32, CRC-32 u32. */
const trailerBytes = NLMSG_HDRLEN + 8

/** One record: its body lies between two offsets of the file. */
export interface StateRecord {
  readonly type: number
  readonly start: number
  readonly end: number
}

/** Writes a state file. */
export interface StateWriter {
  /** Appends a record whose body `write` writes. */
  record(type: number, write: (writer: Writer) => void): void
  /** The whole file. Nothing can be appended afterwards. */
  finish(): Uint8Array
}

/** Starts a state file. */
export function createStateWriter(): StateWriter {
  const writer = createWriter({ size: 16384 })
  let count = 0

  function record(type: number, write: (writer: Writer) => void): void {
    const start = writer.pos
    writer.reserve(NLMSG_HDRLEN)
    writer.pos += NLMSG_HDRLEN
    write(writer)
    const length = writer.pos - start
    const padding = align4(length) - length
    writer.reserve(padding)
    writer.pos += padding
    writer.view.setUint32(start, length, true)
    writer.view.setUint16(start + 4, type, true)
    writer.view.setUint32(start + 8, count++, true)
  }

  function words(...values: readonly number[]): (writer: Writer) => void {
    return to => {
      to.reserve(4 * values.length)
      for (const value of values) {
        to.view.setUint32(to.pos, value, true)
        to.pos += 4
      }
    }
  }

  record(STATE_HEADER, to => {
    to.reserve(magic.length)
    to.bytes.set(magic, to.pos)
    to.pos += magic.length
    words(stateVersion)(to)
  })
  return {
    record,
    finish() {
      record(STATE_TRAILER, words(count, 0))
      const end = writer.pos
      writer.view.setUint32(end - 4, crc32(writer.bytes.subarray(0, end - 4)), true)
      return writer.bytes.slice(0, end)
    },
  }
}

/** A state file that is whole: checksum, framing and version are right, the records not yet decoded. */
export interface StateFile {
  readonly frame: Frame
  /** What lies between header and trailer, in order. */
  readonly records: readonly StateRecord[]
}

/**
 * Opens a state file. @throws StateError for bytes that are not one, for one of another version, and for one that was
 * cut short or damaged anywhere.
 */
export function openStateFile(bytes: Uint8Array): StateFile {
  const frame = frameOf(bytes)
  checkHeader(bytes, frame.view)
  const records = splitRecords(bytes, frame.view)
  const trailer = records.pop()
  if (trailer?.type !== STATE_TRAILER)
    throw new StateError('the file is cut short: its last record is missing', bytes.length)
  checkTrailer(bytes, frame.view, trailer, records.length)
  return { frame, records: records.slice(1) }
}

function checkHeader(bytes: Uint8Array, view: DataView): void {
  const at = NLMSG_HDRLEN
  const seen = bytes.subarray(at, at + magic.length)
  if (seen.some((byte, index) => byte !== magic[index])) {
    throw new StateError('this is not a state file of nltool: its magic number is wrong', at)
  }
  if (bytes.length < headerBytes) throw new StateError('the file is cut short in its header', bytes.length)
  const version = view.getUint32(at + magic.length, true)
  if (version > stateVersion) {
    throw new StateError(
      `the file is of version ${version}, written by a later nltool; this one reads version ${stateVersion}`,
      at + magic.length,
    )
  }
  if (version < stateVersion)
    throw new StateError(`the file is of version ${version}, which never was`, at + magic.length)
}

function splitRecords(bytes: Uint8Array, view: DataView): StateRecord[] {
  const records: StateRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < NLMSG_HDRLEN) throw new StateError('the file is cut short in the header of a record', at)
    const length = view.getUint32(at, true)
    if (length < NLMSG_HDRLEN) throw new StateError(`a record claims ${length} bytes, less than its header`, at)
    // Compared before it is rounded up: align4 works on 32 bits with a sign.
    if (length > bytes.length - at || at + align4(length) > bytes.length) {
      throw new StateError(`the file is cut short or damaged: a record of ${length} bytes does not fit`, at)
    }
    const seq = view.getUint32(at + 8, true)
    if (seq !== records.length) throw new StateError(`record ${records.length} is numbered ${seq}`, at + 8)
    records.push({ type: view.getUint16(at + 4, true), start: at + NLMSG_HDRLEN, end: at + length })
    at += align4(length)
  }
  return records
}

function checkTrailer(bytes: Uint8Array, view: DataView, trailer: StateRecord, count: number): void {
  const size = trailer.end - trailer.start + NLMSG_HDRLEN
  if (size !== trailerBytes)
    throw new StateError(`the last record has ${size} bytes, not ${trailerBytes}`, trailer.start)
  const counted = view.getUint32(trailer.start, true)
  if (counted !== count)
    throw new StateError(`the file has ${count} records where ${counted} were written`, trailer.start)
  const at = trailer.start + 4
  const wanted = view.getUint32(at, true)
  const computed = crc32(bytes.subarray(0, at))
  if (wanted !== computed) {
    throw new StateError(`the file is damaged: its CRC-32 is ${hex(computed)}, not ${hex(wanted)}`, at)
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
