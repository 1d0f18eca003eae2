import { WireError } from '@nltool/nl-core/errno'
import { IpAddress } from '@nltool/nl-core/model'
import { fromHex, toHex } from '@nltool/nl-core/testing'
import { describe, expect, it } from 'vitest'
import { type RouteBody, routeBody } from './schema.ts'

const header = { family: 2, dstLen: 24, srcLen: 0, tos: 0, table: 0, protocol: 4, scope: 0, type: 1, flags: 0 }

function encoded(attrs: RouteBody['attrs'], abi: 'freebsd' | 'linux'): string {
  return toHex(routeBody.encode({ header, attrs }, abi)).replaceAll(/\s/g, '').slice(24)
}

describe('routeBody', () => {
  it('writes attributes in the order in which FreeBSD does, whatever the order of the object', () => {
    const attrs = {
      oif: 3,
      gateway: IpAddress.parse('192.0.2.9'),
      dst: IpAddress.parse('198.51.100.0'),
      table: 0,
      rtflags: 0x803,
    }
    expect(encoded(attrs, 'freebsd')).toBe(
      '08000f0000000000' + // RTA_TABLE
        '08000100c6336400' + // RTA_DST
        '08000500c0000209' + // RTA_GATEWAY
        '08000e0003080000' + // NL_RTA_RTFLAGS
        '0800040003000000', // RTA_OIF
    )
  })

  it('leaves FreeBSD attributes out of the Linux ABI: 10, 13 and 14 have no meaning there (R-RT-5)', () => {
    expect(encoded({ knhid: 1, weight: 2, rtflags: 3 }, 'linux')).toBe('')
    const bytes = fromHex('021800000004000100000000 08000e0003080000')
    expect(routeBody.decode(bytes, 'linux').attrs).toMatchObject({ mpAlgo: Uint8Array.of(3, 8, 0, 0) })
    expect(routeBody.decode(bytes, 'freebsd').attrs).toMatchObject({ rtflags: 0x803 })
  })

  it.each([
    ['freebsd', '1500' + '1200' + '1c' + '20010db8000000000000000000000009' + '000000'],
    ['linux', '1600' + '1200' + '0a00' + '20010db8000000000000000000000009' + '0000'],
  ] as const)('gives the family of RTA_VIA its width in the %s ABI (R-RT-3)', (abi, bytes) => {
    const via = IpAddress.parse('2001:db8::9')
    expect(encoded({ via }, abi)).toBe(bytes)
    const whole = fromHex(`021800000004000100000000${bytes}`)
    expect(String(routeBody.decode(whole, abi).attrs.via)).toBe('2001:db8::9')
  })

  it.each([
    ['too short', '06001200 1c20 0000', 'undersized RTA_VIA(18) attr: len 2'],
    ['too short for its family', '09001200 1cc0000209 000000', 'undersized RTA_VIA(18) attr: len 5'],
    ['of another family', '09001200 11c0000209 000000', 'unknown RTA_VIA family: 17'],
  ])('refuses an RTA_VIA %s', (_title, bytes, text) => {
    const whole = fromHex(`021800000004000100000000${bytes}`)
    expect(() => routeBody.decode(whole, 'freebsd')).toThrow(text)
  })

  it.each([0, 11])('refuses a body cut to %i bytes', length => {
    const whole = fromHex('021800000004000100000000 08000100c6336400')
    expect(() => routeBody.decode(whole.subarray(0, length), 'linux')).toThrow(WireError)
  })

  it('writes the weight of a leg itself; the hooks make it hops', () => {
    const leg = { header: { flags: 0, hops: 3, ifindex: 2 }, attrs: { gateway: IpAddress.parse('192.0.2.9') } }
    expect(encoded({ multipath: [leg] }, 'freebsd')).toBe('140009001000000302000000' + '08000500c0000209')
    const shown = routeBody.linux?.toAbi({ header, attrs: { multipath: [leg] } })
    expect(shown?.attrs.multipath?.[0]?.header.hops).toBe(2)
  })
})
