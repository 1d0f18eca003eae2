import { align4 } from '../../constants.ts'
import type { Abi } from '../../model/abi.ts'

/** Blocks of a pcapng file (IETF draft-ietf-opsawg-pcapng), numbers in little-endian order. */
export const blockTypes = { section: 0x0a0d0d0a, interface: 1, packet: 6 } as const
/** First word of a section, as its byte order has it. */
export const sectionMagic = 0x1a2b3c4d
/** LINKTYPE_NETLINK of tcpdump.org: 16 bytes, then netlink messages. */
export const linktypeNetlink = 253
/** The hardware type that its header carries, linux/if_arp.h. */
export const arphrdNetlink = 824
/** Bytes of its header. */
export const cookedLength = 16
/** Its first field: LINUX_SLL_HOST and LINUX_SLL_OUTGOING. */
export const cookedTypes = { received: 0, sent: 4 } as const
/** Options that are written and read. */
export const optionTypes = { end: 0, os: 3, application: 4, name: 2, tsresol: 9, flags: 2 } as const
/** Bits of the packet option epb_flags: the direction. */
export const flagBits = { received: 1, sent: 2 } as const
/** Names of the ABIs in the option shb_os. */
export const osNames = { freebsd: 'FreeBSD', linux: 'Linux' } as const satisfies Record<Abi, string>

/** A datagram of a recorded conversation. */
export interface CaptureRecord {
  /** Milliseconds since the Unix epoch, with a fraction. */
  readonly time: number
  /** `sent` to the kernel, or `received` from it. */
  readonly direction: 'sent' | 'received'
  /** NETLINK_*. */
  readonly protocol: number
  /** Netlink messages. */
  readonly bytes: Uint8Array
}

const text = new TextEncoder()

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true)
  return bytes
}

function option(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + align4(value.length))
  bytes.set(words(type | (value.length << 16)))
  bytes.set(value, 4)
  return bytes
}

/** A block: type, length, body in whole words, length again. */
function block(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + align4(part.length), 0)
  const bytes = new Uint8Array(length)
  bytes.set(words(type, length))
  let at = 8
  for (const part of parts) {
    bytes.set(part, at)
    at += align4(part.length)
  }
  bytes.set(words(length), at)
  return bytes
}

/** What a file starts with: a section of unknown length from a system of the ABI, and its one interface. */
export function captureStart(abi: Abi): Uint8Array {
  const section = block(
    blockTypes.section,
    words(sectionMagic, 1, 0xffff_ffff, 0xffff_ffff), // version 1.0
    option(optionTypes.os, text.encode(osNames[abi])),
    option(optionTypes.application, text.encode('nltool')),
    option(optionTypes.end, new Uint8Array(0)),
  )
  const interface_ = block(
    blockTypes.interface,
    words(linktypeNetlink, 0), // no limit of length
    option(optionTypes.name, text.encode('netlink')),
    option(optionTypes.end, new Uint8Array(0)),
  )
  const bytes = new Uint8Array(section.length + interface_.length)
  bytes.set(section)
  bytes.set(interface_, section.length)
  return bytes
}

/** One datagram as an enhanced packet block. Times have microseconds. */
export function capturePacket({ time, direction, protocol, bytes }: CaptureRecord): Uint8Array {
  const cooked = new Uint8Array(cookedLength)
  const view = new DataView(cooked.buffer)
  view.setUint16(0, cookedTypes[direction])
  view.setUint16(2, arphrdNetlink)
  view.setUint16(14, protocol)
  const packet = new Uint8Array(cookedLength + bytes.length)
  packet.set(cooked)
  packet.set(bytes, cookedLength)
  const micros = Math.round(time * 1000)
  return block(
    blockTypes.packet,
    words(0, Math.floor(micros / 0x1_0000_0000), micros >>> 0, packet.length, packet.length),
    packet,
    option(optionTypes.flags, words(flagBits[direction])),
    option(optionTypes.end, new Uint8Array(0)),
  )
}
