import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { captureWriter, NETLINK_GENERIC, NETLINK_ROUTE } from '@nltool/nl-core'
import { concatBytes, fromHex } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { parseHex, readInput } from './input.ts'
import { decodeDatagram } from './message.ts'
import { formatDecoded } from './text.ts'

const linux = { abi: 'linux', protocol: NETLINK_ROUTE } as const
const freebsd = { abi: 'freebsd', protocol: NETLINK_ROUTE } as const

// RTM_NEWROUTE of `route add 203.0.113.0/24 192.0.2.2`, with an attribute that no row describes.
const newRoute = `
  40000000 1800 0506 07000000 00000000
  02 18 00 00 00 04 00 01 00000000
  0800 0100 cb007100
  0800 0500 c0000202
  0c00 0800 0800 0200 dc050000
  0800 bb0b 01020304`

const text = (hex: string, origin: typeof linux | typeof freebsd = freebsd) =>
  decodeDatagram(parseHex(hex), origin).map(formatDecoded).join('\n')

describe('decode', () => {
  it('names header fields, flags, attributes and nests', () => {
    expect(text(newRoute)).toBe(`RTM_NEWROUTE len 64 flags <REQUEST,ACK,EXCL,CREATE> seq 7 pid 0
  rtmsg family inet dst_len 24 src_len 0 tos 0 table 0 protocol static scope universe type unicast flags 0
  RTA_DST 203.0.113.0
  RTA_GATEWAY 192.0.2.2
  RTA_METRICS
    RTAX_MTU 1500
  attribute 3003 01020304`)
  })

  it('numbers families by the ABI', () => {
    const getAddr = '18000000 1600 0103 01000000 00000000 0a000000 00000000'
    expect(text(getAddr, linux)).toContain('family inet6')
    expect(text(getAddr, freebsd)).toContain('family 10')
  })

  it('shows errno, request and the kernel’s words of an error', () => {
    const refused =
      '38000000 0200 0003 07000000 39300000 11000000 40000000 1800 0506 07000000 00000000 14000100 616c7265616479207468657265000000'
    expect(text(refused)).toBe(`NLMSG_ERROR EEXIST len 56 flags <CAPPED,ACK_TLVS> seq 7 pid 12345
  request type RTM_NEWROUTE seq 7
  NLMSGERR_ATTR_MSG already there`)
  })

  it('shows a message type without a schema as a tree of attributes', () => {
    const decoded = decodeDatagram(parseHex('1c000000 0001 0000 00000000 00000000 0c000180 08000200 2a000000'), freebsd)
    expect(decoded[0]).toMatchObject({
      type: 'type 256',
      body: [{ name: 'attribute 1', members: [{ name: 'attribute 2', value: '2a000000' }] }],
    })
  })

  it.each([
    ['4000', '2 bytes at offset 0 are too few for nlmsghdr'],
    ['08000000 1800 0506 07000000 00000000', 'nlmsghdr at offset 0: nlmsg_len 8 is not between 16 and the 16 bytes'],
    ['ff000000 1800 0506 07000000 00000000', 'nlmsg_len 255 is not between 16 and the 16 bytes that are left'],
    ['24000000 1800 0506 07000000 00000000 02 18 00 00 00 04 00 01 00000000 0700 0100 cb0071 00', 'RTA_DST'],
  ])('refuses %s with what is wrong and where', (hex, sentence) => {
    expect(() => text(hex)).toThrow(sentence)
  })

  it('decodes every message of every captured exchange', () => {
    const data = fileURLToPath(new URL('../../../../tests/vectors/data', import.meta.url))
    let count = 0
    for (const [directory, protocol] of [
      ['rtnetlink', NETLINK_ROUTE],
      ['genetlink', NETLINK_GENERIC],
    ] as const) {
      for (const file of readdirSync(`${data}/${directory}`).filter(
        name => !name.startsWith('derived') && !name.includes('err-'),
      )) {
        const { recv } = JSON.parse(readFileSync(`${data}/${directory}/${file}`, 'utf8')) as { recv: string[] }
        for (const hex of recv.filter(each => each !== '')) {
          const decoded = decodeDatagram(fromHex(hex), { abi: 'linux', protocol })
          expect(decoded.length, file).toBeGreaterThan(0)
          expect(() =>
            JSON.stringify(decoded, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
          ).not.toThrow()
          count += decoded.length
        }
      }
    }
    expect(count).toBeGreaterThan(100)
  })
})

describe('parseHex', () => {
  it('takes white space, prefixes and comments', () => {
    expect([...parseHex('0x14 00:00,00 // length\n ff # last')]).toEqual([0x14, 0, 0, 0, 0xff])
  })

  it.each([
    [
      'xxd',
      '00000000: 2000 0000 1200 0103 0100 0000 0000 0000  cafe............\n00000010: 0001 02ab                                ....',
    ],
    [
      'hexdump -C',
      '00000000  20 00 00 00 12 00 01 03  01 00 00 00 00 00 00 00  | ...............|\n00000010  00 01 02 ab       |....|\n00000014',
    ],
    ['tcpdump -x', '\t0x0000:  2000 0000 1200 0103 0100 0000 0000 0000\n\t0x0010:  0001 02ab'],
    ['strace -x', String.raw`"\x20\x00\x00\x00\x12\x00\x01\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\xab"`],
  ])('takes what %s prints', (_program, printed) => {
    expect(parseHex(printed)).toEqual(parseHex('20000000 12000103 01000000 00000000 000102ab'))
  })

  it.each([
    ['1', '1 hexadecimal digits are not whole bytes'],
    ['zz', "'z' is no hexadecimal digit"],
    [' ', 'there is nothing to decode'],
  ])('refuses `%s`', (digits, sentence) => expect(() => parseHex(digits)).toThrow(sentence))
})

describe('readInput', () => {
  const message = parseHex('20000000 1200 0103 01000000 00000000 00000000 00000000 00000000 00000000')

  it('reads a capture with protocol, direction and ABI', () => {
    const parts: Uint8Array[] = []
    const write = captureWriter(bytes => void parts.push(bytes), 'linux')
    write({ time: 1500, direction: 'sent', protocol: NETLINK_GENERIC, bytes: message })
    expect(readInput(concatBytes(...parts))).toMatchObject({
      kind: 'capture',
      abi: 'linux',
      records: [{ time: 1500, direction: 'sent', protocol: NETLINK_GENERIC, bytes: message }],
    })
  })

  it('takes text for hexadecimal digits and anything else for a datagram', () => {
    expect(readInput(new TextEncoder().encode('20 00'))).toEqual({ kind: 'datagram', bytes: Uint8Array.of(0x20, 0) })
    expect(readInput(message)).toEqual({ kind: 'datagram', bytes: message })
  })
})
