import { describe, expect, it } from 'vitest'
import { createStateWriter, openStateFile } from './envelope.ts'

function sample(): Uint8Array {
  const file = createStateWriter()
  for (const [type, size] of [
    [0x10, 5],
    [0x18, 8],
  ] as const) {
    file.record(type, writer => {
      writer.reserve(size)
      for (let byte = 1; byte <= size; byte++) writer.bytes[writer.pos++] = byte
    })
  }
  return file.finish()
}

describe('state file', () => {
  it('gives back the records that were written, in order', () => {
    const { frame, records } = openStateFile(sample())
    expect(records.map(({ type, start, end }) => [type, [...frame.bytes.subarray(start, end)]])).toEqual([
      [0x10, [1, 2, 3, 4, 5]],
      [0x18, [1, 2, 3, 4, 5, 6, 7, 8]],
    ])
  })

  it('is refused when it is cut at any byte, with the place', () => {
    const bytes = sample()
    for (let length = 0; length < bytes.length; length++) {
      expect(() => openStateFile(bytes.subarray(0, length)), `cut to ${length} bytes`).toThrow(
        expect.objectContaining({ name: 'StateError', code: 'EINVAL', offset: expect.any(Number) }),
      )
    }
  })

  it('is refused when any byte of it is another one', () => {
    const bytes = sample()
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const spoiled = bytes.slice()
        spoiled[at] = (spoiled[at] as number) ^ flip
        expect(() => openStateFile(spoiled), `byte ${at} xor ${flip}`).toThrow(
          expect.objectContaining({ name: 'StateError' }),
        )
      }
    }
  })

  it('is refused with bytes behind its end', () => {
    expect(() => openStateFile(Uint8Array.of(...sample(), 0, 0, 0, 0))).toThrow('cut short')
  })

  it('is refused with a sentence when it comes from a later version', () => {
    const bytes = sample()
    bytes[24] = 2
    expect(() => openStateFile(bytes)).toThrow(
      'EINVAL: the file is of version 2, written by a later nltool; this one reads version 1 (at byte 24 of the state file)',
    )
  })

  it('is refused with a sentence when it is something else', () => {
    const other = new TextEncoder().encode('#!/bin/sh\necho this is not what you think\n')
    expect(() => openStateFile(other)).toThrow('this is not a state file of nltool')
    expect(() => openStateFile(new Uint8Array())).toThrow('cut short')
  })
})
