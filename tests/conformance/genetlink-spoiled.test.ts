import { NLM_F_ACK } from '@nltool/nl-core'
import { concatBytes, toHex } from '@nltool/nl-core/testing'
import { decodeTree, encodeTree } from '@nltool/nl-core/wire'
import { describe, expect, it } from 'vitest'
import { spoiledMessages } from '../vectors/spoil.ts'
import { allMessages, attr, createBench, errorOf, le, request, text } from './genetlink-bench.ts'
import { dummyModule } from './genetlink-nldummy.ts'

const NESTED = 0x8000
const inner = concatBytes(attr(1, le(1, 7)), text(7, 'inside'), attr(14 | NESTED, attr(9, new Uint8Array())))

/** Requests with every type of attribute that the reference family has. */
const requests: { readonly [what: string]: (type: number) => Uint8Array } = {
  echo: type =>
    request(
      1,
      [
        attr(1, le(1, 1)),
        attr(2, le(2, 2)),
        attr(3, le(4, 3)),
        attr(4, le(8, 4)),
        attr(5, le(4, -5)),
        attr(6, le(8, -6)),
        text(7, 'seven'),
        attr(8, Uint8Array.of(8, 8, 8)),
        attr(9, new Uint8Array()),
        attr(10, le(4, 10)),
        attr(11, le(8, -11)),
        attr(12, le(4, 3)),
        attr(13, le(4, 2)),
        attr(14 | NESTED, inner),
        attr(15, le(4, 1)),
        attr(15, le(4, 2)),
        attr(16, Uint8Array.of(0, 16)),
        attr(17, concatBytes(le(4, 1), le(4, 3))),
        attr(18, le(4, 18)),
        attr(19, Uint8Array.of(1, 2, 3)),
      ],
      { type, flags: NLM_F_ACK },
    ),
  fault: type => request(2, [attr(1, le(4, 22)), text(2, 'told to'), attr(3, le(4, 0)), attr(4, le(8, 1))], { type }),
  'counter-set': type =>
    request(5, [attr(1, le(4, 1)), text(2, 'one'), attr(3, le(8, 1)), attr(4, le(4, 1))], { type, flags: NLM_F_ACK }),
  getpolicy: () => request(10, [attr(1, le(2, 16)), attr(10, le(4, 3))], { flags: 0x300 }),
}

/** Errnos of the checks, of dispatch, and those that `fault` is told to give, by Linux's numbers. */
const refusals = new Set([-22, -34, -95, -1, -2])

/** Types and payloads in the order of the message; padding says nothing. */
function attributesOf(payload: Uint8Array): (readonly [type: number, bytes: string])[] {
  const { attributes } = decodeTree(payload, 4, 'linux')
  return attributes.map(attribute => {
    const { padding: _padding, ...plain } = attribute
    const bytes = encodeTree({ header: new Uint8Array(), attributes: [plain], rest: new Uint8Array() })
    return [attribute.type, toHex(bytes)]
  })
}

describe('a family that is sent spoiled requests', () => {
  for (const rules of ['linux', 'freebsd'] as const) {
    for (const strict of [false, true]) {
      for (const [what, make] of Object.entries(requests)) {
        it(`answers each with an errno of the specification or what it says: ${what}, ${rules} rules, strict ${strict}`, () => {
          const bench = createBench(rules)
          const { id } = bench.registry.register(bench.ctx(), dummyModule().module)
          const socket = bench.open({ strict, extAck: true })
          const wrong: string[] = []
          for (const { how, bytes } of spoiledMessages(make(id))) {
            if (bytes.length === 0) continue // send(2) itself refuses it
            const answers = allMessages(socket.ask(bytes))
            const errors = answers.map(errorOf).filter(error => error !== undefined && error !== 0)
            // `fault` answers with the number that it is given, which may be any that has a name.
            if (what !== 'fault' && errors.some(error => !refusals.has(error ?? 0))) wrong.push(`${how}: ${errors}`)
            if (answers.length > 20) wrong.push(`${how}: ${answers.length} answers`)
          }
          expect(wrong).toEqual([])
          expect(bench.defects).toEqual([])
        })
      }
    }
  }

  it('echoes the attributes of what it accepts in their order, byte for byte', () => {
    const bench = createBench('linux')
    const { id } = bench.registry.register(bench.ctx(), dummyModule().module)
    const socket = bench.open()
    const message = requests['echo']?.(id) ?? new Uint8Array()
    let accepted = 0
    for (const { bytes } of spoiledMessages(message)) {
      if (bytes.length < 20) continue
      const [answer] = allMessages(socket.ask(bytes))
      if (answer?.type !== id) continue
      accepted++
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
      expect(attributesOf(answer.payload)).toEqual(attributesOf(bytes.slice(16, length)))
    }
    expect(accepted).toBeGreaterThan(10)
  })
})
