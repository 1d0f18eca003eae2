import { WireError } from '@nltool/nl-core/errno'
import { type Abi, abis } from '@nltool/nl-core/model'
import { toHex } from '@nltool/nl-core/testing'
import { frameOf, messages } from '@nltool/nl-core/wire'
import type { AnyBody } from '@nltool/nl-route'
import { describe, expect, it } from 'vitest'
import { type Vector, vectors } from './load.ts'
import { schemaOf } from './schemas.ts'
import { spoilings } from './spoil.ts'

interface Body {
  readonly vector: Vector
  readonly schema: AnyBody
  readonly bytes: Uint8Array
}

/** Every body of every vector that a schema describes, each once. */
function typedBodies(): Body[] {
  const bodies = new Map<string, Body>()
  for (const vector of vectors) {
    for (const datagram of [vector.send, ...vector.recv]) {
      for (const { type, start, end } of messages(frameOf(datagram))) {
        const schema = schemaOf(vector.protocol, type)
        const bytes = datagram.slice(start, end)
        if (schema !== undefined) bodies.set(`${schema.name} ${toHex(bytes)}`, { vector, schema, bytes })
      }
    }
  }
  return [...bodies.values()]
}

const bodies = typedBodies()
const schemas = [...new Set(bodies.map(({ schema }) => schema))]

/** What is wrong with the way in which a decoder refuses bytes; `undefined` if nothing is. */
function fault({ schema }: Body, bytes: Uint8Array, abi: Abi): string | undefined {
  try {
    schema.decode(bytes, abi)
    return undefined
  } catch (error) {
    if (!(error instanceof WireError)) return `threw ${error}`
    if (!Number.isInteger(error.offset) || error.offset < 0 || error.offset > bytes.length)
      return `offset ${error.offset} of ${bytes.length}`
    const [outermost] = error.path
    if (outermost !== undefined && !schema.attrs.attributes.some(({ name }) => outermost.startsWith(name)))
      return `path ${error.path.join('.')}`
    // A list that is broken at the top of the message lies in no attribute; the text says which one broke it.
    const inHeader = bytes.length < schema.header.size
    if (!inHeader && outermost === undefined && !/attribute \d+/.test(error.message))
      return `no path for ${error.message}`
    return undefined
  }
}

describe('a decoder of spoiled bytes', () => {
  for (const schema of schemas) {
    const own = bodies.filter(body => body.schema === schema)
    it(`throws only WireError, with offset and path: ${schema.name}, ${own.length} bodies`, () => {
      const faults: string[] = []
      let count = 0
      for (const body of own) {
        for (const { how, bytes } of spoilings(body.bytes)) {
          for (const abi of abis) {
            count++
            const found = fault(body, bytes, abi)
            if (found !== undefined) faults.push(`${body.vector.name}, ${abi}, ${how}: ${found}`)
          }
        }
      }
      expect(faults.slice(0, 10)).toEqual([])
      expect(count).toBeGreaterThan(0)
    })
  }
})
