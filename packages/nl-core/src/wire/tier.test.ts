import { describe, expect, it } from 'vitest'
import { attributeSet } from './attributes.ts'
import { body } from './body.ts'
import { createWriter, frameOf } from './frame.ts'
import { struct } from './struct.ts'
import { nulString, u32 } from './values.ts'

const header = struct('thing', { id: u32 })
const attrs = attributeSet({ THING_NAME: [1, 'name', nulString()], THING_SIZE: [2, 'size', u32] })
const thing = body(header, attrs)
const value = { header: { id: 7 }, attrs: { name: 'lo0', size: 16384 } }

describe('a codec that is compiled once it is used often', () => {
  it('writes and reads the same before and after, also by methods that were taken out of it', () => {
    const codec = thing.codec('freebsd')
    const { encode, decode } = codec
    const seen = new Set<string>()
    for (let use = 0; use < 60; use++) {
      const writer = createWriter()
      if (use % 2 === 0) encode(writer, value)
      else codec.encode(writer, value)
      const bytes = writer.bytes.slice(0, writer.pos)
      seen.add(bytes.join())
      expect((use % 3 === 0 ? decode : codec.decode)(frameOf(bytes), 0, bytes.length)).toEqual(value)
    }
    expect(seen.size).toBe(1)
  })

  it('replaces its methods when it is compiled, and only then', () => {
    const codec = body(header, attrs).codec('linux')
    const before = codec.encode
    const write = () => codec.encode(createWriter(), value)
    for (let use = 0; use < 24; use++) write()
    expect(codec.encode).toBe(before)
    write()
    const compiled = codec.encode
    expect(compiled).not.toBe(before)
    write()
    expect(codec.encode).toBe(compiled)
  })
})
