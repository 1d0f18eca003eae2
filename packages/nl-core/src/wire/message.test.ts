import { hex, toHex } from '@nltool/nl-core/testing'
import {
  abortMessage,
  attributeSet,
  beginMessage,
  beginNest,
  body,
  createWriter,
  doneBody,
  endMessage,
  endNest,
  errorLayout,
  extAckBody,
  frameOf,
  messages,
  putAttribute,
  struct,
  u32,
  writeMessage,
} from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'

const header = { type: 24, flags: 0x505, seq: 7, portid: 0x1234 }
const schema = body(struct('u', { x: u32 }), attributeSet({ A: [1, 'a', u32] }))

describe('messages', () => {
  it('are found one after another, whatever stands behind the last', () => {
    const datagram = hex`
      14000000 1800 0505 07000000 34120000 aabbccdd
      11000000 0300 0200 07000000 34120000 ee 000000
      10000000 0100 0000 00000000 00000000
      0f000000 0100 0000 00000000 00000000`
    expect([...messages(frameOf(datagram))]).toEqual([
      { ...header, offset: 0, start: 16, end: 20 },
      { type: 3, flags: 2, seq: 7, portid: 0x1234, offset: 20, start: 36, end: 37 },
      { type: 1, flags: 0, seq: 0, portid: 0, offset: 40, start: 56, end: 56 },
    ])
  })

  it.each([
    ['a header cut short', hex`10000000 0100 0000 00000000 000000`],
    ['a length below 16', hex`0f000000 0100 0000 00000000 00000000`],
    ['a length beyond the datagram', hex`11000000 0100 0000 00000000 00000000`],
    ['a length of 4 GiB', hex`ffffffff 0100 0000 00000000 00000000`],
    ['zeros', new Uint8Array(120)],
    ['nothing', new Uint8Array(0)],
  ])('end at %s', (_what, datagram) => {
    expect([...messages(frameOf(datagram))]).toEqual([])
  })

  it('may end without padding', () => {
    expect([...messages(frameOf(hex`11000000 0100 0000 00000000 00000000 aa`))]).toHaveLength(1)
  })
})

describe('writing messages', () => {
  it('sets lengths and pads with zeros, attribute by attribute', () => {
    const writer = createWriter({ size: 128 })
    writer.bytes.fill(0xee)
    const start = beginMessage(writer, header)
    const nest = beginNest(writer, 8)
    putAttribute(writer, 2, hex`dc05`)
    endNest(writer, nest)
    expect(endMessage(writer, start)).toBe(28)
    const odd = beginMessage(writer, header)
    writer.ensure(1)
    writer.bytes[writer.pos++] = 0xaa
    expect(endMessage(writer, odd)).toBe(17)
    expect(toHex(writer.bytes.subarray(0, writer.pos))).toBe(
      toHex(hex`
        1c000000 1800 0505 07000000 34120000  0c00 0800 0600 0200 dc05 0000
        11000000 1800 0505 07000000 34120000  aa 000000`),
    )
  })

  it('takes an open message back and leaves those before it', () => {
    const writer = createWriter()
    writeMessage(writer, header, schema.codec('freebsd'), { header: { x: 1 }, attrs: {} })
    const before = writer.pos
    const start = beginMessage(writer, header)
    putAttribute(writer, 1, new Uint8Array(5000))
    abortMessage(writer, start)
    expect(writer.pos).toBe(before)
  })

  it('writes a message whole or not at all', () => {
    const writer = createWriter()
    expect(() => writeMessage(writer, header, schema.codec('freebsd'), { header: { x: 1 }, attrs: { a: -1 } })).toThrow(
      'A: -1',
    )
    expect(writer.pos).toBe(0)
    expect(writeMessage(writer, header, schema.codec('freebsd'), { header: { x: 1 }, attrs: { a: 1 } })).toBe(28)
  })

  it('refuses what 16 bits of length cannot count', () => {
    const writer = createWriter()
    expect(() => putAttribute(writer, 1, new Uint8Array(65532))).toThrow('65532 bytes are more than')
    const nest = beginNest(writer, 1)
    putAttribute(writer, 1, new Uint8Array(40000))
    putAttribute(writer, 2, new Uint8Array(40000))
    expect(() => endNest(writer, nest)).toThrow('more than an attribute holds')
    expect(writer.pos).toBe(0)
  })
})

describe('control messages', () => {
  // Linux: RTM_NEWROUTE with RTA_DST of one byte; ERANGE with text, offset and policy.
  const refusal = hex`
    94000000 0200 0002 eb030000 f93d0000  deffffff
    2c000000 1800 0506 eb030000 00000000  02180000fe030001 00000000 0500010001000000 08000500c0000209
    2700 0100 417474726962757465206661696c656420706f6c6963792076616c69646174696f6e00 00
    0800 0200 1c000000
    2400 0480 0c00 0400 0000000000000000 0c00 0500 ffffffff00000000 0800 0100 04000000`

  it('tells the parts of an NLMSG_ERROR apart', () => {
    const frame = frameOf(refusal)
    const [message] = messages(frame)
    if (message === undefined) return expect.unreachable()
    const layout = errorLayout(frame, message)
    expect(layout).toEqual({ error: -34, seq: 0x3eb, request: 20, requestEnd: 64, attrs: 64 })
    const { attrs } = extAckBody.codec('linux').decode(frame, layout.attrs, message.end)
    expect(attrs).toEqual({
      msg: 'Attribute failed policy validation',
      offs: 28,
      policy: { minValueU: 0n, maxValueU: 0xffff_ffffn, type: 4 },
    })
  })

  it('finds the attributes behind a capped error, and behind none', () => {
    const capped = hex`24000000 0200 0001 07000000 34120000 00000000 ff000000 1800 0505 07000000 00000000`
    const frame = frameOf(capped)
    const [message] = messages(frame)
    expect(message && errorLayout(frame, message)).toMatchObject({ error: 0, requestEnd: 36, attrs: 36 })
    expect(() => errorLayout(frame, { ...header, offset: 0, start: 16, end: 35 })).toThrow('too few for nlmsgerr')
  })

  it('reads the result of a dump with and without attributes', () => {
    expect(doneBody.decode(hex`00000000`, 'freebsd').header.error).toBe(0)
    const done = doneBody.decode(hex`eaffffff 0600 0100 7800 0000`, 'linux')
    expect(done).toEqual({ header: { error: -22 }, attrs: { msg: 'x' } })
  })
})
