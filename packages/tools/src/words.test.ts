import { WireError } from '@nltool/nl-core/errno'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDatagram } from './decode/message.ts'
import { Failure } from './failure.ts'
import { keywords } from './ifconfig/keywords.ts'
import { parseIfconfig } from './ifconfig/parse.ts'
import { modifiers, verbs, words } from './route/keywords.ts'
import { parseRoute } from './route/parse.ts'

const addresses = [
  'default',
  '192.0.2.1',
  '10/8',
  '10.0.0.0/33',
  '2001:db8::/32',
  'fe80::1%em0',
  '::',
  '1.2.3.4/',
  '%',
  '0x7f.1',
]
const any = fc.oneof(
  fc.constantFrom(...addresses),
  fc.string(),
  fc.constantFrom('-', '--', '-4', '-6n', '__proto__', 'constructor'),
)

const routeWords = fc.array(
  fc.oneof(
    fc.constantFrom(...Object.keys(verbs), ...Object.keys(words), ...Object.keys(modifiers).map(word => `-${word}`)),
    any,
  ),
)
const ifconfigWords = fc.array(fc.oneof(fc.constantFrom('em0', '-a', '-g', '-f', ...Object.keys(keywords)), any))

/** Runs what may refuse its input in its own way, but in no other. */
function refusesOnly(run: () => unknown, ...kinds: readonly (typeof Failure | typeof WireError)[]): void {
  try {
    run()
  } catch (error) {
    if (!kinds.some(kind => error instanceof kind)) throw error
  }
}

describe('whatever the words are', () => {
  it('route understands them or says in a sentence what is wrong', () => {
    fc.assert(
      fc.property(routeWords, argv => refusesOnly(() => parseRoute(argv), Failure)),
      { numRuns: 5000 },
    )
  })

  it('ifconfig understands them or says in a sentence what is wrong', () => {
    fc.assert(
      fc.property(ifconfigWords, argv => refusesOnly(() => parseIfconfig(argv), Failure)),
      { numRuns: 5000 },
    )
  })

  it('a route that is understood has a destination that a kernel can take', () => {
    fc.assert(
      fc.property(routeWords, argv => {
        const parsed = { family: 'inet', prefixlen: 0, address: '0.0.0.0' }
        refusesOnly(() => Object.assign(parsed, parseRoute(argv).destination), Failure)
        expect(parsed.prefixlen).toBeLessThanOrEqual(parsed.family === 'inet' ? 32 : 128)
        expect(parsed.address.includes(':')).toBe(parsed.family === 'inet6')
      }),
      { numRuns: 5000 },
    )
  })
})

describe('whatever the bytes are', () => {
  it('decode shows them or says what is wrong and where', () => {
    const origin = fc.record({
      abi: fc.constantFrom('freebsd' as const, 'linux' as const),
      protocol: fc.constantFrom(0, 16, 9),
    })
    // A header that fits, so that the body is looked at too.
    const framed = fc.tuple(fc.integer({ min: 0, max: 130 }), fc.uint8Array({ maxLength: 200 })).map(([type, rest]) => {
      const bytes = new Uint8Array(16 + rest.length)
      bytes.set(rest, 16)
      new DataView(bytes.buffer).setUint32(0, bytes.length, true)
      new DataView(bytes.buffer).setUint16(4, type, true)
      return bytes
    })
    const bytes = fc.oneof(framed, fc.uint8Array({ maxLength: 100 }))
    fc.assert(
      fc.property(bytes, origin, (datagram, from) =>
        refusesOnly(() => decodeDatagram(datagram, from), Failure, WireError),
      ),
      {
        numRuns: 5000,
      },
    )
  })
})
