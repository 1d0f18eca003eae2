import { createNetlink, handler, type Request } from '@nltool/nl-core/kernel'
import { type Abi, rootCred, vnet0 } from '@nltool/nl-core/model'
import { manualScheduler, seededRandom } from '@nltool/nl-core/scheduler'
import { hex, messageBytes, splitMessages } from '@nltool/nl-core/testing'
import {
  attributeSet,
  body,
  bytes,
  flag,
  type Infer,
  ip,
  nested,
  nulString,
  string,
  struct,
  u8,
  u16,
  u32,
  u64,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { errorOf, received } from './fixture.ts'

/** One attribute of each getter. */
const attrs = attributeSet({
  A_FLAG: [1, 'flag', flag],
  A_U8: [2, 'u8', u8],
  A_U16: [3, 'u16', u16],
  A_U32: [4, 'u32', u32],
  A_U64: [5, 'u64', u64],
  A_IP: [6, 'ip', ip],
  A_STRING: [7, 'string', nulString()],
  A_STRINGN: [8, 'stringn', string()],
  A_BYTES: [9, 'bytes', bytes()],
  A_FIXED: [11, 'fixed', bytes({ length: 4 })],
  A_NEST: [10, 'nest', nested(() => attributeSet({ IN_U32: [1, 'u32', u32] }))],
})
const anyBody = body(struct('anymsg', { id: u32 }), attrs)
type AnyBody = Infer<typeof anyBody>

/** Sends header and attributes as one request; returns errno, text and offset of the answer, or what was decoded. */
function parse(attributes: Uint8Array, options: readonly number[] = [11, 10], abi: Abi = 'freebsd') {
  const scheduler = manualScheduler()
  const netlink = createNetlink({ scheduler, clock: scheduler.clock, random: seededRandom(1) })
  const seen: AnyBody[] = []
  const row = handler({ body: anyBody, do: (request: Request<AnyBody>) => void seen.push(request.body) })
  netlink.register({ number: 0, name: 'any', handlerOf: () => row, replyType: () => 16, groups: () => 1 })
  const socket = netlink.open({ protocol: 0, cred: rootCred, pid: 1, vnet: vnet0, abi })
  for (const option of options) socket.setsockopt(270, option, 1)
  const payload = new Uint8Array(4 + attributes.length)
  payload.set(attributes, 4)
  socket.send(messageBytes({ type: 16, flags: 5, seq: 1 }, payload))
  scheduler.runUntilIdle()
  const [answer] = splitMessages(received(socket.recv(1000)).data)
  if (answer === undefined) throw new Error('no answer')
  if (errorOf(answer) === 0) return seen[0]?.attrs
  return { errno: errorOf(answer), ...extAckOf(answer.payload.subarray(20)) }
}

function extAckOf(tlvs: Uint8Array): { text?: string; offset?: number } {
  const view = new DataView(tlvs.buffer, tlvs.byteOffset, tlvs.length)
  const found: { text?: string; offset?: number } = {}
  for (let at = 0; at < tlvs.length; at += (view.getUint16(at, true) + 3) & ~3) {
    const end = at + view.getUint16(at, true)
    if (view.getUint16(at + 2, true) === 1) found.text = new TextDecoder().decode(tlvs.subarray(at + 4, end - 1))
    else found.offset = view.getUint32(at + 4, true)
  }
  return found
}

const EINVAL = 22
const EOPNOTSUPP = 45

describe('NS 7.4 getters', () => {
  it.each([
    ['flag: length 0', hex`0400 0100`, { flag: true }],
    ['uint8: exactly 1', hex`0500 0200 07 000000`, { u8: 7 }],
    ['uint16: exactly 2', hex`0600 0300 0102 0000`, { u16: 0x0201 }],
    ['uint32: exactly 4', hex`0800 0400 01020304`, { u32: 0x04030201 }],
    ['uint64: exactly 8', hex`0c00 0500 0102030405060708`, { u64: 0x0807060504030201n }],
    ['string: contains a NUL', hex`0700 0700 616200 00`, { string: 'ab' }],
    ['stringn: anything', hex`0600 0800 6162 0000`, { stringn: 'ab' }],
    ['bytes', hex`0700 0900 010203 00`, { bytes: hex`010203` }],
    ['bytes(n): exactly n', hex`0800 0b00 01020304`, { fixed: hex`01020304` }],
    ['nested', hex`0c00 0a00 0800 0100 05000000`, { nest: { u32: 5 } }],
  ])('%s', (_row, attribute, expected) => {
    expect(parse(attribute)).toMatchObject(expected)
  })

  it.each([
    ['flag', hex`0500 0100 01 000000`, 'nla type 1 size(1) is not a flag'],
    ['uint8', hex`0600 0200 0102 0000`, 'nla type 2 size(2) is not uint8'],
    ['uint16', hex`0500 0300 01 000000`, 'nla type 3 size(1) is not uint16'],
    ['uint32', hex`0700 0400 010203 00`, 'nla type 4 size(3) is not uint32'],
    ['uint64', hex`0800 0500 01020304`, 'nla type 5 size(4) is not uint64'],
    ['string', hex`0600 0700 6162 0000`, 'nla type 7 size(2) is not NULL-terminated'],
  ])('%s of another size: EINVAL with its text and offset', (_row, attribute, text) => {
    expect(parse(attribute)).toEqual({ errno: EINVAL, text, offset: 20 })
  })

  it('bytes(n) of another size: EINVAL, offset', () => {
    expect(parse(hex`0700 0b00 010203 00`)).toMatchObject({ errno: EINVAL, offset: 20 })
    expect(parse(hex`0900 0b00 0102030405 000000`)).toMatchObject({ errno: EINVAL, offset: 20 })
  })

  it('ip: 4 or 16', () => {
    const ipOf = (attribute: Uint8Array) => String((parse(attribute) as AnyBody['attrs']).ip)
    expect(ipOf(hex`0800 0600 c0000201`)).toBe('192.0.2.1')
    expect(ipOf(hex`1400 0600 20010db8 00000000 00000000 00000001`)).toBe('2001:db8::1')
  })

  it('ip: other length ENOTSUP `unknown IP len: %d for rta type %d`', () => {
    expect(parse(hex`0900 0600 0102030405 000000`)).toEqual({
      errno: EOPNOTSUPP,
      text: 'unknown IP len: 5 for rta type 6',
      offset: 20,
    })
  })

  it('nested: inner error, and the offset of the inner attribute is kept', () => {
    expect(parse(hex`0800 0400 01000000 0c00 0a00 0700 0100 010203 00`)).toEqual({
      errno: EINVAL,
      text: 'nla type 1 size(3) is not uint32',
      offset: 32,
    })
  })
})

describe('NS 7.3 attribute list', () => {
  it('nla_len < 4: EINVAL, text, offset of that attribute', () => {
    for (const length of ['00', '01', '02', '03']) {
      const bad = parse(hex`0800 0400 01000000 ${length}00 0400 01000000`)
      expect(bad).toMatchObject({ errno: EINVAL, offset: 28, text: expect.stringMatching(/^Invalid attr .*len: \d$/) })
    }
  })

  it('same type twice: the last wins', () => {
    expect(parse(hex`0800 0400 01000000 0800 0400 02000000`)).toMatchObject({ u32: 2 })
  })

  it('unknown type: ignored, in strict mode too', () => {
    expect(parse(hex`0800 6300 01000000 0800 0400 02000000`)).toMatchObject({ u32: 2 })
    expect(parse(hex`0800 6300 01000000 0800 0400 02000000`, [12])).toMatchObject({ u32: 2 })
  })

  it('known attribute of wrong size: EINVAL, strict or not (NS 7.5)', () => {
    for (const options of [
      [11, 10],
      [12, 11, 10],
    ]) {
      expect(parse(hex`0600 0400 0102 0000`, options)).toMatchObject({ errno: EINVAL, offset: 20 })
    }
  })

  it('the offset is printed, not a pointer', () => {
    expect(parse(hex`0300 0400 01000000`)).toEqual({ errno: EINVAL, text: 'Invalid attr 20 type 4 len: 3', offset: 20 })
  })

  it('trailing bytes: ignored', () => {
    for (const tail of ['01', '0102', '010203'])
      expect(parse(hex`0800 0400 02000000 ${tail}`)).toMatchObject({ u32: 2 })
  })

  it('errors stop at the first', () => {
    expect(parse(hex`0600 0400 0102 0000 0500 0400 01 000000`)).toMatchObject({ offset: 20, text: /size\(2\)/ })
  })
})

describe('NS 1.5, 1.6 attribute type flags and iteration', () => {
  it('NESTED and NET_BYTEORDER are stripped before look-up and never checked', () => {
    expect(parse(hex`0800 0480 02000000`)).toMatchObject({ u32: 2 })
    expect(parse(hex`0800 04c0 02000000`)).toMatchObject({ u32: 2 })
    expect(parse(hex`0c00 0a80 0800 0100 05000000`)).toMatchObject({ nest: { u32: 5 } })
  })

  it('an attribute whose end passes the message end is skipped silently with everything after it', () => {
    expect(parse(hex`0800 0400 02000000 0600 0300 0102`)).toMatchObject({ u32: 2, u16: undefined })
    const got = parse(hex`0800 0400 02000000 0c00 0500 01020304`)
    expect(got).toMatchObject({ u32: 2 })
    expect(got).not.toHaveProperty('errno')
  })

  it('a trailing attribute without padding is accepted on Linux, what is left over is not looked at', () => {
    expect(parse(hex`0800 0400 02000000 0600 0300 0102`, [], 'linux')).toMatchObject({ u32: 2, u16: 0x201 })
    expect(parse(hex`0800 0400 02000000 0c00 0500 01020304`, [], 'linux')).toMatchObject({ u32: 2, u64: undefined })
    expect(parse(hex`0800 0400 02000000 0300 0500 01020304`, [], 'linux')).toMatchObject({ u32: 2, u64: undefined })
  })
})
