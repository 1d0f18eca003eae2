import { Failure } from '../failure.ts'
import type { Datagram } from './capture.ts'

/** LINKTYPE_NETLINK: packets have a header of 16 bytes, of which the last two are the protocol, in network order. */
const linktypeNetlink = 253
const cookedBytes = 16

const pcapMagics: ReadonlyMap<number, 'big' | 'little'> = new Map([
  [0xa1b2c3d4, 'big'],
  [0xa1b23c4d, 'big'], // nanoseconds
  [0xd4c3b2a1, 'little'],
  [0x4d3cb2a1, 'little'],
])
const pcapngMagic = 0x0a0d0d0a
const byteOrderMagic = 0x1a2b3c4d

/** Whether bytes start like a capture file, pcap(5) or pcapng. */
export function isPcap(bytes: Uint8Array): boolean {
  const magic = bytes.length < 4 ? 0 : viewOf(bytes).getUint32(0)
  return magic === pcapngMagic || pcapMagics.has(magic)
}

/** The netlink datagrams of a capture file. @throws Failure for one that is cut or holds other packets */
export function readPcap(bytes: Uint8Array): Datagram[] {
  return viewOf(bytes).getUint32(0) === pcapngMagic ? readPcapng(bytes) : readClassic(bytes)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function readClassic(bytes: Uint8Array): Datagram[] {
  const view = viewOf(bytes)
  const little = pcapMagics.get(view.getUint32(0)) === 'little'
  if (bytes.length < 24) throw cut(0)
  checkLinktype(view.getUint32(20, little))
  const found: Datagram[] = []
  for (let at = 24; at < bytes.length; ) {
    if (bytes.length - at < 16) throw cut(at)
    const length = view.getUint32(at + 8, little)
    found.push(packet(bytes, at + 16, length))
    at += 16 + length
  }
  return found
}

/** Block types of pcapng: section header, interface description, simple and enhanced packet. */
const blocks = { section: pcapngMagic, interface: 1, simple: 3, enhanced: 6 } as const

function readPcapng(bytes: Uint8Array): Datagram[] {
  const view = viewOf(bytes)
  const found: Datagram[] = []
  let little = true
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 12) throw cut(at)
    if (view.getUint32(at) === blocks.section) little = view.getUint32(at + 8, true) === byteOrderMagic
    const type = view.getUint32(at, little)
    const length = view.getUint32(at + 4, little)
    if (length < 12 || length > bytes.length - at) throw cut(at)
    if (type === blocks.interface) checkLinktype(view.getUint16(at + 8, little))
    if (type === blocks.enhanced && length >= 32) found.push(packet(bytes, at + 28, view.getUint32(at + 20, little)))
    if (type === blocks.simple && length >= 16) found.push(packet(bytes, at + 12, view.getUint32(at + 8, little)))
    at += length
  }
  return found
}

function packet(bytes: Uint8Array, at: number, length: number): Datagram {
  if (length > bytes.length - at || length < cookedBytes) throw cut(at)
  const protocol = viewOf(bytes).getUint16(at + cookedBytes - 2)
  return { bytes: bytes.slice(at + cookedBytes, at + length), protocol }
}

function checkLinktype(linktype: number): void {
  if (linktype === linktypeNetlink) return
  throw new Failure(`the capture holds packets of link type ${linktype}, not netlink (${linktypeNetlink})`)
}

function cut(offset: number): Failure {
  return new Failure(`the capture is cut or damaged at offset ${offset}`)
}
