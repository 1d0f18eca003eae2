import { IpAddress, parseIp, parseIpPrefix } from '@nltool/nl-core/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytesOf = (size: 4 | 16) => fc.uint8Array({ minLength: size, maxLength: size })

describe('IpAddress', () => {
  // RFC 5952 §4 and §5, then the cases that they leave to RFC 4291.
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:DB8::AAAA', '2001:db8::aaaa'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80::1:2', 'fe80::1:2'],
  ])('reads %s and prints %s', (text, printed) => {
    expect(parseIp(text)?.toString()).toBe(printed)
    expect(JSON.stringify({ address: parseIp(text) })).toBe(JSON.stringify({ address: printed }))
  })

  it.each([
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.0.0.1',
    '1.2.3.4 ',
    '-1.2.3.4',
    '1.2.3.4/8',
    '0x1.2.3.4',
    ':',
    ':::',
    '1:',
    ':1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    'fe80::1%em0',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '[::1]',
  ])('refuses %j', text => {
    expect(parseIp(text)).toBeUndefined()
    expect(() => IpAddress.parse(text)).toThrow(SyntaxError)
  })

  it('keeps every address through bytes and text', () => {
    fc.assert(
      fc.property(fc.oneof(bytesOf(4), bytesOf(16)), bytes => {
        const address = IpAddress.fromBytes(bytes)
        expect(address.toBytes()).toEqual(bytes)
        expect(IpAddress.parse(address.toString()).equals(address)).toBe(true)
      }),
    )
  })

  it('orders as the numbers do', () => {
    fc.assert(
      fc.property(bytesOf(16), bytesOf(16), (a, b) => {
        const hex = (bytes: Uint8Array) => [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
        const expected = hex(a) < hex(b) ? -1 : hex(a) > hex(b) ? 1 : 0
        expect(Math.sign(IpAddress.fromBytes(a).compare(IpAddress.fromBytes(b)))).toBe(expected)
      }),
    )
    expect(IpAddress.parse('255.255.255.255').compare(IpAddress.parse('::'))).toBeLessThan(0)
  })

  it.each([
    ['192.0.2.255', 24, '192.0.2.0'],
    ['192.0.2.255', 31, '192.0.2.254'],
    ['192.0.2.255', 0, '0.0.0.0'],
    ['192.0.2.255', 32, '192.0.2.255'],
    ['2001:db8:ffff::1', 33, '2001:db8:8000::'],
    ['2001:db8::1', 128, '2001:db8::1'],
  ])('masks %s to /%i', (text, length, masked) => {
    expect(IpAddress.parse(text).mask(length).toString()).toBe(masked)
  })

  it('turns every prefix length into a netmask and back', () => {
    for (const family of ['inet', 'inet6'] as const) {
      const { bits } = IpAddress.unspecified(family)
      for (let length = 0; length <= bits; length++) expect(IpAddress.netmask(family, length).maskLength).toBe(length)
    }
    expect(IpAddress.parse('255.0.255.0').maskLength).toBeUndefined()
    expect(() => IpAddress.netmask('inet', 33)).toThrow(RangeError)
  })

  it('has 4 or 16 bytes', () => {
    expect(() => IpAddress.fromBytes(new Uint8Array(5))).toThrow('4 or 16 bytes, not 5')
    expect(IpAddress.unspecified('inet6').bits).toBe(128)
    expect([IpAddress.parse('::1').family, IpAddress.parse('127.0.0.1').family]).toEqual(['inet6', 'inet'])
  })

  it('covers what shares its prefix, in its own family', () => {
    const net = IpAddress.parse('198.51.100.0')
    expect(net.covers(IpAddress.parse('198.51.100.77'), 24)).toBe(true)
    expect(net.covers(IpAddress.parse('198.51.101.77'), 24)).toBe(false)
    expect(IpAddress.parse('::').covers(net, 0)).toBe(false)
  })

  it.each([
    ['isUnspecified', ['0.0.0.0', '::'], ['0.0.0.1', '::1']],
    ['isLoopback', ['127.0.0.1', '127.255.0.1', '::1'], ['128.0.0.1', '::', '::2', '1::1']],
    ['isMulticast', ['224.0.0.1', '239.1.1.1', 'ff02::1'], ['240.0.0.1', '223.255.0.1', 'fe80::1']],
    ['isLinkLocal', ['169.254.0.1', 'fe80::1', 'febf::1'], ['169.253.0.1', 'fec0::1']],
    ['isV4Mapped', ['::ffff:1.2.3.4'], ['::1.2.3.4', '1.2.3.4']],
  ] as const)('%s tells apart', (property, yes, no) => {
    for (const text of yes) expect(IpAddress.parse(text)[property], text).toBe(true)
    for (const text of no) expect(IpAddress.parse(text)[property], text).toBe(false)
  })

  it('reads prefixes with and without a length', () => {
    expect(parseIpPrefix('192.0.2.1/24')).toEqual({ address: IpAddress.parse('192.0.2.1'), prefixlen: 24 })
    expect(parseIpPrefix('::1')?.prefixlen).toBe(128)
    for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '/8', '::/129']) {
      expect(parseIpPrefix(text), text).toBeUndefined()
    }
  })
})
