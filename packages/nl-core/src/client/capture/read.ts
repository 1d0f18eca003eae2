import { align4, NLM_F_REQUEST, NLMSG_HDRLEN } from '../../constants.ts'
import { WireError } from '../../errno/errors.ts'
import type { Abi } from '../../model/abi.ts'
import { u16At } from '../bytes.ts'
import {
  arphrdNetlink,
  blockTypes,
  type CaptureRecord,
  cookedLength,
  flagBits,
  linktypeNetlink,
  optionTypes,
  osNames,
  sectionMagic,
} from './pcapng.ts'

/** What a capture file holds. */
export interface Capture {
  /** The ABI whose numbers the messages have: FreeBSD's if the file says that it comes from there, else Linux's. */
  readonly abi: Abi
  readonly records: readonly CaptureRecord[]
}

/** What an interface block says. */
interface CaptureInterface {
  readonly netlink: boolean
  /** Units of time a second. */
  readonly unitsPerSecond: number
}

/** Magic words of the older pcap format: times in microseconds and nanoseconds. */
const pcapMagics: ReadonlyMap<number, number> = new Map([
  [0xa1b2c3d4, 1e6],
  [0xa1b23c4d, 1e9],
])
const pcapHeaderLength = 24
const pcapRecordLength = 16

function refuse(what: string, offset: number): never {
  throw new WireError(what, { offset, path: [] })
}

/**
 * Reads a capture of netlink: pcapng or pcap, of either byte order, with link type 253 as nlmon and {@link record} write
 * it. Packets of other link types and blocks of other kinds are passed over.
 * @throws WireError for a file that is neither, or is cut or garbled: `offset` says where
 */
export function readCapture(bytes: Uint8Array): Capture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < pcapHeaderLength) refuse(`${bytes.length} bytes are too few for a capture`, 0)
  for (const little of [true, false]) {
    const first = view.getUint32(0, little)
    if (first === blockTypes.section) return readPcapng(bytes, view)
    const unitsPerSecond = pcapMagics.get(first)
    if (unitsPerSecond !== undefined) return { abi: 'linux', records: readPcap(bytes, view, little, unitsPerSecond) }
  }
  return refuse('this is neither pcapng nor pcap', 0)
}

function readPcap(bytes: Uint8Array, view: DataView, little: boolean, unitsPerSecond: number): CaptureRecord[] {
  const records: CaptureRecord[] = []
  if ((view.getUint32(20, little) & 0xffff) !== linktypeNetlink) return records
  for (let at = pcapHeaderLength; at < bytes.length; ) {
    if (at + pcapRecordLength > bytes.length) refuse('the file ends inside the header of a packet', at)
    const start = at + pcapRecordLength
    const end = start + view.getUint32(at + 8, little)
    if (end > bytes.length) refuse('the file ends inside a packet', at)
    const time = view.getUint32(at, little) * 1000 + (view.getUint32(at + 4, little) / unitsPerSecond) * 1000
    keepPacket(records, bytes.subarray(start, end), time, undefined)
    at = end
  }
  return records
}

function readPcapng(bytes: Uint8Array, view: DataView): Capture {
  const records: CaptureRecord[] = []
  let interfaces: CaptureInterface[] = []
  let little = true
  let abi: Abi = 'linux'
  for (let at = 0; at < bytes.length; ) {
    if (at + 12 > bytes.length) refuse('the file ends inside the header of a block', at)
    if (view.getUint32(at, true) === blockTypes.section) {
      little = view.getUint32(at + 8, true) === sectionMagic
      if (!little && view.getUint32(at + 8) !== sectionMagic) refuse('a section without its byte order', at + 8)
      interfaces = []
    }
    const type = view.getUint32(at, little)
    const length = view.getUint32(at + 4, little)
    if (length < 12 || length % 4 !== 0 || at + length > bytes.length)
      refuse(`a block of ${length} bytes does not fit`, at + 4)
    if (view.getUint32(at + length - 4, little) !== length) refuse('the two lengths of a block differ', at + length - 4)
    const block = { bytes, view, little, start: at + 8, end: at + length - 4 }
    if (type === blockTypes.section) abi = sectionAbi(block) ?? abi
    else if (type === blockTypes.interface) interfaces.push(readInterface(block))
    else if (type === blockTypes.packet) readPacket(records, block, interfaces)
    at += length
  }
  return { abi, records }
}

/** The body of a block. */
interface Block {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly little: boolean
  readonly start: number
  readonly end: number
}

/** The first value of an option in the list that starts at an offset of a block. */
function findOption({ bytes, view, little, end }: Block, start: number, wanted: number): Uint8Array | undefined {
  for (let at = start; at + 4 <= end; ) {
    const type = view.getUint16(at, little)
    const length = view.getUint16(at + 2, little)
    if (type === optionTypes.end) return undefined
    if (at + 4 + length > end) refuse(`an option of ${length} bytes does not fit its block`, at)
    if (type === wanted) return bytes.subarray(at + 4, at + 4 + length)
    at += 4 + align4(length)
  }
  return undefined
}

function need({ start, end }: Block, length: number): void {
  if (end - start < length) refuse(`${end - start} bytes are too few for this block`, start)
}

function sectionAbi(block: Block): Abi | undefined {
  need(block, 16)
  const os = findOption(block, block.start + 16, optionTypes.os)
  return os !== undefined && new TextDecoder().decode(os).startsWith(osNames.freebsd) ? 'freebsd' : undefined
}

function readInterface(block: Block): CaptureInterface {
  need(block, 8)
  const { view, little, start } = block
  const resolution = findOption(block, start + 8, optionTypes.tsresol)?.[0] ?? 6
  return {
    netlink: view.getUint16(start, little) === linktypeNetlink,
    unitsPerSecond: (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f),
  }
}

function readPacket(records: CaptureRecord[], block: Block, interfaces: readonly CaptureInterface[]): void {
  need(block, 20)
  const { bytes, view, little, start, end } = block
  const interface_ = interfaces[view.getUint32(start, little)]
  if (interface_ === undefined) refuse('a packet of an interface that was not described', start)
  const length = view.getUint32(start + 12, little)
  if (start + 20 + length > end) refuse(`a packet of ${length} bytes does not fit its block`, start + 12)
  if (!interface_.netlink) return
  const units = view.getUint32(start + 4, little) * 0x1_0000_0000 + view.getUint32(start + 8, little)
  const flags = findOption(block, start + 20 + align4(length), optionTypes.flags)
  const bits = flags?.[little ? 0 : 3]
  keepPacket(records, bytes.subarray(start + 20, start + 20 + length), (units / interface_.unitsPerSecond) * 1000, bits)
}

/** Takes a packet off its header. Without direction bits, requests are what was sent: the header's first field is not reliable. */
function keepPacket(records: CaptureRecord[], packet: Uint8Array, time: number, flags: number | undefined): void {
  if (packet.length < cookedLength + NLMSG_HDRLEN) return
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  if (view.getUint16(2) !== arphrdNetlink) return
  const bytes = packet.slice(cookedLength)
  const bits = (flags ?? 0) & (flagBits.sent | flagBits.received)
  const sent = bits === 0 ? (u16At(bytes, 6) & NLM_F_REQUEST) !== 0 : bits === flagBits.sent
  records.push({ time, direction: sent ? 'sent' : 'received', protocol: view.getUint16(14), bytes })
}
